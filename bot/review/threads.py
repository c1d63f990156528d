"""Which inline comments have nothing left to say, and how that is said where people talk below them."""

from __future__ import annotations

import re

from bot.model import FIXED_MARKER, Posted, Report, Thread, ThreadState
from bot.review import gate
from bot.review.catalogue import known_language
from bot.review.counts import NOT_OURS_TO_FIX
from bot.review.report import Verdict, verdict
from bot.review.sentences import CATALOGUE
from bot.review.text import span

COMMIT = re.compile(r"[0-9a-f]{40}")


def fixed(report: Report, posted: Posted) -> tuple[Thread, ...]:
    """Open inline comments of ours none of whose findings is left.

    Only a whole review can tell: not one that is running or came to grief, and not of a page about which
    something could not be verified, since a finding that was not looked for is not mended.
    """
    if verdict(report) in (Verdict.RUNNING, Verdict.SUPERSEDED) or report.trouble:
        return ()
    unknown = {finding.path for finding in report.findings if finding.fault in NOT_OURS_TO_FIX}
    if "" in unknown or (not unknown and not gate.all_measured(report)):
        return ()
    left = {finding.fingerprint for finding in report.findings}
    return tuple(
        thread
        for thread in posted.threads
        if thread.state is ThreadState.OPEN and thread.path not in unknown and not thread.fingerprints & left
    )


def answer(report: Report) -> str:
    """What is said in a conversation that outlived its finding; the forge links the commit."""
    sha = report.head_sha if COMMIT.fullmatch(report.head_sha) else span(report.head_sha)
    return f"{FIXED_MARKER} -->\n{CATALOGUE.say(known_language(report.language), 'thread_fixed', sha=sha)}"
