"""Which job a worker may take, and which of those first: questions that are built once, for they are long."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select

from bot.store.schema import is_open, jobs, workers
from bot.store.served import Served, is_ours
from bot.store.work import COMMENT, Priorities


@cache
def _is_due(kinds: tuple[str, ...], among: Priorities, whose: Served) -> ColumnElement[bool]:
    """What a job must be to be taken `now`, where workers that were not heard of since `lapsed` are gone."""
    alive = select(workers.c.name).where(workers.c.heartbeat_at > bindparam("lapsed"))
    return and_(
        is_open(),
        jobs.c.due_at <= bindparam("now"),
        jobs.c.kind.in_(kinds),
        is_ours(whose),
        jobs.c.priority.between(among.first, among.last),
        or_(jobs.c.worker == "", jobs.c.worker.not_in(alive)),
        or_(jobs.c.kind != COMMENT, ~_earlier_comment()),
    )


@cache
def whether_due(kinds: tuple[str, ...], among: Priorities, whose: Served) -> Select[tuple[int]]:
    """Whether there is one: asked several times a second, and without a lock."""
    return select(jobs.c.id).where(_is_due(kinds, among, whose)).limit(1)


@cache
def next_due(kinds: tuple[str, ...], among: Priorities, whose: Served, dialect: str) -> Select[Any]:
    """The most urgent job; among equally urgent ones, of whose author the fewest are running."""
    busy = (
        select(jobs.c.author, func.count().label("running"))
        .where(jobs.c.worker != "", jobs.c.author != "")
        .group_by(jobs.c.author)
        .subquery()
    )
    query = (
        select(jobs)
        .outerjoin(busy, busy.c.author == jobs.c.author)
        .where(_is_due(kinds, among, whose))
        .order_by(jobs.c.priority, func.coalesce(busy.c.running, 0), jobs.c.due_at)
        .limit(1)
    )
    return query.with_for_update(skip_locked=True, of=jobs) if dialect == "postgresql" else query


def _earlier_comment() -> Any:
    """Whether a comment that came before on the same pull request is still to be answered.

    `/hold` and `/unhold` one after the other mean something else the other way round.
    """
    earlier = jobs.alias()
    return exists().where(
        earlier.c.kind == COMMENT,
        earlier.c.forge == jobs.c.forge,
        earlier.c.repo == jobs.c.repo,
        earlier.c.number == jobs.c.number,
        earlier.c.id < jobs.c.id,
        is_open(earlier),
    )
