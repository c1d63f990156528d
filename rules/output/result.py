"""What an output format is given: the findings of one run and what surrounds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rules.finding import Fault, Finding, Severity

#: Faults that say "could not verify": nobody is asked to mend anything.
UNVERIFIED = frozenset({Fault.HOST, Fault.FORGE, Fault.BOT})


@dataclass(frozen=True, slots=True)
class Result:
    """One run. `lines` holds the text of pages for code frames; `lang` is `en` or `zh`."""

    findings: tuple[Finding, ...]
    files: int
    lang: str = "en"
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def label(finding: Finding) -> str:
    """The word under which a finding counts: its severity, or `unverified`."""
    return "unverified" if finding.fault in UNVERIFIED else finding.severity.value


def counts(result: Result) -> dict[str, int]:
    """How many findings there are under each word."""
    found = Counter(label(finding) for finding in result.findings)
    return {word: found[word] for word in (*(severity.value for severity in Severity), "unverified")}


def units(lines: Mapping[str, tuple[str, ...]], path: str, encoding: str) -> Callable[[int, int], int]:
    """Turns a line and column of a page, in characters, into a column in code units of an encoding.

    Both count from 1. What lies beyond the text that is known counts a unit a character.
    """
    text = lines.get(path, ())
    size = len("a".encode(encoding))

    def column(line: int, character: int) -> int:
        if not 1 <= line <= len(text):
            return character
        before = text[line - 1][: character - 1]
        return len(before.encode(encoding, "surrogatepass")) // size + character - len(before)

    return column
