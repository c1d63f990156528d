"""Who may ask which host, and when: the port that all reviews share, and its form within one process."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.hosts import (
    PROBE,
    Closed,
    Courtesy,
    Holding,
    Host,
    Slot,
    after,
    answered,
    charged,
    is_on_trial,
    is_open,
    may_take,
    spare,
)
from rules.facts import RemoteFile

#: Seconds for which a run that was refused a connection counts as waiting for it.
PATIENCE = 2.0
#: Never given twice: a thread that comes late must not mean another's connection.
_ids = itertools.count()


class Hosts(Protocol):
    """Connections, requests and circuit breakers by host name, over all runs. Safe to use from all threads.

    Only `take` may raise; whatever else fails is no reason to lose a file that was read.
    """

    #: Seconds after which a run that was refused may ask again.
    poll: float
    #: Requests that are best asked for at a time.
    bundle: int

    def take(self, host: str, run: str) -> Slot | Closed | None:
        """A connection, with one request; None while others have them all. A slot ends with `free`."""
        ...

    def spares(self, slot: Slot) -> int:
        """So many further connections for the only download of a host; they end with `shrink` or `free`."""
        ...

    def keep(self, slot: Slot) -> bool:
        """Whether further connections may be kept: asked often, answered cheaply."""
        ...

    def shrink(self, slot: Slot, connections: int) -> None:
        """Says how many connections the download still has."""
        ...

    def free(self, slot: Slot, file: RemoteFile | None) -> None:
        """Ends a download; its outcome (None for one that was cancelled) may close its host, or open it."""
        ...

    def closed_until(self, host: str) -> float | None:
        """Until when a host is down, in seconds since the epoch: asked often, answered cheaply."""
        ...

    def request(self, host: str, count: int) -> float:
        """Announces further requests; returns the seconds that the last of them must wait."""
        ...

    def answered(self, host: str) -> None:
        """The host that a probe went to has answered properly: others need not wait for the probe's end."""
        ...


@dataclass(slots=True)
class Crew:
    """A bounded number of connections that runs share fairly. Not to be used from two threads at a time."""

    limit: int
    clock: Callable[[], float]
    _held: dict[str, Holding] = field(default_factory=dict)
    _waiting: dict[str, float] = field(default_factory=dict)

    def take(self, run: str) -> str:
        """The id of a connection; empty where the run has to wait."""
        if not may_take(self.holdings(), run, self.limit):
            self._waiting[run] = self.clock() + PATIENCE
            return ""
        self._waiting.pop(run, None)
        name = f"{next(_ids)}"
        self._held[name] = Holding(run, 1)
        return name

    def holdings(self) -> list[Holding]:
        now = self.clock()
        self._waiting = {run: until for run, until in self._waiting.items() if until > now}
        return [*self._held.values(), *(Holding(run, 0) for run in self._waiting)]

    def resize(self, name: str, connections: int) -> None:
        if name in self._held:
            self._held[name] = replace(self._held[name], connections=connections)

    def free(self, name: str) -> None:
        self._held.pop(name, None)

    @property
    def is_idle(self) -> bool:
        return not self._held


class OwnHosts:
    """`Hosts` of one process alone: the command line's, and the measure for all others."""

    poll = 0.1
    bundle = 1

    def __init__(self, courtesy: Courtesy, now: Callable[[], float]) -> None:
        self._courtesy, self._now = courtesy, now
        self._hosts: dict[str, Host] = {}
        self._crews: dict[str, Crew] = {}
        self._lock = threading.Lock()

    def take(self, host: str, run: str) -> Slot | Closed | None:
        with self._lock:
            now, known = self._now(), self._hosts.get(host, Host())
            if is_open(known, now):
                return Closed(known.closed_until)
            probe = is_on_trial(known, self._courtesy)
            if probe and now < known.probe_until:
                return None
            crew = self._crews.setdefault(host, Crew(self._courtesy.connections, self._now))
            name = crew.take(run)
            if not name:
                return None
            known, wait = charged(known, now, 1, self._courtesy)
            self._hosts[host] = replace(known, probe_until=now + PROBE) if probe else known
            return Slot(name, host, run, wait, probe)

    def spares(self, slot: Slot) -> int:
        with self._lock:
            crew = self._crews[slot.host]
            count = spare(crew.holdings(), self._courtesy.connections)
            if count:
                crew.resize(slot.id, 1 + count)
            return count

    def keep(self, slot: Slot) -> bool:
        with self._lock:
            crew = self._crews.get(slot.host)
            return crew is not None and all(one.connections for one in crew.holdings())

    def shrink(self, slot: Slot, connections: int) -> None:
        with self._lock:
            if crew := self._crews.get(slot.host):
                crew.resize(slot.id, connections)

    def free(self, slot: Slot, file: RemoteFile | None) -> None:
        with self._lock:
            known = self._hosts.get(slot.host, Host())
            if file is not None:
                known = after(known, file, self._now(), self._courtesy)
            elif slot.probe:
                known = replace(known, probe_until=0.0)
            self._hosts[slot.host] = known
            self._crews[slot.host].free(slot.id)
            if self._crews[slot.host].is_idle:
                del self._crews[slot.host]

    def closed_until(self, host: str) -> float | None:
        with self._lock:
            known = self._hosts.get(host, Host())
            return known.closed_until if is_open(known, self._now()) else None

    def request(self, host: str, count: int) -> float:
        with self._lock:
            known, wait = charged(self._hosts.get(host, Host()), self._now(), count, self._courtesy)
            self._hosts[host] = known
            return wait

    def answered(self, host: str) -> None:
        with self._lock:
            self._hosts[host] = answered(self._hosts.get(host, Host()))
