"""What the words of a command may name: a rule, a page."""

from __future__ import annotations

from collections.abc import Iterable

from rules.rule import Rule, catalogue


def rule_of(word: str) -> Rule | None:
    """The rule of a code or a name."""
    wanted = word.casefold()
    return next((rule for rule in catalogue() if wanted in (rule.code.casefold(), rule.name)), None)


def path_of(word: str, paths: Iterable[str]) -> str:
    """The one path that is `word` or ends in it after a slash; empty for none or several."""
    found = {path for path in paths if path == word or path.endswith("/" + word)}
    return found.pop() if len(found) == 1 else ""
