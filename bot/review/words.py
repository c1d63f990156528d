"""The sentences that the rules have for their findings, as the renderer is given them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rules import words
from rules.finding import Finding


class Telling(Protocol):
    """Says something about a finding in a language; `show` formats each value that a contributor controls."""

    def __call__(self, finding: Finding, lang: str, show: Callable[[str], str]) -> str: ...


@dataclass(frozen=True, slots=True)
class Words:
    """What is wrong, and how to mend it."""

    message: Telling
    help_text: Telling


#: The words of the rules' own catalogues.
RULE_WORDS = Words(words.message, words.help_text)
