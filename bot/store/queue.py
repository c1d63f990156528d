"""The durable queue: one row a thing to do, leased by workers, fenced by a token; at least once, newest wins.

A job is due while the generation that is `wanted` is ahead of the one that is `done`.
Asking again for what is not yet begun changes nothing; asking during a run brings one more run after it;
asking with `supersede` also cancels the running one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, case, select, update

from bot.model import PullRef
from bot.store.database import insert_into, reading, storable, writing
from bot.store.due import next_due, whether_due
from bot.store.schema import is_open, jobs, workers
from bot.store.served import Served
from bot.store.work import ANY, Priorities, Request, enqueue

#: Seconds without a heartbeat after which a worker's jobs are free: several missed beats, not one slow write.
LEASE = 20.0
#: Seconds by which a worker's clock may differ from the database's. Two may differ the other way round each,
#: and a heartbeat comes every few seconds: beyond it, living workers begin to look dead to each other.
MOST_SKEW = 5.0
#: Runs without progress that ended by the death of their process before the job is handed over as poison.
MAX_ATTEMPTS = 3
#: Characters of an error that are kept for the operator.
MAX_ERROR = 2000


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do a job until another takes it over. `attempts` counts this one."""

    id: int
    key: str
    kind: str
    ref: PullRef
    payload: Mapping[str, Any]
    generation: int
    attempts: int
    failures: int
    token: int
    worker: str
    #: The id of the delivery that last asked for it, where one did.
    delivery: str = ""

    @property
    def is_poison(self) -> bool:
        return self.attempts > MAX_ATTEMPTS


def _times(now: float) -> dict[str, float]:
    return {"now": now, "lapsed": now - LEASE}


