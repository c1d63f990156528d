"""What has been read of a file so far: it survives a cut, and grows only at the pace that limits set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from ssl import SSLEOFError
from typing import Protocol

from bot.downloads.body import Body, Short
from bot.downloads.checkpoint import Walker
from bot.downloads.classify import HEAD, wrong_content
from bot.downloads.content import kind
from bot.downloads.limits import Limits
from bot.downloads.mismatch import Suspects
from bot.downloads.outcome import Cancelled, Look, Trouble
from bot.downloads.outline import MESSAGES, Outline
from bot.downloads.validators import Validator
from bot.downloads.watchdog import Guard


@dataclass(slots=True)
class Partial:
    """The hash state, the bytes behind it, and the version of the file that they belong to."""

    hash: hashlib._Hash = field(default_factory=hashlib.sha256)
    count: int = 0
    total: int | None = None
    validator: Validator | None = None
    etag: str = ""
    content_type: str = ""
    head: bytearray = field(default_factory=bytearray)
    walker: Walker = field(default_factory=Walker)
    outline: Outline = field(default_factory=Outline)
    suspects: Suspects | None = None

    def take(self, part: memoryview) -> None:
        self.hash.update(part)
        self.count += len(part)
        if len(self.head) < HEAD:
            self.head += part[: HEAD - len(self.head)]
        self.walker.feed(part)
        self.outline.feed(part)
        if self.suspects:
            self.suspects.update(part)

    def whole(self, final_url: str, moved_to: str) -> Look:
        """What the file is, once it was read to its checked end. `moved_to` is empty without redirects."""
        head, walker = bytes(self.head), self.walker
        reason = wrong_content(head, self.count, self.content_type, moved_to)
        announced = self.content_type[:80] or "-"
        known, content = self.suspects.word() if self.suspects else "", kind(head, self.count)
        cut = walker.cut or (content in MESSAGES and self.outline.cut)
        return Look(
            reason,
            f"{self.count} bytes, Content-Type: {announced}" if reason else "",
            self.hash.hexdigest(),
            self.count,
            final_url,
            self.etag,
            head,
            content,
            tuple(walker.tensors) if walker.whole else (),
            walker.count if walker.whole else 0,
            known or ("truncated" if cut else ""),
        )


class Sink(Protocol):
    """Where the bytes of a body go."""

    count: int
    total: int | None

    def take(self, part: memoryview) -> None: ...


class Crawling(Exception):
    """One connection is slow, and more of them are granted."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a body has to come: until `deadline` on the clock, and its share in every window of time."""

    limits: Limits
    clock: Callable[[], float]
    deadline: float
    report: Callable[[int, int | None], None]
    #: Asked every `pieces_seconds` with the count so far and the rate since: whether to raise `Crawling`.
    crawls: Callable[[int, float], bool] | None = None

    def pour(self, body: Body, partial: Sink, buffer: memoryview, guard: Guard) -> None:
        """Takes a body in to its end. Raises `Trouble`, `Cancelled` and `Crawling`; what arrived is kept."""
        limits = self.limits
        window_end, window_bytes = self.clock() + limits.window_seconds, 0
        guard.deadline = self._cut_at(window_end)
        filled, asked, asked_at = 0, partial.count, self.clock() + limits.pieces_seconds
        try:
            while not body.complete:
                count = body.fill_until(buffer[filled:], self.clock, min(window_end, self.deadline))
                filled, window_bytes, now = filled + count, window_bytes + count, self.clock()
                if filled == len(buffer):
                    filled = self._take(partial, buffer)
                    if self.crawls and now >= asked_at:
                        rate = (partial.count - asked) / (now - asked_at + limits.pieces_seconds)
                        if self.crawls(partial.count, rate):
                            raise Crawling
                        asked, asked_at = partial.count, now + limits.pieces_seconds
                if now >= window_end and window_bytes >= limits.window_rate * limits.window_seconds:
                    window_end, window_bytes = now + limits.window_seconds, 0
                    guard.deadline = self._cut_at(window_end)
                elif now >= min(window_end, self.deadline) and not body.complete:
                    raise self._too_slow(now)
        except (OSError, Short, ValueError) as error:
            if guard.stopped:
                raise Cancelled from None
            if guard.fired or isinstance(error, TimeoutError):
                raise self._too_slow(self.clock()) from None
            words = "ended early" if isinstance(error, Short | SSLEOFError) else type(error).__name__
            raise Trouble("short-body", f"{words}, announced {partial.total or '-'} bytes") from None
        finally:
            self._take(partial, buffer[:filled])

    def _take(self, partial: Sink, part: memoryview) -> int:
        """Empties the buffer; returns how much of it is filled now."""
        partial.take(part)
        if partial.count > self.limits.largest:
            raise Trouble("endless-body", f"no end after {self.limits.largest} bytes", again=False)
        if part:
            self.report(partial.count, partial.total)
        return 0

    def _cut_at(self, window_end: float) -> float:
        """When the watchdog steps in: a little later, so that a healthy body is judged here first."""
        return min(window_end + self.limits.window_seconds / 4, self.deadline)

    def _too_slow(self, now: float) -> Trouble:
        if now >= self.deadline:
            return Trouble("timeout", "not finished in time", again=False)
        rate, seconds = self.limits.window_rate, self.limits.window_seconds
        return Trouble("stalled", f"less than {rate} bytes/s for {seconds:g} s")
