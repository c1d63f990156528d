"""Which remote files a review reads anew, where somebody asked for a part of it only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.model import Report
from rules import engine
from rules.facts import RemoteFile, RemoteState, Wanted
from rules.rule import Subject

#: The scopes that are less than all.
PARTS = frozenset({"failed", "path", "rule"})


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a review that is done again.

    `urls` are the files that it is about, None for all; `failed` leaves out those that were verified before.
    """

    urls: frozenset[str] | None = None
    failed: bool = False
    fresh: bool = False

    def concerns(self, want: Wanted, known: RemoteFile) -> bool:
        """Whether a file that is known already belongs to the part."""
        if self.failed:
            return not is_verified(want, known)
        return self.urls is None or want.url in self.urls

    @property
    def is_whole(self) -> bool:
        return self.urls is None and not self.failed


def of(payload: Mapping[str, Any], subjects: Sequence[Subject], before: Report | None) -> Part:
    """The part that a request names; all of it where nothing is known of the head yet."""
    kind, target = payload.get("scope"), payload.get("target", "")
    fresh = bool(payload.get("fresh"))
    if before is None:
        return Part(fresh=fresh)
    match kind:
        case "failed":
            return Part(failed=True, fresh=fresh)
        case "path":
            return Part(urls_of(subjects, frozenset({target})), fresh=fresh)
        case "rule":
            paths = frozenset(finding.path for finding in before.findings if finding.rule == target)
            return Part(urls_of(subjects, paths), fresh=fresh)
        case _:
            return Part(fresh=fresh)


def urls_of(subjects: Sequence[Subject], paths: frozenset[str]) -> frozenset[str]:
    """The addresses that the pages at `paths` link to."""
    chosen = [subject.page for subject in subjects if subject.page.path in paths and not subject.removed]
    return frozenset(want.url for want in engine.wanted(chosen))


def is_verified(want: Wanted, file: RemoteFile) -> bool:
    """Whether a file was read to its end and is the one that its page declares."""
    return file.state is RemoteState.MEASURED and file.sha256 == want.sha256.strip().lower()
