"""Which findings a maintainer has waived, and which waivers cover nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

from bot.model import Report, Rulings, Waiver
from bot.review.approvals import is_approved
from rules.finding import Fault, Finding, Severity

PRINT_LENGTH = 24
#: Nobody can waive that something is not known: that would call verified what is not.
WAIVABLE = frozenset({Fault.CONTRIBUTOR, Fault.POLICY})


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding with the waiver that covers it."""

    finding: Finding
    waiver: Waiver


def may_be_waived(rule: str, rulings: Rulings) -> bool:
    """Whether the policy lets anybody waive findings of a rule."""
    return rule not in rulings.never_waived


def is_expired(waiver: Waiver, now: float) -> bool:
    return waiver.until is not None and waiver.until <= now


def covers(waiver: Waiver, finding: Finding, head_sha: str, rulings: Rulings) -> bool:
    """Whether a waiver answers a finding of the head `head_sha`.

    On the head that it names it covers all that its rule finds in its scope; on any other only what stood on
    that head, known by what it says.
    """
    return (
        waiver.rule == finding.rule
        and may_be_waived(finding.rule, rulings)
        and finding.fault in WAIVABLE
        and not is_expired(waiver, rulings.judged_at)
        and waiver.path in ("", finding.path)
        and (waiver.head_sha == head_sha or print_of(finding) in waiver.fingerprints)
    )


def print_of(finding: Finding) -> str:
    """What a waiver knows a finding by on later heads: what is wrong, where, and with which values.

    A finding's own fingerprint leaves the values out, so that a wrong value made otherwise wrong stays one
    finding; but whoever waived the first has not seen the second.
    """
    values = sorted(finding.values.items())
    text = repr((finding.rule, finding.path, finding.fingerprint, finding.variant, values))
    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:PRINT_LENGTH]


def waived(report: Report) -> tuple[Waived, ...]:
    """The findings that are waived, each with the first waiver that covers it."""
    rulings = report.rulings
    if not rulings.waivers:
        return ()
    found = []
    for finding in report.findings:
        waiver = next((w for w in rulings.waivers if covers(w, finding, report.head_sha, rulings)), None)
        if waiver is not None:
            found.append(Waived(finding, waiver))
    return tuple(found)


def unused(report: Report) -> tuple[Waiver, ...]:
    """The waivers that cover nothing of a finished report: expired, or what they waived is gone."""
    used = {one.waiver for one in waived(report)}
    return tuple(waiver for waiver in report.rulings.waivers if waiver not in used)


def open_findings(report: Report) -> tuple[Finding, ...]:
    """The findings that nobody has answered: not waived, and no question of policy on an approved page."""
    rulings = report.rulings
    if not rulings.waivers and not rulings.approvals:
        return report.findings
    answered = {id(one.finding) for one in waived(report)}
    return tuple(
        finding
        for finding in report.findings
        if id(finding) not in answered and not (is_decision(finding) and is_approved(finding.path, report))
    )


def is_decision(finding: Finding) -> bool:
    """Whether a finding keeps the gate closed until a maintainer has answered it."""
    return finding.fault is Fault.POLICY and finding.severity is Severity.ERROR


def bound(waiver: Waiver, report: Report) -> Waiver:
    """The waiver with the fingerprints of what it covers on the head that it names; the same on any other."""
    if waiver.head_sha != report.head_sha:
        return waiver
    found = [print_of(f) for f in report.findings if covers(waiver, f, report.head_sha, report.rulings)]
    return replace(waiver, fingerprints=distinct((*waiver.fingerprints, *found)))


def distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
