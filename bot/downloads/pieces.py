"""Reads the rest of a large file over several connections, where a host is slow on each: hashed in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.message import Message

from bot.downloads.body import body_length
from bot.downloads.classify import status_trouble
from bot.downloads.limits import Limits
from bot.downloads.outcome import Cancelled, Trouble
from bot.downloads.partial import Pace, Partial
from bot.downloads.transport import Reply, Transport
from bot.downloads.urls import Target
from bot.downloads.validators import Validator, in_pieces, piece_fits

#: How often the hashing side looks whether anybody still wants the file, in seconds.
_POLL = 0.2


@dataclass(frozen=True, slots=True)
class Share:
    """The further connections to a host that one file may use while nobody else waits for one."""

    take: Callable[[], bool]
    #: Whether the one that was taken may be kept for another piece.
    keep: Callable[[], bool]
    free: Callable[[], None]


@dataclass(slots=True)
class Spare:
    """Decides whether a file is worth further connections, and takes them."""

    share: Share
    limits: Limits
    partial: Partial
    headers: Message
    taken: int = 0

    def granted(self, count: int, rate: float) -> bool:
        """Whether one connection is slow, the version of the file is certain, and others are to be had."""
        partial, limits = self.partial, self.limits
        if partial.validator is None or partial.total is None or not in_pieces(self.headers):
            return False
        if rate >= limits.pieces_below or partial.total - count < limits.pieces_from:
            return False
        while self.taken < limits.per_host - 1 and self.share.take():
            self.taken += 1
        return self.taken > 0


@dataclass(slots=True)
class _Piece:
    """What `Pace` pours a piece into: its bytes lie in the buffer already, they are only counted."""

    total: int | None
    count: int = 0

    def take(self, part: memoryview) -> None:
        self.count += len(part)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the pieces come from, and the version of the file that every one of them must be of."""

    transport: Transport
    target: Target
    headers: dict[str, str]
    validator: Validator
    total: int
    now: Callable[[], float]
    #: Ends all of its connections at once.
    halt: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class _Ring:
    """The window of pieces between the connections and the hash. Places are given out in the file's order."""

    first: int
    total: int
    size: int
    places: list[memoryview]
    hashed: int = 0
    given: int = 0
    back: list[int] = field(default_factory=list)
    full: set[int] = field(default_factory=set)
    trouble: Exception | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def count(self) -> int:
        return -(-(self.total - self.first) // self.size)

    def range(self, number: int) -> tuple[int, int]:
        """The first byte of a piece, and the one behind its last."""
        start = self.first + number * self.size
        return start, min(start + self.size, self.total)

    def place(self, number: int) -> memoryview:
        start, end = self.range(number)
        return self.places[number % len(self.places)][: end - start]

    def next(self, *, spare: bool) -> int | None:
        """A piece to fetch, once its place is free; None when there is none left, or no more use.

        The connection that is not spare stays to the end: others may yet give pieces back.
        """
        with self.changed:
            while not self.trouble:
                if self.back:
                    return self.back.pop(self.back.index(min(self.back)))
                if self.hashed == self.count or (spare and self.given == self.count):
                    return None
                if self.given < min(self.count, self.hashed + len(self.places)):
                    self.given += 1
                    return self.given - 1
                self.changed.wait(_POLL)
        return None

    def fill(self, number: int) -> None:
        with self.changed:
            self.full.add(number)
            self.changed.notify_all()

    def fail(self, number: int, trouble: Exception, *, spare: bool) -> None:
        """Gives a piece back. Trouble on a spare connection is only the end of that connection."""
        with self.changed:
            self.back.append(number)
            if not spare:
                self.trouble = self.trouble or trouble
            self.changed.notify_all()


def read(
    source: Source, partial: Partial, pace: Pace, share: Share, taken: int, stop: threading.Event
) -> None:
    """Hashes everything behind `partial` over one connection and the `taken` further ones of `share`.

    Raises `Trouble` and `Cancelled`; `partial` then holds the part up to the first gap.
    """
    limits = pace.limits
    quiet = replace(pace, report=_unreported, crawls=None)
    places = [memoryview(bytearray(limits.piece)) for _ in range(taken + 1 + limits.pieces_ahead)]
    ring, started = _Ring(partial.count, source.total, limits.piece, places), 0
    try:
        for spare in (False, *[True] * taken):
            work = (source, ring, quiet, share, spare)
            threading.Thread(target=_fetch, args=work, name="download-piece", daemon=True).start()
            started += 1
        _hash(ring, partial, pace, stop)
    finally:
        source.halt.set()
        with ring.changed:
            ring.trouble = ring.trouble or Cancelled()
            ring.changed.notify_all()
        for _ in range(taken + 1 - max(started, 1)):
            share.free()


def _hash(ring: _Ring, partial: Partial, pace: Pace, stop: threading.Event) -> None:
    while ring.hashed < ring.count:
        with ring.changed:
            while ring.hashed not in ring.full:
                if stop.is_set():
                    raise Cancelled
                if ring.trouble:
                    raise ring.trouble
                ring.changed.wait(_POLL)
            ring.full.remove(ring.hashed)
        partial.take(ring.place(ring.hashed))
        pace.report(partial.count, partial.total)
        with ring.changed:
            ring.hashed += 1
            ring.changed.notify_all()


def _fetch(source: Source, ring: _Ring, pace: Pace, share: Share, spare: bool) -> None:
    """One connection's work: piece after piece."""
    try:
        while (number := ring.next(spare=spare)) is not None:
            try:
                _piece(source, ring, number, pace)
            except Exception as error:  # noqa: BLE001 - handed to the reading's own thread, which raises it
                ring.fail(number, error, spare=spare and isinstance(error, Trouble) and error.again)
                return
            ring.fill(number)
            if spare and not share.keep():
                return
    finally:
        if spare:
            share.free()


def _piece(source: Source, ring: _Ring, number: int, pace: Pace) -> None:
    start, end = ring.range(number)
    headers = source.headers | {"Range": f"bytes={start}-{end - 1}", "If-Range": source.validator.value}
    reply = source.transport.send(source.target, headers, fresh=False, stop=source.halt)
    try:
        _check(reply, source, start, end)
        pace.pour(reply.body(end - start), _Piece(end - start), ring.place(number), reply.line.guard)
    except BaseException:
        source.transport.abort(reply)
        raise
    source.transport.release(reply)


def _check(reply: Reply, source: Source, start: int, end: int) -> None:
    if reply.status not in (200, 206):
        raise status_trouble(reply.status, reply.headers, source.now())
    if reply.status == 206:
        fits = piece_fits(reply.headers, source.validator, start, end, source.total)
        plain = reply.headers.get("content-encoding", "identity").strip().lower() == "identity"
        if fits and plain and body_length(reply.headers) == end - start:
            return
    raise Trouble("bad-response", f"HTTP {reply.status} with another piece than asked for", again=False)


def _unreported(_count: int, _total: int | None) -> None:
    pass
