"""What an output format is given: the findings of one run and what surrounds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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
