"""What all reviews know of a host together: how many connections it has from us, and whether it is down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.downloads.limits import Limits
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault

#: Reasons that say something of the host as a whole, not of one file on it.
_OUTAGES = frozenset(("dns", "connect", "tls", "timeout", "stalled", "rate-limited"))


@dataclass(slots=True)
class _Host:
    running: int = 0
    #: How many of these are spares of a file that has a slot of its own.
    spares: int = 0
    #: Whether somebody was refused a slot since the last was taken or given up.
    wanted: bool = False
    failures: int = 0
    closed_until: float = 0.0


class Hosts:
    """Slots and circuit breakers, by host name. Safe to use from all threads."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits, self._clock = limits, clock
        self._hosts: dict[str, _Host] = {}
        self._running, self._wanted = 0, False
        self._lock = threading.Lock()

    def take_slot(self, host: str) -> bool:
        """Whether another download of this host may begin now; then it must end with `free_slot`."""
        with self._lock:
            known = self._hosts.setdefault(host, _Host())
            taken = self._take(known)
            known.wanted, self._wanted = not taken, not taken and self._running >= self._limits.parallel
            return taken

    def take_spare(self, host: str) -> bool:
        """Whether the only download of this host may have another slot, which nobody waits for.

        Several files at a time use the way to their host well enough, and what is slow then may be we.
        """
        with self._lock:
            known = self._hosts[host]
            alone = known.running - known.spares == 1 and not (known.wanted or self._wanted)
            taken = alone and self._take(known)
            known.spares += taken
            return taken

    def free_spare(self, host: str) -> None:
        with self._lock:
            self._hosts[host].spares -= 1
        self.free_slot(host)

    def keep_spare(self, host: str) -> bool:
        """Whether a spare slot may be kept for longer; of those that may not, one at a time gives way."""
        with self._lock:
            known = self._hosts[host]
            if not (known.wanted or self._wanted):
                return True
            known.wanted = self._wanted = False
            return False

    def free_slot(self, host: str) -> None:
        with self._lock:
            known = self._hosts[host]
            known.running -= 1
            self._running -= 1
            if not (known.running or known.failures):
                del self._hosts[host]

    def _take(self, known: _Host) -> bool:
        if self._running >= self._limits.parallel or known.running >= self._limits.per_host:
            return False
        known.running += 1
        self._running += 1
        return True

    def available(self, host: str) -> bool:
        """Whether the breaker lets requests through. After its time one file tries, and decides anew."""
        with self._lock:
            known = self._hosts.get(host)
            return known is None or self._clock() >= known.closed_until

    def report(self, host: str, file: RemoteFile) -> None:
        """Counts failures in a row; anything that the host could answer properly ends the row."""
        with self._lock:
            known = self._hosts.setdefault(host, _Host())
            if not _is_outage(file):
                if file.reason != "host-unavailable" and file.fault is not Fault.BOT:
                    known.failures, known.closed_until = 0, 0.0
                return
            known.failures += 1
            if known.failures >= self._limits.breaker_failures:
                known.closed_until = self._clock() + self._limits.breaker_seconds


def _is_outage(file: RemoteFile) -> bool:
    if file.state is not RemoteState.UNVERIFIED or file.fault is not Fault.HOST:
        return False
    return file.reason in _OUTAGES or file.reason.startswith("status-5")
