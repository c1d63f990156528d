"""The sentences that the rules have for their findings, as the renderer is given them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol

from rules.finding import Finding


class Telling(Protocol):
    """Says something about a finding in a language; `show` formats each value that a contributor controls."""

    def __call__(self, finding: Finding, lang: str, show: Callable[[str], str]) -> str: ...


@dataclass(frozen=True, slots=True)
class Words:
    """What is wrong, and how to mend it."""

    message: Telling
    help_text: Telling


@cache
def rule_words() -> Words:
    """The words of the rules' own catalogues, imported when first needed."""
    module = import_module("rules.words")
    return Words(module.message, module.help_text)
