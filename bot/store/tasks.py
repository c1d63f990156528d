"""The downloader's side: takes orders up, writes outcomes down, and reads and writes nothing else.

Its role in PostgreSQL may do no more than what stands here and in `hosts` (deploy/downloader.sql).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Engine, case, delete, func, or_, select, update

from bot.orders import MAX_ATTEMPTS, Errand, Outcome, Task
from bot.store.database import insert_into, reading, volatile, writing
from bot.store.orders import LEASE
from bot.store.schema import downloaders, orders, outcomes


class OpenOrders:
    """Orders as a downloader sees them. `now` arguments are seconds since the epoch."""

    def __init__(self, engine: Engine) -> None:
        self.engine = volatile(engine)

    def due(self, errands: Collection[Errand], now: float) -> bool:
        """Whether `take` would find something; takes no lock, so that idling costs next to nothing."""
        with reading(self.engine) as connection:
            return (
                connection.execute(select(orders.c.id).where(*_due(errands, now)).limit(1)).first()
                is not None
            )

    def take(self, name: str, errands: Collection[Errand], now: float) -> Task | None:
        """The oldest order that nobody works at, or None."""
        query = select(orders).where(*_due(errands, now)).order_by(orders.c.asked_at).limit(1)
        with writing(self.engine) as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            # Another may have seen the same row: the token tells who was first.
            mine = update(orders).where(orders.c.id == row.id, orders.c.token == row.token)
            taken = {"downloader": name, "token": row.token + 1, "attempts": row.attempts + 1}
            if connection.execute(mine.values(taken)).rowcount != 1:
                return None
            done = select(outcomes.c.position).where(outcomes.c.order_id == row.id)
            answered = frozenset(connection.execute(done).scalars())
        return Task(row.id, Errand(row.errand), row.document, row.token + 1, answered)

    def record(self, name: str, task: Task, outcome: Outcome) -> bool:
        """Writes an outcome down; False, and nothing is written, where the order is no longer ours."""
        further = update(orders).where(*_mine(name, task))
        values = {"answered": orders.c.answered + 1, "attempts": 0}
        with writing(self.engine) as connection:
            number = connection.execute(further.values(values).returning(orders.c.answered)).scalar()
            if number is None:
                return False
            row = {"order_id": task.id, "number": number}
            row |= {"position": outcome.position, "document": outcome.document}
            connection.execute(outcomes.insert().values(row))
            return True

    def standing(self, name: str, now: float) -> Collection[tuple[str, int]]:
        """Id and token of what is in our hands and still wanted."""
        mine = (orders.c.downloader == name, orders.c.wanted_until > now)
        with reading(self.engine) as connection:
            return {
                (row.id, row.token)
                for row in connection.execute(select(orders.c.id, orders.c.token).where(*mine))
            }

    def give_back(self, name: str, task: Task, *, unharmed: bool) -> None:
        """Leaves an order to whoever takes it up next; `unharmed` takes back that it was an attempt."""
        fewer = case((orders.c.attempts > 0, orders.c.attempts - int(unharmed)), else_=0)
        with writing(self.engine) as connection:
            connection.execute(update(orders).where(*_mine(name, task)).values(downloader="", attempts=fewer))

    def beat(self, name: str, now: float) -> None:
        """Says that a downloader is alive."""
        with writing(self.engine) as connection:
            insert = insert_into(connection, downloaders).values(name=name, heartbeat_at=now)
            connection.execute(
                insert.on_conflict_do_update(index_elements=[downloaders.c.name], set_={"heartbeat_at": now})
            )

    def leave(self, name: str) -> None:
        """Says that a downloader is gone: what it holds is free."""
        with writing(self.engine) as connection:
            connection.execute(delete(downloaders).where(downloaders.c.name == name))

    def figures(self, now: float) -> dict[str, float]:
        """Counts for the metrics page."""
        with reading(self.engine) as connection:
            return figures(connection, now)


def figures(connection: Connection, now: float) -> dict[str, float]:
    """How many downloaders are alive, how many orders wait, and for how many seconds the oldest has."""
    waiting = (orders.c.downloader == "", orders.c.answered < orders.c.asked, orders.c.wanted_until > now)
    alive = select(func.count()).where(downloaders.c.heartbeat_at > now - LEASE)
    count, oldest = connection.execute(
        select(func.count(), func.min(orders.c.asked_at)).where(*waiting)
    ).one()
    return {
        "downloaders_alive": connection.execute(alive).scalar_one(),
        "orders_waiting": count,
        "orders_oldest_seconds": max(0.0, now - oldest) if oldest else 0.0,
    }


def _due(errands: Collection[Errand], now: float) -> tuple[Any, ...]:
    """What an order must be to be taken up."""
    alive = select(downloaders.c.name).where(downloaders.c.heartbeat_at > now - LEASE)
    return (
        orders.c.errand.in_(errands),
        orders.c.answered < orders.c.asked,
        orders.c.wanted_until > now,
        orders.c.attempts < MAX_ATTEMPTS,
        or_(orders.c.downloader == "", orders.c.downloader.not_in(alive)),
    )


def _mine(name: str, task: Task) -> tuple[Any, ...]:
    return (orders.c.id == task.id, orders.c.downloader == name, orders.c.token == task.token)
