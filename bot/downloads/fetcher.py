"""Measures many files at once: fair to hosts, each address once, over as soon as nobody wants the answer."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field, replace

from bot.downloads import connect_to as overrides
from bot.downloads import texts
from bot.downloads.admission import Admission, Ticket
from bot.downloads.alive import Alive, alive
from bot.downloads.confirm import confirms
from bot.downloads.connection import Connect, Dialer, is_own, system_connect, tls_context
from bot.downloads.hosts import Hosts, OwnHosts
from bot.downloads.limits import Limits
from bot.downloads.outcome import Cancelled, Refused
from bot.downloads.port import NOTHING
from bot.downloads.reading import Reading
from bot.downloads.resolver import Resolve, system_resolve
from bot.downloads.texts import Text
from bot.downloads.tools import Progress, Tools
from bot.downloads.transport import Transport
from bot.downloads.urls import check
from bot.downloads.verdict import Subject, agrees, confirmed, judge, subjects, unverified
from bot.downloads.watchdog import Watchdog
from bot.hosts import UNAVAILABLE, Closed
from rules.facts import RemoteFile, Wanted
from rules.finding import Fault

log = logging.getLogger(__name__)
_jitter = secrets.SystemRandom().random

#: How often a cancellation is asked for, in seconds; it ends everything within two.
CANCEL_POLL = 0.4
#: How often results are looked for, and at the soonest a connection that others hold is asked for.
SLOT_POLL = 0.1


def _no_progress(_url: str, _count: int, _total: int | None) -> None:
    pass


@dataclass(slots=True)
class _Run:
    """One measurement: its name among those that share hosts, and what is left of it."""

    name: str
    queues: dict[str, deque[Subject]]
    known: Mapping[str, RemoteFile]
    pool: ThreadPoolExecutor
    stop: threading.Event
    refused_at: dict[str, float] = field(default_factory=dict)

    def next(self, host: str) -> Subject:
        subject = self.queues[host].popleft()
        if not self.queues[host]:
            del self.queues[host]
        return subject


class Fetcher:
    """`bot.downloads.port.Downloads` in this very process: the only opener of addresses that a page names.

    `connect_to` is `ASSET_CONNECT_TO`, `ca_bundle` a file with the only authorities to trust; a bad value of
    either raises `UserError`.
    `clock` is monotonic seconds, `now` seconds since the epoch; `sleep` is called in short steps.
    `hosts` is what other processes share with this one; without it, this process is alone.
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
        hosts: Hosts | None = None,
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
        self._admission = Admission(hosts or OwnHosts(limits.courtesy, now), limits.parallel, clock, sleep)
        transport = Transport(dialer, self._admission.before, self._admission.heard)
        self._tools = Tools(transport, limits, clock, now, sleep, jitter, progress)
        self._stops: set[threading.Event] = set()
        self._lock = threading.Lock()

    def measure(
        self,
        wanted: Sequence[Wanted],
        cancelled: Callable[[], bool],
        known: Mapping[str, RemoteFile] = NOTHING,
    ) -> Iterator[RemoteFile]:
        """See `Downloads`."""
        stop = threading.Event()
        with self._lock:
            self._stops.add(stop)
        pool = ThreadPoolExecutor(self._limits.parallel, thread_name_prefix="download")
        run = _Run(secrets.token_hex(8), _queues(subjects(wanted), self._limits), known, pool, stop)
        try:
            yield from self._results(run, cancelled)
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            with self._lock:
                self._stops.discard(stop)
                idle = not self._stops
            if idle:
                self._tools.transport.drop_idle()

    def texts(self, urls: Sequence[str], cancelled: Callable[[], bool]) -> Iterator[Text]:
        """Small text files, for example code that is looked at and never run; see `texts.read`."""
        return texts.read(self._tools, urls, cancelled)

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

    def _results(self, run: _Run, cancelled: Callable[[], bool]) -> Iterator[RemoteFile]:
        running: set[Future[RemoteFile | None]] = set()
        asked = -CANCEL_POLL
        while run.queues or running:
            now = time.monotonic()
            if now - asked >= CANCEL_POLL:
                asked = now
                if cancelled():
                    return
            if run.stop.is_set():
                return
            for started in self._started(run):
                if isinstance(started, RemoteFile):
                    yield started
                else:
                    running.add(started)
            done, running = wait(running, timeout=SLOT_POLL, return_when=FIRST_COMPLETED)
            if done:
                run.refused_at.clear()
            elif not running:
                run.stop.wait(SLOT_POLL)
            for file in (future.result() for future in done):
                if file:
                    yield file

    def _started(self, run: _Run) -> Iterator[Future[RemoteFile | None] | RemoteFile]:
        """One of each host in turn while there are slots, so that no host keeps the others waiting."""
        hosts = [host for host in run.queues if self._may_ask(run, host)]
        while hosts:
            for host in list(hosts):
                ticket = self._admission.take(host, run.name)
                if ticket is None:
                    run.refused_at[host] = time.monotonic()
                elif isinstance(ticket, Closed):
                    for subject in run.queues.pop(host):
                        yield self._unavailable(subject, ticket.until)
                else:
                    # The context goes along: lines of the log name the run in it.
                    yield run.pool.submit(copy_context().run, self._job, ticket, run.next(host), run)
                if ticket is None or host not in run.queues:
                    hosts.remove(host)

    def _may_ask(self, run: _Run, host: str) -> bool:
        return time.monotonic() - run.refused_at.get(host, -1e9) >= self._admission.hosts.poll

    def _job(self, ticket: Ticket, subject: Subject, run: _Run) -> RemoteFile | None:
        file: RemoteFile | None = None
        try:
            file = self._measured(ticket, subject, run)
        except Cancelled:
            return None
        except Exception:  # the edge: a defect of ours ends one file, worded as ours
            log.exception("measuring a file failed by a defect of ours")
            file = unverified(subject, "internal", "an error of the bot", Fault.BOT, self._tools.now())
        finally:
            self._admission.free(ticket, file)
        return file

    def _measured(self, ticket: Ticket, subject: Subject, run: _Run) -> RemoteFile:
        limits, tools = self._limits, self._tools
        self._admission.pause(ticket.slot.wait if ticket.slot else 0.0, run.stop)
        known = run.known.get(subject.url)
        if known and agrees(known, subject) and confirms(tools, subject.url, known, run.stop):
            return confirmed(known, subject, tools.now())
        reading = Reading(
            tools, subject.url, run.stop, lambda: self._is_closed(ticket), self._admission.share(ticket)
        )
        file = judge(
            subject,
            reading,
            looks=limits.looks,
            pause=limits.backoff_seconds * 2,
            clock=tools.clock,
            now=tools.now,
        )
        if file.reason == UNAVAILABLE and ticket.slot:
            return replace(file, retry_at=self._admission.hosts.closed_until(ticket.slot.host))
        if file.retry_at is not None:
            return replace(file, retry_at=min(file.retry_at, tools.now() + limits.retry_after_believed))
        return file

    def _is_closed(self, ticket: Ticket) -> bool:
        return ticket.slot is not None and self._admission.hosts.closed_until(ticket.slot.host) is not None

    def _unavailable(self, subject: Subject, until: float) -> RemoteFile:
        words = "several files of this host failed in a row"
        file = unverified(subject, UNAVAILABLE, words, Fault.HOST, self._tools.now())
        return replace(file, retry_at=until)


def _queues(asked: Sequence[Subject], limits: Limits) -> dict[str, deque[Subject]]:
    queues: dict[str, deque[Subject]] = {}
    for subject in asked:
        try:
            host = check(subject.url, limits).host
        except Refused:
            host = ""  # refused in its turn, without a connection
        queues.setdefault(host, deque()).append(subject)
    return queues
