"""How the service stands at a moment: what waits and runs, who works, which file hosts are in trouble."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from bot.allowance import Allowance
from bot.store import allowances
from bot.store.database import reading
from bot.store.schema import hosts, is_open, jobs, workers

#: Seconds without a heartbeat after which a worker counts as gone.
SILENT = 60.0
#: Ours: more hosts in trouble than these say nothing more to whoever looks at the list.
MAX_HOSTS = 20


@dataclass(frozen=True, slots=True)
class Troubled:
    """A file host that is left alone until a moment, in seconds since the epoch, after so many rests."""

    host: str
    until: float
    rests: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Jobs by where they stand, seconds that the oldest due one has waited, how many workers are alive, and
    what is left of what the forges allow. `hosts` are `MAX_HOSTS` of the `hosts_closed` at most.

    The jobs of a worker that died count as `running` until another takes them.
    """

    waiting: int = 0
    oldest: float = 0.0
    running: int = 0
    parked: int = 0
    workers: int = 0
    hosts: tuple[Troubled, ...] = ()
    hosts_closed: int = 0
    allowances: tuple[Allowance, ...] = ()


def standing(engine: Engine, now: float) -> Standing:
    """Reads how everything stands now."""
    due = is_open() & (jobs.c.due_at <= now)
    closed = (
        select(hosts.c.host, hosts.c.closed_until, hosts.c.rests, func.count().over())
        .where(hosts.c.closed_until > now)
        .order_by(hosts.c.closed_until.desc())
        .limit(MAX_HOSTS)
    )
    alive = select(func.count()).where(workers.c.heartbeat_at > now - SILENT)
    with reading(engine) as connection:
        waiting, oldest = connection.execute(
            select(func.count(), func.min(jobs.c.due_at)).where(due, jobs.c.worker == "")
        ).one()
        running = connection.execute(select(func.count()).where(jobs.c.worker != "")).scalar_one()
        parked = connection.execute(select(func.count()).where(jobs.c.parked.is_(True))).scalar_one()
        beating = connection.execute(alive).scalar_one()
        shut = connection.execute(closed).all()
        allowed = tuple(allowances.read(connection))
    spell = max(0.0, now - oldest) if oldest is not None else 0.0
    troubled = tuple(Troubled(host, until, rests) for host, until, rests, _ in shut)
    return Standing(waiting, spell, running, parked, beating, troubled, shut[0][3] if shut else 0, allowed)
