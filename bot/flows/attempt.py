"""One try at one job: runs its flow, and writes down how that ended."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping

from bot import logs
from bot.errors import ForgeError, NotThere
from bot.flows import audit, comment, group, issue, reconcile, review
from bot.flows.run import Run, Stopped, TooLarge
from bot.store import work
from bot.store.database import StoreUnavailable
from bot.store.work import Request

log = logging.getLogger("hubbot.worker")

#: Seconds until a job is tried again after a failure, doubled each time up to the second figure: so much, and
#: a fifth more by chance, may pass after an outage, of which everything must be right within 15 minutes.
RETRY_FIRST, RETRY_LAST = 5.0, 600.0

#: The error of a job that was cut short by the death of its process too often.
POISON = "its process died each time"

Flow = Callable[[Run], Request | None]

FLOWS: Mapping[str, Flow] = {
    work.REVIEW: review.review,
    work.GROUP: group.verify,
    work.COMMENT: comment.answer,
    work.RECONCILE: reconcile.reconcile,
    work.LOCATE: reconcile.locate,
    work.INDEX: reconcile.index,
    work.AUDIT: audit.audit,
    work.ISSUE: issue.keep,
}


def attempt(run: Run, flows: Mapping[str, Flow] = FLOWS) -> bool:
    """Whether the job was ended or given back; False leaves it to the caller to release the lease.

    False when the run was told to stop though nobody asked for anything newer, or the database is away.
    """
    lease = run.lease
    pull = str(lease.ref) if lease.ref.number else ""
    with logs.about(job=lease.key, pull=pull, delivery=lease.delivery):
        return _attempt(run, flows[lease.kind])


def _attempt(run: Run, flow: Flow) -> bool:
    lease, jobs, now = run.lease, run.world.queue, run.world.now
    try:
        if lease.is_poison:
            _bury(run)
        else:
            jobs.finish(lease, again=flow(run), now=now())
    except TooLarge:
        log.info("%s is bulk work and waits for room", lease.key)
        return _recorded(lambda: jobs.defer(lease, work.BULK))
    except Stopped:
        log.info("stopped %s", lease.key)
        return _overdue(run) if run.overdue() else _superseded(run)
    except ForgeError as error:
        return _forge_failed(run, error)
    except StoreUnavailable as error:
        log.warning("the database is unavailable (%s): %s is tried again", error, lease.key)
        return False
    except Exception as error:
        log.exception("a defect of ours in %s", lease.key)
        reason, due = repr(error), now() + _backoff(lease.attempts - 1)
        return _recorded(lambda: jobs.fail(lease, reason, due))
    return True


def _bury(run: Run) -> None:
    """Ends what kills its process each time, and says so to those who wait for it.

    Nobody asks for housekeeping again, and without it nothing that was missed is ever found: it only rests.
    """
    lease, jobs = run.lease, run.world.queue
    if lease.kind in work.STANDING:
        jobs.rest(lease, POISON, run.world.now() + RETRY_LAST)
        log.error("%s rests after %d attempts: %s", lease.key, lease.attempts - 1, POISON)
        return
    if lease.kind == work.REVIEW:
        review.bury(run)
    elif lease.kind == work.GROUP:
        group.bury(run)
    elif lease.kind == work.COMMENT:
        comment.bury(run)
    jobs.park(lease, POISON)
    log.error("parked %s after %d attempts", lease.key, lease.attempts - 1)


def _overdue(run: Run) -> bool:
    """Gives back a run that took too long: what it measured is kept; too many such ends are poison."""
    due = run.world.now() + _backoff(run.lease.attempts - 1)
    return _recorded(lambda: run.world.queue.fail(run.lease, "took longer than it may", due))


def _superseded(run: Run) -> bool:
    """Ends a generation that a newer one has cancelled."""

    def end() -> None:
        if run.lease.kind == work.REVIEW:
            run.world.store.supersede(run.ref, run.world.now())
        run.world.queue.finish(run.lease, now=run.world.now())

    try:
        mine = run.world.queue.is_superseded(run.lease)
    except StoreUnavailable:
        return False
    return mine and _recorded(end)


def _forge_failed(run: Run, error: ForgeError) -> bool:
    lease, jobs = run.lease, run.world.queue
    # Housekeeping never ends: it is what finds the work again once the forge lets us in.
    if isinstance(error, NotThere) and lease.kind not in work.STANDING:
        log.info("%s: %s", lease.key, error)

        def end() -> None:
            if lease.kind == work.REVIEW:
                review.give_up(run)
            jobs.finish(lease, now=run.world.now())

        return _recorded(end)
    if error.permanent and lease.kind not in work.STANDING:
        log.warning("%s: %s; set aside", lease.key, error)

        def set_aside() -> None:
            if lease.kind == work.REVIEW:
                review.give_up(run)
            jobs.park(lease, str(error))

        return _recorded(set_aside)
    now = run.world.now()
    due = error.retry_at or now + _backoff(lease.failures)
    log.warning("%s: %s; again in %.0f s", lease.key, error, due - now)
    return _recorded(lambda: jobs.postpone(lease, str(error), due))


def _recorded(write: Callable[[], object]) -> bool:
    try:
        write()
    except StoreUnavailable as error:
        log.warning("the database is unavailable (%s): a job's end could not be recorded", error)
        return False
    return True


def _backoff(failures: int) -> float:
    """Seconds to wait, with jitter so that many jobs do not come back at once."""
    return min(RETRY_FIRST * 2.0 ** min(failures, 12), RETRY_LAST) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
