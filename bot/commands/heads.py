"""The commit that somebody names in a command, held against the one that is there."""

from __future__ import annotations

import re

from bot.commands.command import Case, Effects
from bot.review.text import span

SHA = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE | re.ASCII)
#: Digits of a commit that are shown.
SHORT_SHA = 8


def is_sha(word: str) -> bool:
    """Whether a word looks like a commit: seven digits at least, as Git abbreviates."""
    return SHA.fullmatch(word) is not None


def refusal(case: Case, named: str) -> Effects | None:
    """Why a decision about the head cannot be taken: it is another commit, or nobody has looked at it yet.

    A decision that names no commit is one about what its author can have seen: the head that was reviewed.
    """
    head = case.pull.head_sha
    if named and not head.lower().startswith(named.lower()):
        return case.refuse("sha", "wrong_sha", named=span(named), head=span(head[:SHORT_SHA]))
    if case.reviewed is None and not named:
        return case.refuse("unreviewed", "unreviewed", head=span(head[:SHORT_SHA]))
    return None
