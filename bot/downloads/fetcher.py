"""Measures many files at once: fair to hosts, each address once, over as soon as nobody wants the answer."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from bot.downloads import connect_to as overrides
from bot.downloads.alive import Alive, alive
from bot.downloads.connection import Connect, Dialer, is_own, system_connect, tls_context
from bot.downloads.hosts import Hosts
from bot.downloads.limits import Limits
from bot.downloads.outcome import Cancelled, Refused
from bot.downloads.pieces import Share
from bot.downloads.reading import Reading
from bot.downloads.resolver import Resolve, system_resolve
from bot.downloads.tools import Progress, Tools
from bot.downloads.transport import Transport
from bot.downloads.urls import check
from bot.downloads.verdict import Subject, judge, unverified
from bot.downloads.watchdog import Watchdog
from rules.facts import RemoteFile, Wanted
from rules.finding import Fault

log = logging.getLogger(__name__)
_jitter = secrets.SystemRandom().random

#: How often a cancellation is asked for, in seconds; it ends everything within two.
CANCEL_POLL = 0.4
#: How often a slot that another review holds is asked for.
_SLOT_POLL = 0.1


def _no_progress(_url: str, _count: int, _total: int | None) -> None:
    pass


class Fetcher:
    """The only opener of addresses that come from a pull request. Safe to share between threads.

    `connect_to` is `ASSET_CONNECT_TO`, `ca_bundle` a file with the only authorities to trust; a bad value of
    either raises `UserError`.
    `clock` is monotonic seconds, `now` seconds since the epoch; `sleep` is called in short steps.
    """

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008 - frozen, so shared without harm
        *,
        connect_to: str = "",
        ca_bundle: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = _jitter,
        resolve: Resolve = system_resolve,
        connect: Connect = system_connect,
        own_address: Callable[[str], bool] = is_own,
        progress: Progress = _no_progress,
    ) -> None:
        self._limits, self._clock = limits, clock
        dialer = Dialer(
            limits,
            overrides.parse(connect_to),
            tls_context(ca_bundle),
            Watchdog(clock),
            clock,
            resolve,
            connect,
            own_address,
        )
        self._tools = Tools(Transport(dialer), limits, clock, now, sleep, jitter, progress)
        self._hosts = Hosts(limits, clock)
        self._stops: set[threading.Event] = set()
        self._lock = threading.Lock()

    def measure(self, wanted: Sequence[Wanted], cancelled: Callable[[], bool]) -> Iterator[RemoteFile]:
        """Yields one result for each distinct address, as they finish. Never raises for what a host does.

        Ends without the rest within two seconds after `cancelled` turns true, or `close` is called.
        """
        stop = threading.Event()
        with self._lock:
            self._stops.add(stop)
        pool = ThreadPoolExecutor(self._limits.parallel, thread_name_prefix="download")
        try:
            yield from self._run(_queues(_subjects(wanted), self._limits), pool, stop, cancelled)
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            with self._lock:
                self._stops.discard(stop)
                idle = not self._stops
            if idle:
                self._tools.transport.drop_idle()

    def alive(self, url: str, stop: threading.Event) -> Alive | None:
        """What the server says of a file, unread; None where only `measure` can tell, or `stop` is set."""
        try:
            return alive(self._tools, url, stop)
        except Cancelled:
            return None

    def close(self) -> None:
        """Ends everything that still runs."""
        with self._lock:
            for stop in self._stops:
                stop.set()
        self._tools.transport.drop_idle()

    def _run(
        self,
        queues: dict[str, deque[Subject]],
        pool: ThreadPoolExecutor,
        stop: threading.Event,
        cancelled: Callable[[], bool],
    ) -> Iterator[RemoteFile]:
        running: set[Future[RemoteFile | None]] = set()
        asked = -CANCEL_POLL
        while queues or running:
            now = time.monotonic()
            if now - asked >= CANCEL_POLL:
                asked = now
                if cancelled():
                    return
            if stop.is_set():
                return
            for host, subject in self._startable(queues):
                running.add(pool.submit(self._job, host, subject, stop))
            done, running = wait(running, timeout=_SLOT_POLL, return_when=FIRST_COMPLETED)
            if not (done or running):
                stop.wait(_SLOT_POLL)
            for file in (future.result() for future in done):
                if file:
                    yield file

    def _startable(self, queues: dict[str, deque[Subject]]) -> Iterator[tuple[str, Subject]]:
        """One of each host in turn while there are slots, so that no host keeps the others waiting."""
        started = True
        while started:
            started = False
            for host in list(queues):
                if self._hosts.take_slot(host):
                    started = True
                    yield host, queues[host].popleft()
                    if not queues[host]:
                        del queues[host]

    def _job(self, host: str, subject: Subject, stop: threading.Event) -> RemoteFile | None:
        try:
            return self._measured(host, subject, stop)
        except Cancelled:
            return None
        except Exception:  # the edge: a defect of ours ends one file, worded as ours
            log.exception("measuring a file failed by a defect of ours")
            return unverified(subject, "internal", "an error of the bot", Fault.BOT, self._tools.now())
        finally:
            self._hosts.free_slot(host)

    def _measured(self, host: str, subject: Subject, stop: threading.Event) -> RemoteFile:
        limits, tools = self._limits, self._tools
        if not self._hosts.available(host):
            words = "several files of this host failed in a row"
            return unverified(subject, "host-unavailable", words, Fault.HOST, tools.now())
        share = Share(
            lambda: self._hosts.take_spare(host),
            lambda: self._hosts.keep_spare(host),
            lambda: self._hosts.free_spare(host),
        )
        reading = Reading(tools, subject.url, stop, lambda: not self._hosts.available(host), share)
        file = judge(
            subject,
            reading,
            looks=limits.looks,
            pause=limits.backoff_seconds * 2,
            clock=tools.clock,
            now=tools.now,
        )
        self._hosts.report(host, file)
        return file


def _subjects(wanted: Sequence[Wanted]) -> list[Subject]:
    """Every address once, with all that is declared of it."""
    declared: dict[str, list[str]] = {}
    for one in wanted:
        declared.setdefault(one.url, []).append(one.sha256)
    return [Subject(url, tuple(dict.fromkeys(texts))) for url, texts in declared.items()]


def _queues(subjects: Sequence[Subject], limits: Limits) -> dict[str, deque[Subject]]:
    queues: dict[str, deque[Subject]] = {}
    for subject in subjects:
        try:
            host = check(subject.url, limits).host
        except Refused:
            host = ""  # refused in its turn, without a connection
        queues.setdefault(host, deque()).append(subject)
    return queues
