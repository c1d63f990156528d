"""The worker: leases due jobs, runs their flows in bounded threads, and drops what is superseded or lost."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from bot.flows import reconcile
from bot.flows.attempt import FLOWS, Flow, attempt
from bot.flows.run import Run
from bot.store import queue
from bot.store.database import StoreUnavailable
from bot.store.queue import LEASE, Lease
from bot.wiring import World

log = logging.getLogger("hubbot.worker")

#: Seconds between two looks at the queue: a webhook's work begins within this.
POLL = 0.2
#: Seconds between two looks at whether a running job was superseded, and between two heartbeats.
WATCH, BEAT = 1.0, 4.0
#: Seconds that running jobs get after SIGTERM before they are cancelled and given back.
DRAIN = 20.0


@dataclass
class Lane:
    """Kinds of jobs that share a number of threads, so that words to people never wait behind bulk work."""

    kinds: tuple[str, ...]
    slots: int
    running: int = 0


@dataclass
class Active:
    """One job in hand."""

    lease: Lease
    cancelled: threading.Event = field(default_factory=threading.Event)


class Worker:
    """Runs until told to stop. Any number of them may share a PostgreSQL database; an SQLite file has one."""

    def __init__(
        self,
        world: World,
        *,
        reviews: int = 4,
        quick: int = 2,
        flows: Mapping[str, Flow] = FLOWS,
        drain: float = DRAIN,
    ) -> None:
        self.world = world
        self.flows = flows
        self.drain = drain
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{random.randrange(1 << 32):08x}"  # noqa: S311 - a name
        self.lanes = (
            Lane((queue.REVIEW,), reviews),
            Lane((queue.COMMENT, queue.LOCATE), quick),
            Lane((queue.RECONCILE, queue.INDEX), 1),
            Lane((queue.AUDIT,), 1),
        )
        self.active: dict[int, Active] = {}
        self.stranded: list[Lease] = []
        self.lock = threading.Lock()
        self.freed = threading.Event()
        self.beaten_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Works until `stop` is set, then drains."""
        self._beat()
        for request in reconcile.standing(self.world):
            self.world.queue.put(request, self.world.now())
        watcher = threading.Thread(target=self._watch, args=(stop,), daemon=True, name="watch")
        watcher.start()
        threads = sum(lane.slots for lane in self.lanes)
        log.info("worker %s is ready", self.name)
        with ThreadPoolExecutor(threads, thread_name_prefix="job") as pool:
            while not stop.is_set():
                if not self._take(pool):
                    self.freed.wait(POLL)
                    self.freed.clear()
            self._drain()
        self.world.queue.leave(self.name)

    def _take(self, pool: ThreadPoolExecutor) -> bool:
        """Leases one job for each lane with room; whether there was any."""
        free = [lane for lane in self.lanes if lane.running < lane.slots]
        found = False
        try:
            # One look for all: an idle worker costs one indexed read, and takes no lock.
            if not self.world.queue.due([kind for lane in free for kind in lane.kinds], self.world.now()):
                return False
            for lane in free:
                lease = self.world.queue.lease(self.name, lane.kinds, self.world.now())
                if lease is not None:
                    found = True
                    self._begin(pool, lane, Active(lease))
        except StoreUnavailable as error:
            log.warning("the database is unavailable (%s); looking again", error)
        return found

    def _begin(self, pool: ThreadPoolExecutor, lane: Lane, active: Active) -> None:
        with self.lock:
            lane.running += 1
            self.active[active.lease.id] = active
        pool.submit(self._job, active).add_done_callback(partial(self._release, lane))

    def _release(self, lane: Lane, done: Future[None]) -> None:
        with self.lock:
            lane.running -= 1
        self.freed.set()
        if (error := done.exception()) is not None:
            log.error("a job's end could not be recorded", exc_info=error)

    def _job(self, active: Active) -> None:
        ended = False
        try:
            ended = attempt(Run(self.world, active.lease, active.cancelled), self.flows)
        finally:
            with self.lock:
                self.active.pop(active.lease.id, None)
                if not ended:
                    self.stranded.append(active.lease)

    def _watch(self, stop: threading.Event) -> None:
        """Keeps the heartbeat going and cancels what is superseded, until the process ends."""
        while True:
            try:
                if self.world.now() - self.beaten_at > BEAT:
                    self._beat()
                self._cancel_lost()
                self._release_stranded()
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

    def _cancel_lost(self) -> None:
        with self.lock:
            leases = [active.lease for active in self.active.values()]
        if leases:
            self._cancel(self.world.queue.holding(self.name, leases, self.world.now()), among=leases)

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
        deadline = time.monotonic() + self.drain
        while self.active and time.monotonic() < deadline:
            time.sleep(0.1)
        self._cancel(frozenset())
