"""The durable queue: one row a thing to do, leased by workers, fenced by a token; at least once, newest wins.

A job is due while the generation that is `wanted` is ahead of the one that is `done`.
Asking again for what is not yet begun changes nothing; asking during a run brings one more run after it;
asking with `supersede` also cancels the running one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, case, exists, func, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.model import Comment, Group, PullRef
from bot.store.database import reading, storable, writing
from bot.store.schema import jobs, workers

#: Seconds without a heartbeat after which a worker's jobs are free: several missed beats, not one slow write.
LEASE = 20.0
#: Runs without progress that ended by the death of their process before the job is handed over as poison.
MAX_ATTEMPTS = 3

#: Characters of an error that are kept for the operator.
MAX_ERROR = 2000
#: Characters of a login that are kept; both forges allow fewer.
MAX_AUTHOR = 100

#: The scope of a review that reads nothing anew: only what people decided is judged again.
JUDGE = "judge"
#: The target of a later try that nobody asked for.
RETRY = "retry"
REVIEW, COMMENT, INDEX, RECONCILE, LOCATE = "review", "comment", "index", "reconcile", "locate"
AUDIT = "audit"
#: A look at the issue that says what the audit has found.
ISSUE = "issue"
#: What a merge queue would merge, verified as a review verifies.
GROUP = "group"
#: Smaller goes first: words to people, then small pull requests, then bulk work and housekeeping.
SOON, NORMAL, BULK, LATER, LAST = 0, 10, 20, 30, 40

#: The payload of a review that only a delivery asks for: any other wish outweighs it.
HINT: Mapping[str, Any] = {"fresh": False, "hint": True}


@dataclass(frozen=True, slots=True)
class Priorities:
    """A range of priorities, both ends included."""

    first: int = SOON
    last: int = LAST


ANY, SMALL, LARGE = Priorities(), Priorities(last=NORMAL), Priorities(first=BULK)


@dataclass(frozen=True, slots=True)
class Request:
    """Something to do: `key` names it, so that asking twice is asking once."""

    key: str
    kind: str
    ref: PullRef
    payload: Mapping[str, Any]
    priority: int = NORMAL
    supersede: bool = False
    due_at: float = 0.0
    #: Who is thought to have caused it, for fairness only; empty leaves it as it was.
    author: str = ""


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

    @property
    def is_poison(self) -> bool:
        return self.attempts > MAX_ATTEMPTS


def review_request(
    ref: PullRef,
    *,
    supersede: bool,
    fresh: bool = False,
    hint: bool = False,
    scope: str = "all",
    target: str = "",
    due_at: float = 0.0,
    priority: int = NORMAL,
    author: str = "",
) -> Request:
    """A review of the pull request's present head; `fresh` measures remote files anew.

    `hint` says that only a delivery asks for it, which may tell of nothing new.
    `scope` and `target` say of which files: `all`, `failed`, those of one `path`, those that one `rule`
    speaks of.
    """
    part = {} if scope == "all" else {"scope": scope, "target": target}
    payload = HINT if hint else {"fresh": fresh} | part
    return Request(f"review {ref}", REVIEW, ref, payload, priority, supersede, due_at, author)


def retry_request(ref: PullRef, due_at: float) -> Request:
    """A later look at what could not be verified."""
    return review_request(ref, supersede=False, scope="failed", target=RETRY, due_at=due_at)


def judge_request(ref: PullRef) -> Request:
    """The gate judged again by what people have decided, in the one job that writes to the pull request."""
    return review_request(ref, supersede=False, scope=JUDGE, priority=SOON)


def group_request(ref: PullRef, group: Group, *, since: float = 0.0, due_at: float = 0.0) -> Request:
    """The answer to a merge queue; `since` is when it began to wait for something else."""
    key = f"group {ref.forge}/{ref.repo} {group.head_sha}"
    return Request(key, GROUP, ref, {"group": asdict(group), "since": since}, SOON, due_at=due_at)


def comment_request(ref: PullRef, said: Comment) -> Request:
    """The answer to a comment, whether a delivery or a look at the forge told of it, or both."""
    payload = {"id": said.id, "author": asdict(said.author), "body": said.body, "url": said.url}
    return Request(f"comment {ref} {said.id}", COMMENT, ref, payload, SOON)


#: INSERT with ON CONFLICT, which both databases have and spell alike.
INSERTS: Mapping[str, Callable[[Any], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: How a job begins that was never asked for before.
UNBEGUN: Mapping[str, Any] = {
    "wanted": 1,
    "done": 0,
    "superseded": 0,
    "attempts": 0,
    "failures": 0,
    "token": 0,
    "worker": "",
    "error": "",
    "parked": False,
}


def insert_into(connection: Connection, table: Any) -> Any:
    """An insert that may say what to do where there is such a row already."""
    return INSERTS[connection.dialect.name](table)


def enqueue(connection: Connection, request: Request, now: float) -> int:
    """Writes `request` down within the caller's transaction; returns the generation that will fulfil it."""
    values = {
        "key": request.key,
        "kind": request.kind,
        "forge": request.ref.forge,
        "repo": request.ref.repo,
        "number": request.ref.number,
        "payload": _json(request.payload),
        "priority": request.priority,
        "due_at": request.due_at or now,
        "author": storable(request.author, MAX_AUTHOR),
        **UNBEGUN,
    }
    upsert = _upsert(connection.dialect.name, request.supersede, _wish(request))
    return int(connection.execute(upsert, values).scalar_one())


