"""The downloader: takes up what workers ask for, opens the addresses, and writes down what it finds."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from bot.downloads import documents
from bot.downloads.port import Downloads
from bot.downloads.verdict import subjects
from bot.orders import Errand, Outcome, Task
from bot.store.database import StoreUnavailable
from bot.store.orders import LEASE
from bot.store.tasks import OpenOrders

log = logging.getLogger("hubbot.downloader")

#: Seconds between two looks for orders: what a review asks for begins within this.
POLL = 0.1
#: Seconds between two looks at whether what is under way is still wanted, and between two heartbeats.
WATCH, BEAT = 0.4, 4.0
#: Orders of each kind that are under way at once: two workers' reviews, texts that keep nobody waiting long,
#: and what audits ask for. The connections are bounded by the fetchers.
SLOTS: Mapping[Errand, int] = {Errand.MEASURE: 12, Errand.TEXTS: 4, Errand.AUDIT: 2, Errand.ALIVE: 2}
#: Seconds that orders get after SIGTERM before they are given back, and then to notice it; within 30.
DRAIN, LAST = 20.0, 5.0
#: Ends the process although threads of it hang; supervisors start it again.
ABANDON = partial(os._exit, os.EX_SOFTWARE)
#: Seconds between two tries to write an outcome down while the database is away.
AGAIN = 1.0


@dataclass
class Active:
    """One order in hand."""

    task: Task
    cancelled: threading.Event = field(default_factory=threading.Event)


class Downloader:
    """Runs until told to stop. Any number of them may share a database, on SQLite as well.

    `fetchers` has what measures and reads, by what it is for; both kinds of an audit have the same.
    `abandon` ends the process although a thread of it hangs; its orders are then another's.
    """

    def __init__(
        self,
        orders: OpenOrders,
        fetchers: Mapping[Errand, Downloads],
        *,
        now: Callable[[], float] = time.time,
        drain: float = DRAIN,
        abandon: Callable[[], object] = ABANDON,
    ) -> None:
        self.orders, self.fetchers, self.now = orders, fetchers, now
        self.drain, self.abandon = drain, abandon
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{random.randrange(1 << 32):08x}"  # noqa: S311 - a name
        self.active: dict[tuple[str, int], Active] = {}
        self.lock = threading.Lock()
        self.beaten_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Works until `stop` is set, then drains."""
        self._beat()
        watcher = threading.Thread(target=self._watch, args=(stop,), daemon=True, name="watch")
        watcher.start()
        log.info("downloader %s is ready", self.name)
        pool = ThreadPoolExecutor(sum(SLOTS.values()), thread_name_prefix="order")
        try:
            while not stop.is_set():
                if not self._take(pool):
                    stop.wait(POLL)
            self._drain()
        finally:
            pool.shutdown(wait=False)
        self._leave()
        if self.active:
            log.error("not all downloads noticed that they were cancelled: ending this process")
            self.abandon()

    def _take(self, pool: ThreadPoolExecutor) -> bool:
        """Takes one order up; whether there was any."""
        try:
            room = self._room()
            if not self.orders.due(room, self.now()):
                return False
            task = self.orders.take(self.name, room, self.now())
        except StoreUnavailable as error:
            log.warning("the database is unavailable (%s); looking again", error)
            return False
        if task is not None:
            active = Active(task)
            with self.lock:
                self.active[task.id, task.token] = active
            pool.submit(self._work, active)
        return task is not None

    def _room(self) -> list[Errand]:
        with self.lock:
            busy = [active.task.errand for active in self.active.values()]
        return [errand for errand, slots in SLOTS.items() if busy.count(errand) < slots]

    def _work(self, active: Active) -> None:
        unharmed = True
        try:
            for outcome in self._outcomes(active):
                if not self._record(active, outcome):
                    break
        except Exception:  # the edge: a defect of ours counts as an attempt, and ends one order only
            log.exception("an order failed by a defect of ours")
            unharmed = False
        try:
            self.orders.give_back(self.name, active.task, unharmed=unharmed)
        except StoreUnavailable as error:
            log.warning(
                "the database is unavailable (%s): an order is free once its lease has run out", error
            )
        with self.lock:
            self.active.pop((active.task.id, active.task.token), None)

    def _outcomes(self, active: Active) -> Iterator[Outcome]:
        """Answers for every address that has none yet, as they come."""
        task, cancelled = active.task, active.cancelled
        fetcher = self.fetchers[task.errand]
        match task.errand:
            case Errand.MEASURE | Errand.AUDIT:
                wanted, known = documents.asked_for(task.document)
                place = {subject.url: number for number, subject in enumerate(subjects(wanted))}
                missing = [want for want in wanted if place[want.url] not in task.done]
                for file in fetcher.measure(missing, cancelled.is_set, known):
                    yield Outcome(place[file.url], documents.found(file))
            case Errand.TEXTS:
                urls = list(dict.fromkeys(documents.asked_urls(task.document)))
                place = {url: number for number, url in enumerate(urls)}
                unread = [url for url in urls if place[url] not in task.done]
                for text in fetcher.texts(unread, cancelled.is_set):
                    yield Outcome(place[text.url], documents.found(text))
            case Errand.ALIVE:
                (url,) = documents.asked_urls(task.document)
                yield Outcome(0, documents.found(fetcher.alive(url, cancelled)))

    def _record(self, active: Active, outcome: Outcome) -> bool:
        """Writes an outcome down, also past a short absence of the database; False where nobody wants it."""
        while not active.cancelled.is_set():
            try:
                return self.orders.record(self.name, active.task, outcome)
            except StoreUnavailable as error:
                log.warning("the database is unavailable (%s): an outcome waits", error)
                active.cancelled.wait(AGAIN)
        return False

    def _watch(self, stop: threading.Event) -> None:
        """Keeps the heartbeat going and cancels what nobody wants any more, until the process ends."""
        while not (stop.is_set() and not self.active):
            try:
                if self.now() - self.beaten_at > BEAT:
                    self._beat()
                self._cancel_unwanted()
            except StoreUnavailable as error:
                log.warning("the database is unavailable (%s)", error)
                if self.now() - self.beaten_at > LEASE:
                    self._cancel_all()
            except (
                Exception
            ):  # the edge: without this thread the downloader would count as dead and not know it
                log.exception("a defect of ours while watching the orders")
            time.sleep(WATCH)

    def _beat(self) -> None:
        now = self.now()
        self.orders.beat(self.name, now)
        self.beaten_at = now

    def _cancel_unwanted(self) -> None:
        with self.lock:
            held = dict(self.active)
        standing = self.orders.standing(self.name, self.now()) if held else ()
        for key, active in held.items():
            if key not in standing:
                active.cancelled.set()

    def _cancel_all(self) -> None:
        with self.lock:
            for active in self.active.values():
                active.cancelled.set()

    def _drain(self) -> None:
        """Lets what runs finish, then gives it back; over in time whatever it does."""
        self._await(self.drain)
        self._cancel_all()
        self._await(LAST)

    def _await(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.active and time.monotonic() < deadline:
            time.sleep(0.1)

    def _leave(self) -> None:
        try:
            self.orders.leave(self.name)
        except StoreUnavailable as error:
            log.warning("the database is unavailable (%s): orders are free once the lease has run out", error)
