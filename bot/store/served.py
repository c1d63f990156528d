"""Which jobs a worker may take: those of the repositories that it serves; and what of others lies there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, Engine, func, select, true, update

from bot.model import PullRef
from bot.store.database import PIECE, reading, writing
from bot.store.schema import jobs, workers

#: Repositories as `forge/owner/name` in small letters; None for all, whoever they belong to.
Served = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Left:
    """A job that is not ours to do, in seconds since the epoch at which it was or will be due."""

    key: str
    kind: str
    ref: PullRef
    due_at: float


def served(repositories: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The repositories of each forge, to compare with."""
    return frozenset(f"{forge}/{repo}".lower() for forge, names in repositories.items() for repo in names)


@cache
def is_ours(whose: Served) -> ColumnElement[bool]:
    """Whether a job is of a repository that is served; forges do not tell capitals from small letters."""
    return true() if whose is None else func.lower(jobs.c.forge + "/" + jobs.c.repo).in_(sorted(whose))


def left(engine: Engine, whose: Served) -> list[Left]:
    """Every job of another's repository that somebody still wants and nobody runs."""
    query = select(jobs.c.key, jobs.c.kind, jobs.c.forge, jobs.c.repo, jobs.c.number, jobs.c.due_at).where(
        jobs.c.wanted > jobs.c.done, jobs.c.worker == "", ~is_ours(whose)
    )
    with reading(engine) as connection:
        return [
            Left(row.key, row.kind, PullRef(row.forge, row.repo, row.number), row.due_at)
            for row in connection.execute(query)
        ]


def end(engine: Engine, keys: Collection[str]) -> None:
    """Ends what is wanted of jobs that nobody runs."""
    listed = list(keys)
    with writing(engine) as connection:
        for start in range(0, len(listed), PIECE):
            connection.execute(
                update(jobs)
                .where(jobs.c.key.in_(listed[start : start + PIECE]), jobs.c.worker == "")
                .values(done=jobs.c.wanted, parked=False)
            )


def has_others(engine: Engine, worker: str, since: float) -> bool:
    """Whether another worker was heard of since a moment."""
    query = select(workers.c.name).where(workers.c.name != worker, workers.c.heartbeat_at > since)
    with reading(engine) as connection:
        return connection.execute(query.limit(1)).first() is not None
