"""The worker: leases due jobs, runs their flows in bounded threads, and drops what is superseded or lost."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from bot.flows import forsaken, reconcile
from bot.flows.attempt import FLOWS, Flow, attempt
from bot.flows.run import Run
from bot.store import work
from bot.store.database import StoreUnavailable
from bot.store.queue import LEASE, Lease
from bot.store.work import ANY, LARGE, SMALL, Priorities
from bot.wiring import World

log = logging.getLogger("hubbot.worker")

#: The kinds of job that read remote files.
REVIEWS = (work.REVIEW, work.GROUP)
#: Seconds between two looks at the queue: a webhook's work begins within this.
POLL = 0.2
#: Seconds between two looks at whether a running job was superseded, and between two heartbeats.
WATCH, BEAT = 1.0, 4.0
#: Ends the process although threads of it hang; supervisors start it again.
ABANDON = partial(os._exit, os.EX_SOFTWARE)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the worker waits for its jobs, in seconds.

    `drain` is what they get after SIGTERM before they are cancelled, `last` what they get then; both within
    the 30 that container runtimes give. `review` and `other` are what a run may take by its kind: 479 files
    of the hub's size take an hour over a slow line, everything else is a handful of requests.
    An overdue run that does not notice its cancellation for `hanging` never will.
    """

    drain: float = 20.0
    last: float = 5.0
    review: float = 6 * 3600.0
    other: float = 900.0
    hanging: float = 120.0


@dataclass
class Lane:
    """Jobs that share a number of threads, so that words to people never wait behind bulk work."""

    kinds: tuple[str, ...]
    slots: int
    among: Priorities = ANY
    running: int = 0


@dataclass
class Active:
    """One job in hand, which should be over at `due` by the monotonic clock."""

    lease: Lease
    lane: Lane
    due: float
    cancelled: threading.Event = field(default_factory=threading.Event)

    def overdue(self, by: float = 0.0) -> bool:
        """Whether it has taken longer than it may by more than so many seconds."""
        return time.monotonic() > self.due + by


