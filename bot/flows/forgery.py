"""Notices statuses and labels of ours that somebody else wrote, has them repaired, and records it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from bot.flows.rulings import occasion, record, ruled
from bot.flows.run import Run
from bot.flows.shared import Shared
from bot.model import GATE, Posted, PullRequest, Report
from bot.review import plan
from bot.review.checks import checks
from bot.review.shared import worst
from bot.store.work import judge_request

log = logging.getLogger("hubbot.forgery")


def look(run: Run, pull: PullRequest) -> None:
    """Compares what stands on a reviewed pull request with what its report asks for.

    Nothing is repaired here: the review's own job writes, so that nobody else writes at the same time.
    """
    world = run.world
    key = f"review {pull.ref}"
    if world.queue.busy(key):
        return  # what stands is on its way to be replaced
    report = next(iter(world.store.reports(pull.ref, 1)), None)
    if report is None or report.head_sha != pull.head_sha:
        return
    now = ruled(world, report)
    found = sorted(set(forged(now, run.forge.posted(pull), Shared(run, pull).reports())))
    if not found:
        return
    log.warning("somebody else wrote %s on %s", ", ".join(found), pull.ref, extra={"pull": str(pull.ref)})
    at = world.now()
    record(run, now, "forged", "repaired", {"what": " ".join(found)}, occasion(f"forged {pull.ref} {at}"))
    world.queue.put(judge_request(pull.ref), at)


def forged(report: Report, posted: Posted, others: Sequence[Report] = ()) -> Iterator[str]:
    """The contexts and labels that say what we did not write.

    `others` are reports of other pull requests with the same head.
    A context or label that is merely missing proves nothing: not every credential may write all of them.
    """
    yield from posted.foreign
    told = worst([(one, checks(one)) for one in (report, *others)])
    wanted = {check.context: check.state for check in told}
    for context, (state, _) in posted.checks.items():
        if wanted.get(context) is not state:
            yield context
    _, extra = plan.labels(report, posted.labels)
    yield from extra
    missing, _ = plan.labels(report, posted.labels)
    if missing and GATE in posted.checks:
        yield from missing
