"""Reads the rest of a large file over several connections, where a host is slow on each: hashed in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.message import Message
from io import DEFAULT_BUFFER_SIZE
from mmap import mmap

from bot.downloads.body import body_length
from bot.downloads.classify import status_trouble
from bot.downloads.limits import Limits
from bot.downloads.outcome import Cancelled, Trouble
from bot.downloads.partial import Pace, Partial
from bot.downloads.ring import POLL, Ring
from bot.downloads.transport import Later, Reply, Transport
from bot.downloads.urls import Target
from bot.downloads.validators import Validator, in_pieces, piece_fits

#: Requests on one connection: the one being answered, and the next.
_UNDER_WAY = 2


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

    def request(self, start: int, end: int) -> dict[str, str]:
        """The headers that ask for the bytes from `start` to before `end`."""
        return self.headers | {"Range": f"bytes={start}-{end - 1}", "If-Range": self.validator.value}


def read(
    source: Source, partial: Partial, pace: Pace, share: Share, taken: int, stop: threading.Event
) -> None:
    """Hashes everything behind `partial` over one connection and the `taken` further ones of `share`.

    Raises `Trouble` and `Cancelled`; `partial` then holds the part up to the first gap.
    """
    limits = pace.limits
    quiet = replace(pace, report=_unreported, crawls=None)
    window = _UNDER_WAY * (taken + 1) + limits.pieces_ahead
    # Pages of their own, so that the system has them back at the end; the heap would keep some of them.
    space = memoryview(mmap(-1, window * limits.piece))
    places = [space[start : start + limits.piece] for start in range(0, len(space), limits.piece)]
    ring, started = Ring(partial.count, source.total, limits.piece, places), 0
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


def _hash(ring: Ring, partial: Partial, pace: Pace, stop: threading.Event) -> None:
    while ring.hashed < ring.count:
        with ring.changed:
            while ring.hashed not in ring.full:
                if stop.is_set():
                    raise Cancelled
                if ring.trouble:
                    raise ring.trouble
                ring.changed.wait(POLL)
            ring.full.remove(ring.hashed)
        partial.take(ring.place(ring.hashed))
        pace.report(partial.count, partial.total)
        with ring.changed:
            ring.hashed += 1
            ring.changed.notify_all()


def _fetch(source: Source, ring: Ring, pace: Pace, share: Share, spare: bool) -> None:
    """One connection's work: piece after piece. Trouble on a spare one is only the end of that one."""
    owed: deque[int] = deque()
    try:
        stays = True
        while stays and (number := ring.next(spare=spare)) is not None:
            owed.append(number)
            stays = _deliver(source, ring, pace, owed, share.keep if spare else None)
    except Exception as error:  # noqa: BLE001 - handed to the reading's own thread, which raises it
        ends_alone = spare and isinstance(error, Trouble) and error.again
        ring.give_back(owed, None if ends_alone else error)
    finally:
        if spare:
            share.free()


def _deliver(
    source: Source, ring: Ring, pace: Pace, owed: deque[int], keep: Callable[[], bool] | None
) -> bool:
    """Fetches the piece that is owed, and those asked for behind it; whether this connection may stay."""
    transport = source.transport
    asked = source.request(*ring.range(owed[0]))
    reply: Reply | None = transport.send(source.target, asked, fresh=False, stop=source.halt)
    while reply:
        start, end = ring.range(owed[0])
        try:
            _check(reply, source, start, end)
            stays = keep is None or keep()
            later = _ask_behind(source, ring, reply, owed, spare=keep is not None) if stays else None
            pace.pour(reply.body(end - start), _Piece(end - start), ring.place(owed[0]), reply.line.guard)
        except BaseException:
            transport.abort(reply)
            raise
        ring.fill(owed.popleft())
        if later is None:
            transport.release(reply)
            return stays
        reply = transport.next_reply(reply, later)
    ring.give_back(owed)
    owed.clear()
    return True


def _ask_behind(source: Source, ring: Ring, reply: Reply, owed: deque[int], *, spare: bool) -> Later | None:
    """Asks for a further piece before the last has come, so that no way there and back is waited for."""
    start, end = ring.range(owed[-1])
    if not reply.reusable or end - start <= DEFAULT_BUFFER_SIZE:
        return None
    number = ring.next(spare=spare, wait=False)
    if number is None:
        return None
    later = source.transport.ask_behind(reply, source.target, source.request(*ring.range(number)))
    if later is None:
        ring.give_back((number,))
    else:
        owed.append(number)
    return later


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
