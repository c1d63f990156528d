"""Whether a pull request may be merged: one pure function of its report, closed by anything unknown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.model import Condition, Report
from bot.review.counts import NOT_OURS_TO_FIX, is_error, is_remote
from rules.facts import RemoteFile, RemoteState

#: A whole sha256; the hub's old pages also hold prefixes of 8 digits, which cannot be compared.
DIGEST = re.compile(r"[0-9a-fA-F]{64}")

FINISHED, COMPLETE, KNOWN = "finished", "complete", "known"
FORMAT_CLEAN, ASSETS_CLEAN, MEASURED, DIGESTS = "format", "assets", "measured", "digests"
#: Every one of these must be there and met, whatever else is.
REQUIRED = frozenset({FINISHED, COMPLETE, KNOWN, FORMAT_CLEAN, ASSETS_CLEAN, MEASURED, DIGESTS})


def conditions(report: Report) -> tuple[Condition, ...]:
    """What must hold before the gate opens, each with the numbers that its sentence needs.

    `finished`: the run ended. `complete`: nothing stopped it and the forge's counts agreed.
    `known`: no finding is the fault of a host, the forge or the bot. `format`, `assets`: no other error of a
    static or a remote rule. `measured`: every wanted file was read to its end.
    `digests`: each whole digest declared is the one observed.
    """
    unknown = sum(finding.fault in NOT_OURS_TO_FIX for finding in report.findings)
    errors = [finding for finding in report.findings if is_error(finding)]
    remote = sum(is_remote(finding) for finding in errors)
    static = len(errors) - remote
    measured = len({file.url for file in report.files if file.state is RemoteState.MEASURED})
    disagreeing = sum(not digest_agrees(file) for file in report.files)
    return (
        Condition(FINISHED, report.finished_at is not None),
        Condition(COMPLETE, not report.trouble and bool(report.head_sha), {"trouble": report.trouble}),
        Condition(KNOWN, unknown == 0, {"count": str(unknown)}),
        Condition(FORMAT_CLEAN, static == 0, {"count": str(static)}),
        Condition(ASSETS_CLEAN, remote == 0, {"count": str(remote)}),
        Condition(MEASURED, all_measured(report), {"measured": str(measured), "wanted": str(report.wanted)}),
        Condition(DIGESTS, disagreeing == 0, {"count": str(disagreeing)}),
    )


def is_open(conditions: Sequence[Condition]) -> bool:
    """Whether every required condition is present and every condition given is met."""
    names = {condition.name for condition in conditions}
    return names >= REQUIRED and all(condition.met is True for condition in conditions)


def all_measured(report: Report) -> bool:
    """Whether as many different files were measured as were wanted, and none ended any other way."""
    urls = {file.url for file in report.files}
    return len(urls) == report.wanted and all(file.state is RemoteState.MEASURED for file in report.files)


def digest_agrees(file: RemoteFile) -> bool:
    """A second look beside the digest rule, so that a rule switched off cannot open the gate."""
    if DIGEST.fullmatch(file.declared) is None or file.state is not RemoteState.MEASURED:
        return True
    return file.declared.lower() == file.sha256.lower()
