"""Reads one file once, whole: through redirects, cuts and pauses, hashing as it goes, in constant memory."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.downloads.body import Body, Short, body_length
from bot.downloads.classify import HEAD, status_trouble, wrong_content, wrong_status
from bot.downloads.limits import Limits
from bot.downloads.outcome import Cancelled, Look, Trouble
from bot.downloads.transport import Reply, Transport
from bot.downloads.urls import Target, check, follow
from bot.downloads.validators import Validator, continued, strong

USER_AGENT = "hubbot (verifies model files of MindSpore Hub)"
#: Larger buffers are slower over TLS, smaller ones cost more turns.
BUFFER = 256 << 10
REDIRECTS = frozenset((301, 302, 303, 307, 308))
#: What is left of a small answer is read away so that its connection can be used again.
_SMALL = 64 << 10
_PAUSE_STEP = 0.2

#: Called with the address, the bytes read so far and the whole length if it is known.
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """What every reading works with: `clock` is monotonic, `now` since the epoch, `jitter` from 0 to 1."""

    transport: Transport
    limits: Limits
    clock: Callable[[], float]
    now: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    progress: Progress


class Reading:
    """One whole reading of one address; the hash state survives a cut, and nothing else does."""

    def __init__(
        self, tools: Tools, url: str, stop: threading.Event, unavailable: Callable[[], bool]
    ) -> None:
        self._tools, self._limits = tools, tools.limits
        self._url, self._stop, self._unavailable = url, stop, unavailable
        self._buffer = memoryview(bytearray(BUFFER))
        self._deadline = tools.clock() + self._limits.longest_seconds
        self.attempts = 0
        self._restart()

    def look(self, *, confirming: bool) -> Look:
        """One complete look. Raises `Refused`, `Trouble` once the attempts are used up, and `Cancelled`.

        A `confirming` look uses connections of its own and waits for the end of the stream.
        """
        start = self._tools.clock()
        self._deadline = start + self._limits.longest_seconds
        self._restart()
        for attempt in range(1, self._limits.attempts + 1):
            self.attempts += 1
            try:
                return self._once(start, fresh=confirming or attempt > 1, linger=confirming)
            except Trouble as trouble:
                pause = self._pause_after(trouble, attempt)
                if pause is None:
                    trouble.detail += f"; {attempt} attempt{'s' * (attempt > 1)}, {self._count} bytes read"
                    raise
            self.pause(pause)
            if self._unavailable():
                raise Trouble("host-unavailable", "several files of this host failed in a row", again=False)
        raise AssertionError("the last attempt returns or raises")

    def pause(self, seconds: float) -> None:
        """Sleeps, but not past a cancellation."""
        left = seconds
        while left > 0:
            if self._stop.is_set():
                raise Cancelled
            self._tools.sleep(min(left, _PAUSE_STEP))
            left -= _PAUSE_STEP
        if self._stop.is_set():
            raise Cancelled

    def _pause_after(self, trouble: Trouble, attempt: int) -> float | None:
        """How long to wait before the next attempt; None when there is none."""
        limits = self._limits
        if not trouble.again or attempt == limits.attempts:
            return None
        if trouble.wait is not None and trouble.wait > limits.retry_after_longest:
            trouble.detail += f", asks to wait {trouble.wait:.0f} s"
            return None
        growing = min(limits.backoff_longest, limits.backoff_seconds * 2 ** (attempt - 1))
        pause = max(trouble.wait or 0.0, growing * (0.5 + self._tools.jitter() / 2))
        return pause if self._tools.clock() + pause < self._deadline else None

    def _restart(self) -> None:
        self._hash = hashlib.sha256()
        self._count = 0
        self._total: int | None = None
        self._validator: Validator | None = None
        self._etag = self._type = ""
        self._head = bytearray()

    def _once(self, start: float, *, fresh: bool, linger: bool) -> Look:
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
        if linger:
            headers["Connection"] = "close"
        resuming = self._validator if self._count else None
        if resuming:
            headers |= {"Range": f"bytes={self._count}-", "If-Range": resuming.value}
        else:
            self._restart()
        found = self._walk(headers, fresh)
        if isinstance(found, Look):
            return found
        target, reply = found
        try:
            look, whole = self._judge(target, reply, resuming, start, linger)
        except BaseException:
            self._tools.transport.abort(reply)
            raise
        (self._tools.transport.release if whole else self._tools.transport.abort)(reply)
        return look

    def _walk(self, headers: dict[str, str], fresh: bool) -> tuple[Target, Reply] | Look:
        """Follows redirects, each hop checked anew, to the first other answer."""
        transport = self._tools.transport
        target = check(self._url, self._limits)
        for _ in range(self._limits.redirects + 1):
            reply = transport.send(target, headers, fresh=fresh, stop=self._stop)
            if reply.status not in REDIRECTS:
                return target, reply
            places = reply.headers.get_all("location", [])
            self._drain(reply)
            if len(places) != 1:
                raise Trouble("bad-response", f"HTTP {reply.status} without one Location")
            target = follow(target, places[0], self._limits)
        return Look(
            "too-many-redirects", f"more than {self._limits.redirects} redirects", final_url=target.public_url
        )

    def _drain(self, reply: Reply) -> None:
        """Ends an answer whose body is of no interest."""
        transport = self._tools.transport
        with contextlib.suppress(Trouble, Short, OSError):
            length = body_length(reply.headers)
            if length is not None and length <= _SMALL:
                body = reply.body(length)
                while body.fill(self._buffer):
                    pass
                transport.release(reply)
                return
        transport.abort(reply)

    def _judge(
        self, target: Target, reply: Reply, resuming: Validator | None, start: float, linger: bool
    ) -> tuple[Look, bool]:
        """What the answer shows, and whether its body was read to the end."""
        final = target.url if target.url == self._url else target.public_url
        if reply.status == 206 and resuming:
            self._accept_rest(reply, resuming)
        elif reply.status == 200:
            self._restart()
            self._begin(reply, start)
        elif reply.status in (206, 416):
            self._restart()
            raise Trouble(
                "bad-response", f"HTTP {reply.status} that was not asked for", again=resuming is not None
            )
        else:
            return self._failed(reply, final), False
        if self._total is not None and self._total > self._limits.largest:
            detail = f"{self._total} bytes announced, the limit is {self._limits.largest}"
            return Look("too-large", detail, size=self._total, final_url=final), False
        body = reply.body(body_length(reply.headers))
        self._pour(body, reply)
        self._check_end(body, reply, linger)
        moved = "" if target.url == self._url else target.public_url
        head = bytes(self._head)
        reason = wrong_content(head, self._count, self._type, moved)
        detail = f"{self._count} bytes, Content-Type: {self._type[:80] or '-'}" if reason else ""
        digest = self._hash.hexdigest()
        return Look(reason, detail, digest, self._count, final, self._etag, head), True

    def _failed(self, reply: Reply, final: str) -> Look:
        head = b""
        with contextlib.suppress(Trouble, Short, OSError):
            body = reply.body(body_length(reply.headers))
            head = bytes(self._buffer[: body.fill(self._buffer[:HEAD])])
        reason = wrong_status(reply.status, head)
        if not reason:
            raise status_trouble(reply.status, reply.headers, self._tools.now())
        return Look(reason, f"HTTP {reply.status}", final_url=final, head=head)

    def _begin(self, reply: Reply, start: float) -> None:
        headers, limits = reply.headers, self._limits
        coding = ", ".join(headers.get_all("content-encoding", [])).strip().lower()
        if coding not in ("", "identity"):
            raise Trouble("content-encoding", f"sent as {coding[:40]} although not asked for", again=False)
        self._total = body_length(headers)
        self._validator = strong(headers)
        self._etag = headers.get("etag", "")[:256]
        self._type = headers.get("content-type", "")
        if self._total is not None:
            scaled = limits.base_seconds + self._total / limits.average_rate
            self._deadline = start + min(limits.longest_seconds, scaled)

    def _accept_rest(self, reply: Reply, validator: Validator) -> None:
        """Continues the hash state, or begins again when anything about the rest is in doubt."""
        whole = continued(reply.headers, validator, self._count, self._total)
        length = body_length(reply.headers)
        coding = reply.headers.get("content-encoding", "identity").strip().lower()
        if whole is None or length not in (None, whole - self._count) or coding != "identity":
            self._restart()
            raise Trouble("bad-response", "the rest that was sent does not fit", wait=0.0)
        self._total = whole

    def _pour(self, body: Body, reply: Reply) -> None:
        """Hashes the body to its end; every window of time has to bring its share of bytes."""
        clock, limits, guard = self._tools.clock, self._limits, reply.line.guard
        window_end, window_bytes = clock() + limits.window_seconds, 0
        guard.deadline = self._cut_at(window_end)
        filled = 0
        try:
            while not body.complete:
                count = body.fill(self._buffer[filled:])
                filled, window_bytes, now = filled + count, window_bytes + count, clock()
                if filled == BUFFER:
                    filled = self._take(filled)
                if now >= window_end and window_bytes >= limits.window_rate * limits.window_seconds:
                    window_end, window_bytes = now + limits.window_seconds, 0
                    guard.deadline = self._cut_at(window_end)
                elif now >= min(window_end, self._deadline) and not body.complete:
                    raise self._too_slow(now)
        except (OSError, Short, ValueError) as error:
            if guard.stopped:
                raise Cancelled from None
            if guard.fired or isinstance(error, TimeoutError):
                raise self._too_slow(clock()) from None
            words = "ended early" if isinstance(error, Short) else type(error).__name__
            raise Trouble("short-body", f"{words}, announced {self._total or '-'} bytes") from None
        finally:
            self._take(filled)

    def _cut_at(self, window_end: float) -> float:
        """When the watchdog steps in: a little later, so that a healthy body is judged here first."""
        return min(window_end + self._limits.window_seconds / 4, self._deadline)

    def _take(self, filled: int) -> int:
        """Hashes what the buffer holds; returns how much of it is filled now."""
        part = self._buffer[:filled]
        self._hash.update(part)
        self._count += filled
        if len(self._head) < HEAD:
            self._head += part[: HEAD - len(self._head)]
        if self._count > self._limits.largest:
            raise Trouble("endless-body", f"no end after {self._limits.largest} bytes", again=False)
        if filled:
            self._tools.progress(self._url, self._count, self._total)
        return 0

    def _too_slow(self, now: float) -> Trouble:
        limits = self._limits
        if now >= self._deadline:
            return Trouble("timeout", "not finished in time", again=False)
        return Trouble("stalled", f"less than {limits.window_rate} bytes/s for {limits.window_seconds:g} s")

    def _check_end(self, body: Body, reply: Reply, linger: bool) -> None:
        """The bytes must be as many as were announced, and none may follow them."""
        if self._total is not None and self._count != self._total:
            self._restart()
            raise Trouble("bad-length", "the parts do not add up")
        if body.length is None:
            return
        reply.line.sock.settimeout(self._limits.linger_seconds if linger else 0.0)
        if body.overrun():
            detail = f"more bytes than the {body.length} announced"
            self._restart()
            raise Trouble("bad-length", detail)
