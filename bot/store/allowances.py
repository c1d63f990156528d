"""What forges allow, kept in the database: all processes share one pace and know what is left."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from bot.allowance import BURST, Allowance, spent, told
from bot.store.database import StoreUnavailable, insert_into, volatile, writing
from bot.store.schema import allowances, paces

log = logging.getLogger("hubbot.allowance")

#: Seconds for which what was written down need not be written again, unless it becomes short.
EVERY = 5.0


class Account:
    """Of one credential (`name` as in `Allowance`): how many writes it has left, and what its answers tell.

    The database's absence costs politeness between processes, and nothing else.
    """

    def __init__(
        self,
        engine: Engine,
        name: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._engine, self._name, self._now = volatile(engine), name, now
        self._kept: dict[str, Allowance] = {}
        self._lock = Lock()

    def spend(self, now: float) -> float:
        """Takes one write of all processes; the seconds until its turn, as `allowance.spent` has them."""
        row: dict[str, Any] = {"name": self._name, "held": float(BURST), "at": now}
        try:
            with writing(self._engine) as connection:
                insert = insert_into(connection, paces).values(row)
                # An update that changes nothing takes the row's lock and returns it.
                locking = insert.on_conflict_do_update(
                    index_elements=[paces.c.name], set_={"name": self._name}
                )
                left, at = connection.execute(locking.returning(paces.c.held, paces.c.at)).one()
                held, wait = spent(left, at, now)
                mine = paces.c.name == self._name
                connection.execute(update(paces).where(mine).values(held=held, at=max(at, now)))
        except StoreUnavailable as trouble:
            log.warning("writes to %s are not paced with other processes': %s", self._name, trouble)
            return 0.0
        return wait

    def told(self, headers: Mapping[str, str]) -> None:
        """Keeps what the headers of an answer say of requests that are left."""
        now = self._now()
        found = told(self._name, headers, now)
        if found is None:
            return
        with self._lock:
            before = self._kept.get(found.name)
            if before and now - before.told_at < EVERY and before.is_low(now) == found.is_low(now):
                return
            self._kept[found.name] = found
        try:
            with writing(self._engine) as connection:
                _save(connection, found)
        except StoreUnavailable as trouble:
            log.warning("what %s allows could not be kept: %s", self._name, trouble)


def _save(connection: Connection, found: Allowance) -> None:
    row = {
        "name": found.name,
        "most": found.limit,
        "remaining": found.remaining,
        "reset_at": found.reset_at,
        "told_at": found.told_at,
    }
    insert = insert_into(connection, allowances).values(row)
    connection.execute(insert.on_conflict_do_update(index_elements=[allowances.c.name], set_=row))


def read(connection: Connection) -> Sequence[Allowance]:
    """What every credential was last told, by name."""
    return [Allowance(*row) for row in connection.execute(select(allowances).order_by(allowances.c.name))]