class Worker:
    """Runs until told to stop. Any number of them may share a PostgreSQL database; an SQLite file has one."""

    def __init__(
        self,
        world: World,
        *,
        reviews: int = 4,
        bulk: int = 2,
        quick: int = 2,
        flows: Mapping[str, Flow] = FLOWS,
        patience: Patience = Patience(),
        abandon: Callable[[], object] = ABANDON,
    ) -> None:
        """`abandon` ends the process although a thread hangs; its jobs are then another's."""
        self.world = world
        self.flows = flows
        self.patience = patience
        self.abandon = abandon
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{random.randrange(1 << 32):08x}"  # noqa: S311 - a name
        self.lanes = (
            Lane(REVIEWS, reviews, SMALL),
            Lane(REVIEWS, bulk, LARGE),
            Lane((work.COMMENT, work.LOCATE), quick),
            Lane((work.RECONCILE, work.INDEX, work.ISSUE), 1),
            Lane((work.AUDIT,), 1),
        )
        self.active: dict[int, Active] = {}
        self.stranded: list[Lease] = []
        self.lock = threading.Lock()
        self.freed = threading.Event()
        self.beaten_at = 0.0
        self.looked_at = float("-inf")
        self.told: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Works until `stop` is set, then drains."""
        self._beat()
        for request in reconcile.standing(self.world):
            self.world.queue.put(request, self.world.now())
        watcher = threading.Thread(target=self._watch, args=(stop,), daemon=True, name="watch")
        watcher.start()
        threads = sum(lane.slots for lane in self.lanes)
        log.info("worker %s is ready", self.name)
        pool = ThreadPoolExecutor(threads, thread_name_prefix="job")
        try:
            while not stop.is_set():
                if not self._take(pool):
                    self.freed.wait(POLL)
                    self.freed.clear()
            self._drain()
        finally:
            pool.shutdown(wait=False)
        self.world.queue.leave(self.name)
        if self.active:
            log.error("not all jobs noticed that they were cancelled: ending this process")
            self.abandon()

    def _take(self, pool: ThreadPoolExecutor) -> bool:
        """Leases one job for each lane with room; whether there was any."""
        free = [lane for lane in self.lanes if lane.running < lane.slots]
        found = False
        try:
            # One look for all: an idle worker costs one indexed read, and takes no lock.
            if not self.world.queue.due([kind for lane in free for kind in lane.kinds], self.world.now()):
                return False
            for lane in free:
                lease = self._lease(lane)
                if lease is not None:
                    found = True
                    self._begin(pool, Active(lease, lane, self._due(lease)))
        except StoreUnavailable as error:
            log.warning("the database is unavailable (%s); looking again", error)
        return found

    def _lease(self, lane: Lane) -> Lease | None:
        now, jobs = self.world.now(), self.world.queue
        return (
            jobs.lease(self.name, lane.kinds, now, lane.among)
            if jobs.due(lane.kinds, now, lane.among)
            else None
        )

    def _due(self, lease: Lease) -> float:
        may_take = self.patience.review if lease.kind in REVIEWS else self.patience.other
        return time.monotonic() + may_take

    def _begin(self, pool: ThreadPoolExecutor, active: Active) -> None:
        with self.lock:
            active.lane.running += 1
            self.active[active.lease.id] = active
        pool.submit(self._job, active).add_done_callback(partial(self._release, active))

    def _release(self, active: Active, done: Future[None]) -> None:
        with self.lock:
            active.lane.running -= 1
        self.freed.set()
        if (error := done.exception()) is not None:
            log.error("a job's end could not be recorded", exc_info=error)

    def _job(self, active: Active) -> None:
        ended = False
        try:
            run = Run(
                self.world,
                active.lease,
                active.cancelled,
                enlarge=partial(self._enlarge, active),
                overdue=active.overdue,
            )
            ended = attempt(run, self.flows)
        finally:
            with self.lock:
                self.active.pop(active.lease.id, None)
                if not ended:
                    self.stranded.append(active.lease)

    def _enlarge(self, active: Active) -> bool:
        """Moves a review that turned out large to the lane of such: its place is free for a small one."""
        lane = next(lane for lane in self.lanes if active.lease.kind in lane.kinds and lane.among == LARGE)
        with self.lock:
            if active.lane is not lane:
                if lane.running >= lane.slots:
                    return False
                active.lane.running -= 1
                lane.running += 1
                active.lane = lane
        self.freed.set()
        return True

    def _watch(self, stop: threading.Event) -> None:
        """Keeps the heartbeat going and cancels what is superseded, until the process ends."""
        while True:
            try:
                if self.world.now() - self.beaten_at > BEAT:
                    self._beat()
                self._cancel_lost()
                self._cancel_overdue()
                self._release_stranded()
                self._look_at_forsaken()
            except StoreUnavailable as error:
                log.warning("the database is unavailable (%s)", error)
                if self.world.now() - self.beaten_at > LEASE:
                    self._cancel(frozenset())
            except Exception:  # the edge: without this thread the worker would count as dead and not know it
                log.exception("a defect of ours while watching the jobs")
            if stop.is_set() and not self.active:
                return
            time.sleep(WATCH)

    def _beat(self) -> None:
        now = self.world.now()
        self.world.queue.beat(self.name, now)
        self.beaten_at = now

    def _look_at_forsaken(self) -> None:
        if time.monotonic() - self.looked_at > forsaken.EVERY:
            forsaken.look(self.world, self.name, self.told)
            self.looked_at = time.monotonic()

    def _cancel_lost(self) -> None:
        with self.lock:
            leases = [active.lease for active in self.active.values()]
        if leases:
            self._cancel(self.world.queue.holding(self.name, leases, self.world.now()), among=leases)

    def _cancel_overdue(self) -> None:
        """Ends what has taken too long; should it not even notice, ends the process, whose leases lapse."""
        with self.lock:
            overdue = [active for active in self.active.values() if active.overdue()]
        for active in overdue:
            active.cancelled.set()
            if active.overdue(self.patience.hanging):
                log.critical("%s hangs: ending this process", active.lease.key)
                self.abandon()

    def _release_stranded(self) -> None:
        """Gives back what nobody works at any more: while we live, no other worker would take it."""
        while self.stranded:
            self.world.queue.release(self.stranded[0])
            with self.lock:
                del self.stranded[0]

    def _cancel(self, held: frozenset[int], *, among: list[Lease] | None = None) -> None:
        asked = None if among is None else {lease.token: lease.id for lease in among}
        with self.lock:
            for active in self.active.values():
                was_asked = asked is None or asked.get(active.lease.token) == active.lease.id
                if was_asked and active.lease.id not in held:
                    active.cancelled.set()

    def _drain(self) -> None:
        """Lets what runs finish, then cancels it; over in time whatever it does."""
        self._await(self.patience.drain)
        self._cancel(frozenset())
        self._await(self.patience.last)

    def _await(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.active and time.monotonic() < deadline:
            time.sleep(0.1)