class Wish(StrEnum):
    """What a request comes to beside one that waits already."""

    EVERYTHING = "everything"  # nothing else asks for more
    ANEW = "anew"  # a part of a review, its files read anew
    REVIEW = "review"
    JUDGEMENT = "judgement"  # anything else asks for more


@cache
def _upsert(dialect: str, supersede: bool, wish: Wish) -> Any:
    """A job or, where there is one of its key, what asking again makes of it. Built once: it is long."""
    insert = INSERTS[dialect](jobs)
    new = insert.excluded
    begun = jobs.c.worker != ""
    idle = jobs.c.wanted == jobs.c.done
    later = jobs.c.due_at > new.due_at
    unfulfilled = (jobs.c.wanted > jobs.c.done) & (true() if supersede else ~begun)
    again: dict[str, Any] = {
        # A job that waits already covers this wish, unless it is running: then one more run follows.
        "wanted": case((or_(begun, idle, jobs.c.parked), jobs.c.wanted + 1), else_=jobs.c.wanted),
        "due_at": case((or_(idle, jobs.c.parked, later), new.due_at), else_=jobs.c.due_at),
        "payload": _merged(wish, unfulfilled, new.payload),
        "priority": new.priority,
        # Deaths in a run that a push has ended say nothing about the next.
        "attempts": 0 if supersede else case((begun, jobs.c.attempts), else_=0),
        "failures": 0,
        "parked": False,
        "author": case((new.author != "", new.author), else_=jobs.c.author),
    }
    if supersede:
        again["superseded"] = case((begun, jobs.c.wanted), else_=jobs.c.superseded)
    return insert.on_conflict_do_update(index_elements=[jobs.c.key], set_=again).returning(jobs.c.wanted)


def _due(kinds: Collection[str], now: float, among: Priorities) -> tuple[Any, ...]:
    """What a job must be for a worker to take it."""
    alive = select(workers.c.name).where(workers.c.heartbeat_at > now - LEASE)
    return (
        jobs.c.wanted > jobs.c.done,
        jobs.c.parked.is_(False),
        jobs.c.due_at <= now,
        jobs.c.kind.in_(kinds),
        jobs.c.priority.between(among.first, among.last),
        or_(jobs.c.worker == "", jobs.c.worker.not_in(alive)),
        or_(jobs.c.kind != COMMENT, ~_earlier_comment()),
    )


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
        earlier.c.wanted > earlier.c.done,
        earlier.c.parked.is_(False),
    )


def _json(payload: Mapping[str, Any]) -> str:
    return json.dumps(dict(payload))


def _wish(request: Request) -> Wish:
    scope, fresh = request.payload.get("scope", "all"), bool(request.payload.get("fresh"))
    if request.kind != REVIEW or (fresh and scope == "all"):
        return Wish.EVERYTHING
    if scope == JUDGE:
        return Wish.JUDGEMENT
    return Wish.ANEW if fresh else Wish.REVIEW


def _merged(wish: Wish, unfulfilled: Any, own: Any) -> Any:
    """What a review that was not begun yet and one more wish come to: never less than either asks for.

    A wish to read every file anew stays until a run has fulfilled it. To judge again asks for least, and a
    later try of our own gives way: the run that takes its place asks for another if it has to.
    """
    if wish is Wish.EVERYTHING:
        return own
    if wish is Wish.JUDGEMENT:
        return case((unfulfilled, jobs.c.payload), else_=own)
    whole, anew = _json({"fresh": False}), _json({"fresh": True})
    was_judging = jobs.c.payload.like(f'%"scope": "{JUDGE}"%')
    was_retry = jobs.c.payload.like(f'%"target": "{RETRY}"%')
    was_fresh = jobs.c.payload.like('%"fresh": true%')
    both = anew if wish is Wish.ANEW else case((was_fresh, anew), else_=whole)
    alone = ~unfulfilled | was_judging | was_retry | (jobs.c.payload == own)
    return case((alone, own), else_=both)


class Queue:
    """The worker's side of the queue. `now` arguments are seconds since the epoch."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def put(self, request: Request, now: float) -> int:
        """Asks for something; returns the generation that will fulfil it."""
        with writing(self.engine) as connection:
            return enqueue(connection, request, now)

    def busy(self, key: str) -> bool:
        """Whether the job called `key` is running, or waits for its time."""
        query = select(jobs.c.id).where(
            jobs.c.key == key, jobs.c.wanted > jobs.c.done, jobs.c.parked.is_(False)
        )
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
        query = select(jobs.c.id).where(*_due(kinds, now, among)).limit(1)
        with reading(self.engine) as connection:
            return connection.execute(query).first() is not None

    def lease(self, worker: str, kinds: Collection[str], now: float, among: Priorities = ANY) -> Lease | None:
        """Takes the most urgent due job of `kinds` and of a priority in `among`, or None.

        Among equally urgent ones, whose author has the fewest running goes first: who opens a hundred pull
        requests does not keep the others waiting.
        """
        busy = (
            select(jobs.c.author, func.count().label("running"))
            .where(jobs.c.worker != "", jobs.c.author != "")
            .group_by(jobs.c.author)
            .subquery()
        )
        query = (
            select(jobs)
            .outerjoin(busy, busy.c.author == jobs.c.author)
            .where(*_due(kinds, now, among))
            .order_by(jobs.c.priority, func.coalesce(busy.c.running, 0), jobs.c.due_at)
            .limit(1)
        )
        with writing(self.engine) as connection:
            if connection.dialect.name == "postgresql":
                query = query.with_for_update(skip_locked=True, of=jobs)
            row = connection.execute(query).mappings().first()
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
