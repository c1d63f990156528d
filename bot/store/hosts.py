"""Connections, rates and circuit breakers of file servers, shared by all processes through the database.

A file costs two short transactions, one to begin and one to end; a run that waits asks twice a second.
What a process holds expires unless it is renewed, so that one that was killed holds nothing for long.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, delete, select, update

from bot.hosts import (
    PROBE,
    Closed,
    Courtesy,
    Holding,
    Slot,
    after,
    answered,
    charged,
    is_on_trial,
    is_open,
    may_take,
    spare,
)
from bot.store import hostrows as rows
from bot.store.database import PIECE, StoreUnavailable, insert_into, reading, volatile, writing
from bot.store.schema import host_slots, hosts
from rules.facts import RemoteFile

log = logging.getLogger("hubbot.hosts")

#: Seconds until what a silent process holds is free, and between two renewals.
LEASE, RENEW = 30.0, 8.0
#: Seconds for which a run that was refused counts as waiting; longer than it takes to ask again.
PATIENCE = 3.0
#: Seconds for which an answer that is asked for often is not asked for again.
REMEMBERED = 1.0


class SharedHosts:
    """`bot.downloads.hosts.Hosts` over the database. `now` is seconds since the epoch.

    Only `take` raises `StoreUnavailable`; elsewhere the database's absence costs politeness, not a file.
    """

    poll = 0.5
    bundle = 8

    def __init__(
        self,
        engine: Engine,
        courtesy: Courtesy,
        now: Callable[[], float] = time.time,
        *,
        renew: float = RENEW,
    ) -> None:
        self._engine = volatile(engine)
        self._courtesy, self._now, self._every = courtesy, now, renew
        self._process = uuid4().hex
        self._held: set[str] = set()
        self._known: dict[tuple[str, str], tuple[float, Any]] = {}
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._ended = threading.Event()
        self._renewal: threading.Thread | None = None

    def take(self, host: str, run: str) -> Slot | Closed | None:
        now = self._now()
        until = self._read_closed(host)  # without a lock: a host that is down is asked for by many
        if until is not None and now < until:
            return Closed(until)
        with self._writing() as connection:
            known = rows.locked(connection, host)
            if is_open(known, now):
                return Closed(known.closed_until)
            probe = is_on_trial(known, self._courtesy)
            if (probe and now < known.probe_until) or not self._granted(connection, host, run, now):
                return None
            slot = uuid4().hex
            row = {"id": slot, "host": host, "run": run, "process": self._process, "connections": 1}
            connection.execute(host_slots.insert().values(row | {"expires_at": now + LEASE}))
            known, wait = charged(known, now, 1, self._courtesy)
            rows.save(connection, host, replace(known, probe_until=now + PROBE) if probe else known)
        with self._lock:
            self._held.add(slot)
            if self._renewal is None and not self._ended.is_set():
                self._renewal = threading.Thread(target=self._renew, name="host-leases", daemon=True)
                self._renewal.start()
        return Slot(slot, host, run, wait, probe)

    def spares(self, slot: Slot) -> int:
        if not self._remembered("spares", slot.host, lambda: True):
            return 0
        count = 0
        with self._forgiving(), self._writing() as connection:
            rows.locked(connection, slot.host)
            count = spare(rows.holdings(connection, slot.host, self._now()), self._courtesy.connections)
            if count:
                rows.resize(connection, slot, 1 + count)
        if not count:
            self._remember("spares", slot.host, False)
        return count

    def keep(self, slot: Slot) -> bool:
        return bool(self._remembered("keep", slot.host, lambda: self._is_wanted_by_nobody(slot.host)))

    def shrink(self, slot: Slot, connections: int) -> None:
        with self._forgiving(), self._writing() as connection:
            rows.resize(connection, slot, connections)

    def free(self, slot: Slot, file: RemoteFile | None) -> None:
        with self._lock:
            self._held.discard(slot.id)
        with self._forgiving(), self._writing() as connection:
            known = rows.locked(connection, slot.host)
            connection.execute(delete(host_slots).where(host_slots.c.id == slot.id))
            then = known
            if file is not None:
                then = after(known, file, self._now(), self._courtesy)
            elif slot.probe:
                then = replace(known, probe_until=0.0)
            if then != known:
                rows.save(connection, slot.host, then)
        self._forget("closed", slot.host)

    def closed_until(self, host: str) -> float | None:
        until = self._remembered("closed", host, lambda: self._read_closed(host))
        return until if until is not None and self._now() < until else None

    def request(self, host: str, count: int) -> float:
        wait = 0.0
        with self._forgiving(), self._writing() as connection:
            known, wait = charged(rows.locked(connection, host), self._now(), count, self._courtesy)
            rows.save(connection, host, known)
        return wait

    def answered(self, host: str) -> None:
        with self._forgiving(), self._writing() as connection:
            known = rows.locked(connection, host)
            if known != answered(known):
                rows.save(connection, host, answered(known))

    def close(self) -> None:
        """Frees all that this process still holds."""
        self._ended.set()
        with self._forgiving(), self._writing() as connection:
            connection.execute(delete(host_slots).where(host_slots.c.process == self._process))

    def _granted(self, connection: Connection, host: str, run: str, now: float) -> bool:
        """Whether the run may have a connection; where not, it is written down that it waits."""
        waiting = f"{run} waits for {sha256(host.encode()).hexdigest()[:32]}"
        slots = connection.execute(select(host_slots).where(host_slots.c.host == host)).all()
        gone = [slot.id for slot in slots if slot.expires_at <= now or slot.id == waiting]
        if gone:
            connection.execute(delete(host_slots).where(host_slots.c.id.in_(gone[:PIECE])))
        held = [Holding(slot.run, slot.connections) for slot in slots if slot.id not in gone]
        if may_take(held, run, self._courtesy.connections):
            return True
        row = {"id": waiting, "host": host, "run": run, "process": self._process, "connections": 0}
        row["expires_at"] = now + PATIENCE
        insert = insert_into(connection, host_slots).values(row)
        connection.execute(insert.on_conflict_do_update(index_elements=[host_slots.c.id], set_=row))
        return False

    def _is_wanted_by_nobody(self, host: str) -> bool:
        waiting = (host_slots.c.host == host, host_slots.c.connections == 0, ~rows.ended(self._now()))
        with reading(self._engine) as connection:
            return connection.execute(select(host_slots.c.id).where(*waiting).limit(1)).first() is None

    def _read_closed(self, host: str) -> float | None:
        with reading(self._engine) as connection:
            return connection.execute(select(hosts.c.closed_until).where(hosts.c.host == host)).scalar()

    def _remembered(self, what: str, host: str, ask: Callable[[], Any]) -> Any:
        """An answer not older than a second; None, or the last one, where the database is away."""
        with self._lock:
            at, value = self._known.get((what, host), (-REMEMBERED, None))
        if time.monotonic() - at < REMEMBERED:
            return value
        with self._forgiving():
            value = ask()
        self._remember(what, host, value)
        return value

    def _remember(self, what: str, host: str, value: Any) -> None:
        with self._lock:
            now = time.monotonic()
            self._known = {key: kept for key, kept in self._known.items() if now - kept[0] < REMEMBERED}
            self._known[what, host] = (now, value)

    def _forget(self, what: str, host: str) -> None:
        with self._lock:
            self._known.pop((what, host), None)

    def _renew(self) -> None:
        while not self._ended.wait(self._every):
            with self._lock:
                held = bool(self._held)
            mine = (host_slots.c.process == self._process, host_slots.c.connections > 0)
            if held:
                with self._forgiving(), self._writing() as connection:
                    values = {"expires_at": self._now() + LEASE}
                    connection.execute(update(host_slots).where(*mine).values(values))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A short transaction. On SQLite our threads queue here: its own way of waiting is to sleep."""
        turn = self._turn if self._engine.dialect.name == "sqlite" else contextlib.nullcontext()
        with turn, writing(self._engine) as connection:
            yield connection

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except StoreUnavailable as error:
            log.warning("the database is unavailable (%s): a host's limits are not up to date", error)
