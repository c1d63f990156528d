"""Lets downloads begin and requests go out: within this process's own bounds, and what all grant a host."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.downloads.hosts import Crew, Hosts
from bot.downloads.outcome import Cancelled
from bot.downloads.pieces import Share
from bot.hosts import Closed, Slot
from rules.facts import RemoteFile

_PAUSE_STEP = 0.2


@dataclass(slots=True)
class Ticket:
    """A download that may go on: its seat in this process, its slot at its host, its further connections.

    Without a slot it is one of an address that will be refused, and that no packet goes to.
    """

    seat: str
    slot: Slot | None
    spares: int = 0
    left: int = 0


@dataclass(slots=True)
class Admission:
    """The one door of a fetcher. Safe to use from all threads.

    `parallel` connections at most are this process's; the purse holds requests that were announced at a
    bundle, so that most requests cost no question.
    """

    hosts: Hosts
    parallel: int
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    _crew: Crew = field(init=False)
    _purse: Counter[str] = field(default_factory=Counter)
    _trials: set[str] = field(default_factory=set)
    _yielded_at: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._crew = Crew(self.parallel, self.clock)

    def take(self, host: str, run: str) -> Ticket | Closed | None:
        """A ticket for one download of a host ("" for none), which must end with `free`."""
        with self._lock:
            seat = self._crew.take(run)
        if not seat:
            return None
        slot: Slot | Closed | None = None
        try:
            slot = self.hosts.take(host, run) if host else None
        finally:
            if host and not isinstance(slot, Slot):
                self._leave(seat)
        if isinstance(slot, Closed):
            return slot
        if slot is None:
            return None if host else Ticket(seat, None)
        with self._lock:
            self._purse[host] += 1
            if slot.probe:
                self._trials.add(host)
        return Ticket(seat, slot)

    def free(self, ticket: Ticket, file: RemoteFile | None) -> None:
        """Ends a download. Never raises."""
        try:
            if ticket.slot:
                self.hosts.free(ticket.slot, file)
                with self._lock:
                    self._trials.discard(ticket.slot.host)
        finally:
            self._leave(ticket.seat)

    def share(self, ticket: Ticket) -> Share:
        """The further connections of a download, for reading a large file in pieces."""
        return Share(
            lambda: self._take_spare(ticket),
            lambda: self._keep_spare(ticket),
            lambda: self._free_spare(ticket),
        )

    def before(self, host: str, stop: threading.Event) -> None:
        """Waits until one more request may go to a host. Raises `Cancelled`."""
        with self._lock:
            paid = self._purse[host] > 0
            self._purse[host] -= paid
        if not paid:
            wait = self.hosts.request(host, self.hosts.bundle)
            with self._lock:
                self._purse[host] += self.hosts.bundle - 1
            self.pause(wait, stop)

    def pause(self, seconds: float, stop: threading.Event) -> None:
        """Sleeps, but not past a cancellation, which raises `Cancelled`."""
        while seconds > 0 and not stop.is_set():
            self.sleep(min(seconds, _PAUSE_STEP))
            seconds -= _PAUSE_STEP
        if stop.is_set():
            raise Cancelled

    def heard(self, host: str, status: int) -> None:
        """An answer has come: it may be the one for which others wait."""
        if host in self._trials and status < 500 and status != 429:
            with self._lock:
                self._trials.discard(host)
            self.hosts.answered(host)

    def _leave(self, seat: str) -> None:
        with self._lock:
            self._crew.free(seat)

    def _take_spare(self, ticket: Ticket) -> bool:
        """One more connection; the host's share is asked for once, as a whole."""
        if not ticket.slot:
            return False
        if not ticket.spares:
            with self._lock:
                if self._is_wanted():
                    return False
            ticket.left = self.hosts.spares(ticket.slot)
        with self._lock:
            running = sum(one.connections for one in self._crew.holdings())
            granted = ticket.left > 0 and not self._is_wanted() and running < self.parallel
            if granted:
                ticket.left -= 1
                ticket.spares += 1
                self._crew.resize(ticket.seat, 1 + ticket.spares)
        if not granted and ticket.left:
            ticket.left = 0
            self.hosts.shrink(ticket.slot, 1 + ticket.spares)
        return granted

    def _keep_spare(self, ticket: Ticket) -> bool:
        """Whether a further connection may be kept; of those that may not, one at a time gives way."""
        assert ticket.slot is not None
        now = self.clock()
        with self._lock:
            if now - self._yielded_at.get(ticket.slot.host, -1e9) < 2 * self.hosts.poll:
                return True
            wanted = self._is_wanted()
        if not wanted and self.hosts.keep(ticket.slot):
            return True
        with self._lock:
            self._yielded_at[ticket.slot.host] = now
        return False

    def _free_spare(self, ticket: Ticket) -> None:
        assert ticket.slot is not None
        with self._lock:
            ticket.spares -= 1
            left = ticket.spares
            self._crew.resize(ticket.seat, 1 + left)
            yielded = self.clock() - self._yielded_at.get(ticket.slot.host, -1e9) < 2 * self.hosts.poll
        if yielded or not left:
            self.hosts.shrink(ticket.slot, 1 + left)

    def _is_wanted(self) -> bool:
        return any(not one.connections for one in self._crew.holdings())
