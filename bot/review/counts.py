"""How many findings of which weight, and which of them need the network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from bot.model import Report
from bot.review.waivers import open_findings
from rules.finding import Fault, Finding, Severity
from rules.rule import catalogue

DIGEST_MISMATCH = "MSH303"
#: Its pages are not there any more at the head: no line of them can be linked to.
REMOVED_PAGE = "MSH504"
#: Faults that nobody who reads the pull request can mend: "could not verify".
NOT_OURS_TO_FIX = frozenset({Fault.HOST, Fault.FORGE, Fault.BOT})


@dataclass(frozen=True, slots=True)
class Counts:
    """Findings by what they ask of the reader; `decisions` are those that a maintainer has to answer."""

    must_fix: int = 0
    should_fix: int = 0
    notes: int = 0
    unverified: int = 0
    decisions: int = 0


def counts(report: Report) -> Counts:
    """Of what is still open: a finding that a maintainer has answered asks nothing of anybody."""
    return count(open_findings(report))


def count(findings: Iterable[Finding]) -> Counts:
    """Every finding in exactly one number."""
    tally = {"must_fix": 0, "should_fix": 0, "notes": 0, "unverified": 0, "decisions": 0}
    for finding in findings:
        tally[kind(finding)] += 1
    return Counts(**tally)


def kind(finding: Finding) -> str:
    """The field of `Counts` that a finding belongs to."""
    if finding.fault in NOT_OURS_TO_FIX:
        return "unverified"
    if finding.severity is Severity.NOTICE:
        return "notes"
    if finding.fault is Fault.POLICY:
        return "decisions"
    return "must_fix" if finding.severity is Severity.ERROR else "should_fix"


@cache
def remote_rules() -> frozenset[str]:
    """Codes of the rules that judge what was measured remotely."""
    return frozenset(rule.code for rule in catalogue() if rule.remote)


def is_remote(finding: Finding) -> bool:
    """Whether a finding belongs to `hubbot/assets`: it is about a remote file or about a file server."""
    return finding.rule in remote_rules() or finding.fault is Fault.HOST


def is_error(finding: Finding) -> bool:
    """Whether a finding is one that the author must fix or a maintainer must decide."""
    return finding.severity is Severity.ERROR and finding.fault not in NOT_OURS_TO_FIX
