"""The worker's side of downloads that another process does: asks, looks what has come, and takes back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from uuid import uuid4

from sqlalchemy import Connection, Engine, case, delete, exists, func, select, update

from bot.orders import Errand, Outcome, Seen
from bot.store import counters
from bot.store.database import StoreUnavailable, reading, volatile, writing
from bot.store.schema import downloaders, orders, outcomes

log = logging.getLogger("hubbot.orders")

#: Seconds until an order of a silent worker is nobody's wish any more, and between two renewals: less than
#: until its job is another's, so that no two ask for the same.
WANTED, RENEW = 15.0, 4.0
#: Seconds without a heartbeat after which a downloader's orders are free: several missed beats.
LEASE = 20.0
#: Seconds after which an order that nobody wants any more is deleted; its worker may yet wake and look.
KEPT = 3600.0
#: The longest outcome that is read, in characters: several times what 400 tensors take. Ours.
LARGEST = 1 << 20
#: Outcomes that one look reads.
AT_ONCE = 200
#: Counts the orders that no downloader answered in time.
UNANSWERED = "orders_unanswered_total"


class PlacedOrders:
    """`bot.downloads.separate.Orders` over the database. `now` is seconds since the epoch."""

    def __init__(self, engine: Engine, now: Callable[[], float] = time.time, *, renew: float = RENEW) -> None:
        # What is lost at a power cut is asked for again by the next attempt.
        self._engine = volatile(engine)
        self._now, self._every = now, renew
        self._open: set[str] = set()
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._renewal: threading.Thread | None = None

    def ask(self, errand: Errand, document: str, count: int) -> str:
        """Writes down that `count` addresses are wanted; returns the order's id. It ends with `withdraw`."""
        order, now = uuid4().hex, self._now()
        row = {
            "id": order,
            "errand": errand,
            "document": document,
            "asked_at": now,
            "wanted_until": now + WANTED,
            "asked": count,
            "answered": 0,
            "downloader": "",
            "token": 0,
            "attempts": 0,
        }
        with writing(self._engine) as connection:
            connection.execute(orders.insert().values(row))
            _forget(connection, now - KEPT)
        with self._lock:
            self._open.add(order)
            if self._renewal is None and not self._ended.is_set():
                self._renewal = threading.Thread(target=self._renew, name="order-renewals", daemon=True)
                self._renewal.start()
        return order

    def look(self, order: str, seen: int) -> Seen | None:
        """How an order stands, and its outcomes after the first `seen`; None where it is gone."""
        alive = exists().where(
            downloaders.c.name == orders.c.downloader, downloaders.c.heartbeat_at > self._now() - LEASE
        )
        beaten = select(func.max(downloaders.c.heartbeat_at)).scalar_subquery()
        query = select(
            orders.c.asked,
            orders.c.answered,
            orders.c.attempts,
            alive.label("taken"),
            beaten.label("beaten_at"),
        )
        with reading(self._engine) as connection:
            row = connection.execute(query.where(orders.c.id == order)).first()
            if row is None:
                return None
            found = _after(connection, order, seen) if row.answered > seen else ()
        over = row.answered >= row.asked
        return Seen(found, bool(row.taken), row.attempts, over, row.beaten_at or 0.0)

    def withdraw(self, order: str, *, unanswered: bool = False) -> None:
        """Ends an order, whatever of it is under way; `unanswered` counts it for metrics. Never raises."""
        with self._lock:
            self._open.discard(order)
        try:
            with writing(self._engine) as connection:
                # The order first: nothing is written to one that is gone.
                connection.execute(delete(orders).where(orders.c.id == order))
                connection.execute(delete(outcomes).where(outcomes.c.order_id == order))
                counters.add(connection, {UNANSWERED: float(unanswered)})
        except StoreUnavailable as error:
            log.warning("the database is unavailable (%s): an order ends by itself", error)

    def close(self) -> None:
        """Ends all orders that are open."""
        self._ended.set()
        with self._lock:
            left = tuple(self._open)
        for order in left:
            self.withdraw(order)

    def _renew(self) -> None:
        while not self._ended.wait(self._every):
            with self._lock:
                held = tuple(self._open)
            if not held:
                continue
            try:
                with writing(self._engine) as connection:
                    mine = update(orders).where(orders.c.id.in_(held))
                    connection.execute(mine.values(wanted_until=self._now() + WANTED))
            except StoreUnavailable as error:
                log.warning("the database is unavailable (%s): orders are not renewed", error)


def forget_all(engine: Engine) -> None:
    """Ends every order: for the one worker of an SQLite file, whose lock proves the others gone."""
    with writing(engine) as connection:
        connection.execute(delete(orders))
        connection.execute(delete(outcomes))


def _after(connection: Connection, order: str, seen: int) -> tuple[Outcome, ...]:
    """The outcomes that came after the first `seen`. One that is too long is read as an empty one."""
    document = case((func.length(outcomes.c.document) <= LARGEST, outcomes.c.document), else_="")
    query = (
        select(outcomes.c.position, document)
        .where(outcomes.c.order_id == order, outcomes.c.number > seen)
        .order_by(outcomes.c.number)
        .limit(AT_ONCE)
    )
    return tuple(Outcome(*row) for row in connection.execute(query))


def _forget(connection: Connection, before: float) -> None:
    """Deletes the orders that nobody has wanted since, and downloaders that are long gone."""
    old = select(orders.c.id).where(orders.c.wanted_until < before)
    connection.execute(delete(outcomes).where(outcomes.c.order_id.in_(old)))
    connection.execute(delete(orders).where(orders.c.wanted_until < before))
    connection.execute(delete(downloaders).where(downloaders.c.heartbeat_at < before))
