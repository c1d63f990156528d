"""Jobs of repositories that this worker does not serve: left to whoever does, ended once nobody will."""

from __future__ import annotations

import logging
from collections import Counter

from bot.store import work
from bot.store.queue import LEASE
from bot.store.served import Left, end, has_others, left
from bot.wiring import World

log = logging.getLogger("hubbot.worker")

#: Seconds between two looks.
EVERY = 600.0
#: Seconds within which another worker that serves it would have taken a job. Ours.
OTHERS = 3600.0
#: Seconds that what people and forges asked for waits for a credential that went missing: a weekend. Ours.
RETURN = 3 * 86400.0


def look(world: World, worker: str, told: set[str]) -> None:
    """Ends what nobody will do any more, and says once of what forges jobs are left alone.

    A repository that was taken off the list is the operator's wish. A forge of which nothing is set may be a
    variable that got lost, so that only what a start makes anew ends with it.
    """
    now, engine = world.now(), world.store.engine
    found = left(engine, world.queue.served)
    if not found:
        return
    has_company = has_others(engine, worker, now - LEASE)
    over = [job for job in found if _is_over(world, job, now, has_company=has_company)]
    end(engine, [job.key for job in over])
    for job in over:
        if job.kind == work.REVIEW:
            world.store.supersede(job.ref, now)
        log.info("ended %s: its repository is not served here", job.key)
    ended = {job.key for job in over}
    waiting = Counter(job.ref.forge for job in found if job.key not in ended)
    for forge, number in sorted(waiting.items()):
        if forge not in world.forges and forge not in told:
            told.add(forge)
            log.warning(
                "jobs of %s are left alone (%d): nothing of it is set here; set its variables, or they end "
                "after %.0f days",
                forge,
                number,
                RETURN / 86400,
            )


def _is_over(world: World, job: Left, now: float, *, has_company: bool) -> bool:
    waited = now - job.due_at
    if job.kind not in work.STANDING and job.ref.forge not in world.forges:
        return waited > RETURN
    return waited > OTHERS or not has_company
