"""Whether a pull request may be merged: one pure function of its report, closed by anything unknown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.model import Condition, Report
from bot.review import approvals
from bot.review.counts import NOT_OURS_TO_FIX, is_error, is_remote
from bot.review.waivers import is_decision, open_findings
from rules.facts import RemoteFile, RemoteState

#: A whole sha256; the hub's old pages also hold prefixes of 8 digits, which cannot be compared.
DIGEST = re.compile(r"[0-9a-fA-F]{64}")
PART = re.compile(r"[0-9a-f]{1,64}")

FINISHED, COMPLETE, KNOWN = "finished", "complete", "known"
FORMAT_CLEAN, ASSETS_CLEAN, MEASURED, DIGESTS = "format", "assets", "measured", "digests"
FRESH, DECIDED, APPROVED, FREE = "fresh", "decided", "approved", "free"
#: Every one of these must be there and met, whatever else is.
REQUIRED = frozenset(
    {
        FINISHED,
        COMPLETE,
        KNOWN,
        FORMAT_CLEAN,
        ASSETS_CLEAN,
        MEASURED,
        DIGESTS,
        FRESH,
        DECIDED,
        APPROVED,
        FREE,
    }
)
#: What only a maintainer can bring about.
MAINTAINERS = frozenset({DECIDED, APPROVED, FREE})
#: What nobody has to bring about: it is tried again.
NOBODYS = frozenset({FINISHED, COMPLETE, KNOWN, MEASURED, FRESH})


def conditions(report: Report) -> tuple[Condition, ...]:
    """What must hold before the gate opens, each with the numbers that its sentence needs.

    `finished`: the run ended. `complete`: nothing stopped it and the forge's counts agreed.
    `known`: no finding is the fault of a host, the forge or the bot. `format`, `assets`: no error of a static
    or a remote rule that is not waived. `measured`: every wanted file was read to its end.
    `digests`: each whole digest declared is the one observed. `fresh`: no verification is older than the
    policy lets it be. `decided`: a maintainer has answered each question of policy. `approved`: each page has
    the approvals that the policy asks for. `free`: nobody holds the pull request.
    """
    rulings = report.rulings
    unknown = sum(finding.fault in NOT_OURS_TO_FIX for finding in report.findings)
    errors = [finding for finding in open_findings(report) if is_error(finding)]
    open_questions = sum(is_decision(finding) for finding in errors)
    remote = sum(is_remote(finding) for finding in errors if not is_decision(finding))
    static = len(errors) - open_questions - remote
    measured = len({file.url for file in report.files if file.state is RemoteState.MEASURED})
    disagreeing = sum(not digest_agrees(file) for file in report.files)
    stale = sum(not is_fresh(file, report) for file in report.files)
    missing = approvals.missing(report)
    return (
        Condition(FINISHED, report.finished_at is not None),
        Condition(COMPLETE, not report.trouble and bool(report.head_sha), {"trouble": report.trouble}),
        Condition(KNOWN, unknown == 0, {"count": str(unknown)}),
        Condition(FORMAT_CLEAN, static == 0, {"count": str(static)}),
        Condition(ASSETS_CLEAN, remote == 0, {"count": str(remote)}),
        Condition(MEASURED, all_measured(report), {"measured": str(measured), "wanted": str(report.wanted)}),
        Condition(DIGESTS, disagreeing == 0, {"count": str(disagreeing)}),
        Condition(FRESH, stale == 0, {"count": str(stale)}),
        Condition(DECIDED, open_questions == 0, {"count": str(open_questions)}),
        Condition(APPROVED, missing == 0, {"count": str(missing)}),
        Condition(FREE, not rulings.holds, {"count": str(len(rulings.holds))}),
    )


def is_open(conditions: Sequence[Condition]) -> bool:
    """Whether every required condition is present and every condition given is met."""
    names = {condition.name for condition in conditions}
    return names >= REQUIRED and all(condition.met is True for condition in conditions)


def unmet(report: Report) -> frozenset[str]:
    """The names of the conditions that keep the gate closed."""
    return frozenset(condition.name for condition in conditions(report) if condition.met is not True)


def all_measured(report: Report) -> bool:
    """Whether as many different files were measured as were wanted, and none ended any other way."""
    urls = {file.url for file in report.files}
    return len(urls) == report.wanted and all(file.state is RemoteState.MEASURED for file in report.files)


def digest_agrees(file: RemoteFile) -> bool:
    """A second look beside the digest rule, so that a rule switched off cannot open the gate."""
    if DIGEST.fullmatch(file.declared) is None or file.state is not RemoteState.MEASURED:
        return True
    return file.declared.lower() == file.sha256.lower()


def is_verified(file: RemoteFile) -> bool:
    """Whether a file is known to be the one that its page describes; a part of a digest proves nothing."""
    declared = declared_digest(file)
    return file.state is RemoteState.MEASURED and bool(declared) and declared == file.sha256.lower()


def declared_digest(file: RemoteFile) -> str:
    """What a page declares as digest without what may stand around it; empty for what is none, nor a part."""
    digits = file.declared.strip().lower().removeprefix("sha256:").strip()
    return digits if PART.fullmatch(digits) else ""


def is_fresh(file: RemoteFile, report: Report) -> bool:
    """Whether a measurement still counts at the moment of judging."""
    lasts = report.rulings.fresh_for
    return lasts is None or report.rulings.judged_at - file.measured_at <= lasts
