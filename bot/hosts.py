"""How file servers are treated by all downloads together: pure decisions over what is known of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault

#: Reasons that say something of the host as a whole, not of one file on it.
OUTAGES = frozenset(("dns", "connect", "tls", "timeout", "stalled", "rate-limited", "host-unavailable"))
#: The reason of a file that was not asked for, because its host was down already.
UNAVAILABLE = "host-unavailable"
#: Seconds that the one file which tries a host after an outage keeps the others waiting at most.
PROBE = 30.0


@dataclass(frozen=True, slots=True)
class Courtesy:
    """What we grant one host over all reviews and processes, by our own choice. Times in seconds."""

    connections: int = 8
    #: Requests a second in the long run, and how many may come at once: a page of small files is no attack.
    rate: float = 40.0
    burst: int = 240
    #: So many files in a row that failed by the host's fault close it for a while, longer each time.
    failures: int = 3
    rest: float = 60.0
    #: The longest that a host is left alone for all, also where it asks for more.
    longest_rest: float = 3600.0


@dataclass(frozen=True, slots=True)
class Host:
    """What is remembered of a host; times are seconds since the epoch.

    `next_at` is when the next request would be due were they sent evenly at the rate (a leaky bucket).
    """

    failures: int = 0
    rests: int = 0
    closed_until: float = 0.0
    probe_until: float = 0.0
    next_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Holding:
    """The connections that one download holds, or 0 for a run that waits for one."""

    run: str
    connections: int


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to a connection. `wait` is how long its first request must wait yet, in seconds.

    `probe` marks the one download that finds out whether a host is back.
    """

    id: str
    host: str
    run: str
    wait: float = 0.0
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """The host is down, or asks to be left alone, until this moment (seconds since the epoch)."""

    until: float


def may_take(holdings: Iterable[Holding], run: str, limit: int) -> bool:
    """Whether a run may have one connection more: beyond its fair share only while no other run waits."""
    held = list(holdings)
    if sum(one.connections for one in held) >= limit:
        return False
    mine = sum(one.connections for one in held if one.run == run)
    share = max(1, limit // len({one.run for one in held} | {run}))
    return mine < share or not waits(held, run)


def waits(holdings: Iterable[Holding], run: str) -> bool:
    """Whether any other run waits for a connection."""
    return any(not one.connections and one.run != run for one in holdings)


def spare(holdings: Sequence[Holding], limit: int) -> int:
    """How many further connections the only download of a host may have, which nobody waits for.

    Several files at a time use the way to their host well enough, and what is slow then may be we.
    """
    alone = len(holdings) == 1 and holdings[0].connections > 0
    return max(0, limit - holdings[0].connections) if alone else 0


def is_open(host: Host, now: float) -> bool:
    """Whether nobody may ask the host anything: its circuit breaker is open."""
    return now < host.closed_until


def is_on_trial(host: Host, courtesy: Courtesy) -> bool:
    """Whether the host was closed and has not answered since: one download at a time may try it."""
    return host.rests > 0 or host.failures >= courtesy.failures


def charged(host: Host, now: float, requests: int, courtesy: Courtesy) -> tuple[Host, float]:
    """The host after so many requests more, and the seconds that the last of them must wait."""
    due = max(host.next_at, now) + requests / courtesy.rate
    return replace(host, next_at=due), max(0.0, due - courtesy.burst / courtesy.rate - now)


def answered(host: Host) -> Host:
    """The host once it has answered properly: all is forgiven."""
    return Host(next_at=host.next_at)


def after(host: Host, file: RemoteFile, now: float, courtesy: Courtesy) -> Host:
    """What a finished download says of its host: failures in a row, which any proper answer ends."""
    if file.reason == UNAVAILABLE or file.fault is Fault.BOT:
        return replace(host, probe_until=0.0)
    if not is_outage(file):
        return answered(host)
    failures = host.failures + 1
    wish = min(file.retry_at or 0.0, now + courtesy.longest_rest)
    busy = file.reason == "rate-limited" and wish > now
    if failures < courtesy.failures and not host.rests and not busy:
        return replace(host, failures=failures, probe_until=0.0)
    if is_open(host, now):  # those that were under way when it was closed say nothing new
        return replace(host, failures=failures, closed_until=max(host.closed_until, wish), probe_until=0.0)
    rest = min(courtesy.rest * 2.0 ** min(host.rests, 20), courtesy.longest_rest)
    until = wish if busy else max(now + rest, wish)
    return replace(host, failures=failures, rests=host.rests + 1, closed_until=until, probe_until=0.0)


def is_outage(file: RemoteFile) -> bool:
    """Whether a file could not be had because its host as a whole is down or busy."""
    if file.state is not RemoteState.UNVERIFIED or file.fault is not Fault.HOST:
        return False
    return file.reason in OUTAGES or file.reason.startswith("status-5")