class Queue:
    """The worker's side of the queue. `now` arguments are seconds since the epoch.

    Only jobs of the repositories that are `served` are taken, by default all.
    """

    def __init__(self, engine: Engine, served: Served = None) -> None:
        self.engine = engine
        self.served = served

    def put(self, request: Request, now: float) -> int:
        """Asks for something; returns the generation that will fulfil it."""
        with writing(self.engine) as connection:
            return enqueue(connection, request, now)

    def busy(self, key: str) -> bool:
        """Whether the job called `key` is running, or waits for its time."""
        query = select(jobs.c.id).where(jobs.c.key == key, is_open())
        with reading(self.engine) as connection:
            return connection.execute(query).first() is not None

    def cancel(self, key: str) -> None:
        """Ends all that is wanted of a job: a run under way stops before its next write."""
        with writing(self.engine) as connection:
            connection.execute(
                update(jobs).where(jobs.c.key == key, jobs.c.worker != "").values(superseded=jobs.c.wanted)
            )
            connection.execute(
                update(jobs).where(jobs.c.key == key, jobs.c.worker == "").values(done=jobs.c.wanted)
            )

    def due(self, kinds: Collection[str], now: float, among: Priorities = ANY) -> bool:
        """Whether `lease` would find something; takes no lock, so that idling costs next to nothing."""
        with reading(self.engine) as connection:
            return (
                connection.execute(whether_due(tuple(kinds), among, self.served), _times(now)).first()
                is not None
            )

    def lease(self, worker: str, kinds: Collection[str], now: float, among: Priorities = ANY) -> Lease | None:
        """Takes the most urgent due job of `kinds` and of a priority in `among`, or None.

        Among equally urgent ones, whose author has the fewest running goes first: who opens a hundred pull
        requests does not keep the others waiting.
        """
        with writing(self.engine) as connection:
            query = next_due(tuple(kinds), among, self.served, connection.dialect.name)
            row = connection.execute(query, _times(now)).mappings().first()
            if row is None:
                return None
            connection.execute(
                update(jobs)
                .where(jobs.c.id == row["id"])
                .values(worker=worker, token=row["token"] + 1, attempts=row["attempts"] + 1)
            )
        return Lease(
            id=row["id"],
            key=row["key"],
            kind=row["kind"],
            ref=PullRef(row["forge"], row["repo"], row["number"]),
            payload=json.loads(row["payload"]),
            generation=row["wanted"],
            attempts=row["attempts"] + 1,
            failures=row["failures"],
            token=row["token"] + 1,
            worker=worker,
            delivery=row["delivery"],
        )

    def beat(self, worker: str, now: float) -> None:
        """Says that `worker` is alive."""
        with writing(self.engine) as connection:
            insert = insert_into(connection, workers).values(name=worker, heartbeat_at=now)
            connection.execute(
                insert.on_conflict_do_update(index_elements=[workers.c.name], set_={"heartbeat_at": now})
            )

    def leave(self, worker: str) -> None:
        """Frees all that `worker` holds: it stops in good order, so nothing counts as an attempt."""
        with writing(self.engine) as connection:
            fewer = case((jobs.c.attempts > 0, jobs.c.attempts - 1), else_=0)
            connection.execute(update(jobs).where(jobs.c.worker == worker).values(worker="", attempts=fewer))
            connection.execute(workers.delete().where(workers.c.name == worker))

    def forget_workers(self) -> None:
        """Frees every job: for the one worker of an SQLite file, whose lock proves the others gone."""
        with writing(self.engine) as connection:
            connection.execute(update(jobs).where(jobs.c.worker != "").values(worker=""))
            connection.execute(workers.delete())

    def holds(self, lease: Lease, now: float) -> bool:
        """Whether the lease still stands: asked before every write to a forge.

        False when another worker took the job over, when a newer push superseded it, or when our own
        heartbeat is so old that somebody may.
        """
        return lease.id in self.holding(lease.worker, (lease,), now)

    def is_superseded(self, lease: Lease) -> bool:
        """Whether a newer request has cancelled this very run, which is still ours to end."""
        query = select(jobs.c.superseded).where(*self._mine(lease))
        with reading(self.engine) as connection:
            superseded = connection.execute(query).scalar()
        return superseded is not None and superseded >= lease.generation

    def holding(self, worker: str, leases: Collection[Lease], now: float) -> frozenset[int]:
        """The ids of those leases that still stand."""
        query = (
            select(jobs.c.id, jobs.c.token, jobs.c.superseded)
            .join(workers, workers.c.name == jobs.c.worker)
            .where(
                jobs.c.worker == worker,
                jobs.c.id.in_([lease.id for lease in leases]),
                workers.c.heartbeat_at > now - LEASE,
            )
        )
        with reading(self.engine) as connection:
            rows = {row.id: row for row in connection.execute(query)}
        return frozenset(
            lease.id
            for lease in leases
            if (row := rows.get(lease.id)) and row.token == lease.token and row.superseded < lease.generation
        )

    def finish(self, lease: Lease, *, again: Request | None = None, now: float) -> bool:
        """Ends the job's generation; `again` asks for a later one, unless one is wanted already.

        False, and nothing is written, when the lease is lost.
        """
        with writing(self.engine) as connection:
            done = connection.execute(
                update(jobs)
                .where(*self._mine(lease))
                .values(worker="", done=lease.generation, attempts=0, failures=0, error="")
                .returning(jobs.c.wanted)
            ).first()
            if done is not None and done.wanted == lease.generation and again is not None:
                enqueue(connection, again, now)
            return done is not None

    def postpone(self, lease: Lease, error: str, due_at: float) -> None:
        """Gives the job back for a later try: a forge failed, which is no fault of the job."""
        attempts = lease.attempts - 1
        self._give_back(lease, error, attempts=attempts, failures=lease.failures + 1, due_at=due_at)

    def fail(self, lease: Lease, error: str, due_at: float) -> None:
        """Gives the job back after a defect of ours: counts towards poison."""
        self._give_back(lease, error, due_at=due_at)

    def progressed(self, lease: Lease) -> None:
        """Takes back the count of deaths: this run got further than those before, so it is no poison."""
        with writing(self.engine) as connection:
            connection.execute(update(jobs).where(*self._mine(lease)).values(attempts=0))

    def release(self, lease: Lease) -> None:
        """Gives the job back at once: its run was cut short by what is no fault of the job."""
        self._give_back(lease, "", attempts=lease.attempts - 1)

    def defer(self, lease: Lease, priority: int) -> None:
        """Gives the job back at once as one of another priority: it turned out to be of another size."""
        self._give_back(lease, "", attempts=lease.attempts - 1, priority=priority)

    def rest(self, lease: Lease, error: str, due_at: float) -> None:
        """Gives poison back that must be tried again some time all the same, as if for the first time."""
        self._give_back(lease, error, attempts=0, due_at=due_at)

    def park(self, lease: Lease, error: str) -> None:
        """Sets the job aside until somebody asks for it again."""
        self._give_back(lease, error, parked=True)

    def _give_back(self, lease: Lease, error: str, **values: Any) -> None:
        with writing(self.engine) as connection:
            connection.execute(
                update(jobs)
                .where(*self._mine(lease))
                .values(worker="", error=storable(error, MAX_ERROR), **values)
            )

    def _mine(self, lease: Lease) -> tuple[Any, ...]:
        return (jobs.c.id == lease.id, jobs.c.worker == lease.worker, jobs.c.token == lease.token)
