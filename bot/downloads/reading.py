"""Reads one file once, whole: through redirects, cuts and pauses, hashing as it goes, in constant memory."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace

from bot.downloads import pieces
from bot.downloads.body import Body, Short, body_length
from bot.downloads.classify import HEAD, status_trouble, wrong_status
from bot.downloads.mismatch import Suspects
from bot.downloads.outcome import Cancelled, Look, Trouble
from bot.downloads.partial import Crawling, Pace, Partial
from bot.downloads.pieces import Share, Spare
from bot.downloads.tools import Tools
from bot.downloads.transport import Reply
from bot.downloads.urls import Target, check, follow
from bot.downloads.validators import Validator, continued, strong

USER_AGENT = "hubbot (verifies model files of MindSpore Hub)"
HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
#: Larger buffers are slower over TLS, smaller ones cost more turns.
BUFFER = 256 << 10
REDIRECTS = frozenset((301, 302, 303, 307, 308))
#: What is left of a small answer is read away so that its connection can be used again.
_SMALL = 64 << 10
_PAUSE_STEP = 0.2


class Reading:
    """One whole reading of one address; the hash state survives a cut, and nothing else does."""

    def __init__(
        self,
        tools: Tools,
        url: str,
        stop: threading.Event,
        unavailable: Callable[[], bool],
        share: Share,
    ) -> None:
        self._tools, self._limits = tools, tools.limits
        self._url, self._stop, self._unavailable, self._share = url, stop, unavailable, share
        self._buffer = memoryview(bytearray(BUFFER))
        self._deadline = tools.clock() + self._limits.longest_seconds
        self._suspected, self._in_pieces = "", False
        self._restart()

    def look(self, *, confirming: bool, suspected: str = "") -> Look:
        """One complete look. Raises `Refused`, `Trouble` once the attempts are used up, and `Cancelled`.

        A `confirming` look uses connections of its own and waits for the end of the stream; by the way it
        finds out what else the `suspected` declaration may be the digest of.
        """
        # A host that counts its ranges wrong would say the same wrong thing twice.
        self._in_pieces = not confirming
        self._suspected = suspected
        start = self._tools.clock()
        self._deadline = start + self._limits.longest_seconds
        self._restart()
        for attempt in range(1, self._limits.attempts + 1):
            try:
                return self._once(start, fresh=confirming or attempt > 1, linger=confirming)
            except Trouble as trouble:
                pause = self._pause_after(trouble, attempt)
                if pause is None:
                    trouble.detail += (
                        f"; {attempt} attempt{'s' * (attempt > 1)}, {self._partial.count} bytes read"
                    )
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
        self._partial = Partial(suspects=Suspects(self._suspected) if self._suspected else None)

    def _once(self, start: float, *, fresh: bool, linger: bool) -> Look:
        headers = dict(HEADERS)
        if linger:
            headers["Connection"] = "close"
        resuming = self._partial.validator if self._partial.count else None
        if resuming:
            headers |= {"Range": f"bytes={self._partial.count}-", "If-Range": resuming.value}
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
        if self._partial.total is not None and self._partial.total > self._limits.largest:
            detail = f"{self._partial.total} bytes announced, the limit is {self._limits.largest}"
            return Look("too-large", detail, size=self._partial.total, final_url=final), False
        body = reply.body(body_length(reply.headers))
        pace = Pace(self._limits, self._tools.clock, self._deadline, self._report)
        whole, spare = True, Spare(self._share, self._limits, self._partial, reply.headers)
        try:
            crawls = spare.granted if self._in_pieces else None
            replace(pace, crawls=crawls).pour(body, self._partial, self._buffer, reply.line.guard)
            self._check_end(body, reply, linger)
        except Crawling:
            whole = False
            self._tools.transport.abort(reply)
            self._read_pieces(target, pace, spare.taken)
        return self._partial.whole(final, "" if target.url == self._url else target.public_url), whole

    def _read_pieces(self, target: Target, pace: Pace, taken: int) -> None:
        """The rest in pieces; after any trouble with them this look goes on, or begins again, without."""
        partial = self._partial
        assert partial.validator is not None
        assert partial.total is not None
        source = pieces.Source(
            self._tools.transport, target, HEADERS, partial.validator, partial.total, self._tools.now
        )
        self._in_pieces = False
        try:
            pieces.read(source, partial, pace, self._share, taken, self._stop)
        except Trouble as trouble:
            if trouble.reason == "bad-response":
                self._restart()
                raise Trouble(trouble.reason, trouble.detail, wait=0.0) from None
            raise

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
        self._partial.total = body_length(headers)
        self._partial.validator = strong(headers)
        self._partial.etag = headers.get("etag", "")[:256]
        self._partial.content_type = headers.get("content-type", "")
        if self._partial.total is not None:
            scaled = limits.base_seconds + self._partial.total / limits.average_rate
            self._deadline = start + min(limits.longest_seconds, scaled)

    def _accept_rest(self, reply: Reply, validator: Validator) -> None:
        """Continues the hash state, or begins again when anything about the rest is in doubt."""
        whole = continued(reply.headers, validator, self._partial.count, self._partial.total)
        length = body_length(reply.headers)
        coding = reply.headers.get("content-encoding", "identity").strip().lower()
        if whole is None or length not in (None, whole - self._partial.count) or coding != "identity":
            self._restart()
            raise Trouble("bad-response", "the rest that was sent does not fit", wait=0.0)
        self._partial.total = whole

    def _report(self, count: int, total: int | None) -> None:
        self._tools.progress(self._url, count, total)

    def _check_end(self, body: Body, reply: Reply, linger: bool) -> None:
        """The bytes must be as many as were announced, and none may follow them."""
        if self._partial.total is not None and self._partial.count != self._partial.total:
            self._restart()
            raise Trouble("bad-length", "the parts do not add up")
        if body.length is None:
            return
        reply.line.sock.settimeout(self._limits.linger_seconds if linger else 0.0)
        if body.overrun():
            detail = f"more bytes than the {body.length} announced"
            self._restart()
            raise Trouble("bad-length", detail)
