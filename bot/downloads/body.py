"""Reads the body of a response by its framing, strictly: an end is an end only where the framing says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message
from io import DEFAULT_BUFFER_SIZE, BufferedReader

from bot.downloads.outcome import Trouble

#: Fifteen digits are more than any file; a longer number is nonsense that must not be calculated with.
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LONGEST_LINE = 8_192
_MOST_TRAILERS = 100


#: Receives once, at most so many bytes, into a buffer that holds them; 0 at the end of the stream.
Receive = Callable[[int, memoryview], int]


class Short(Exception):
    """The stream ended before the body did."""


class Body:
    """A body of known `length`, or a chunked one (None)."""

    def __init__(self, stream: BufferedReader, length: int | None, receive: Receive | None = None) -> None:
        self._stream = stream
        #: Straight from the socket, once what was read ahead of the body has been taken.
        self._receive, self._ahead = receive, True
        self._late: OSError | Short | None = None
        self._chunked = length is None
        self._left = length or 0
        self.length = length
        self.complete = length == 0

    def fill(self, view: memoryview) -> int:
        """Reads once into `view`; 0 at the checked end. Raises `Short` and `OSError`."""
        return self.fill_until(view, _at_once, 0.0)

    def fill_until(self, view: memoryview, clock: Callable[[], float], moment: float) -> int:
        """Reads until `view` is full, the clock has reached a moment, or the body, or a chunk of it, ends.

        What came before an error is returned first, and the error raised by the next call.
        """
        if self._late:
            raise self._late
        if self._chunked and not self._left and not self.complete:
            self._next_chunk()
        if self.complete:
            return 0
        size, count = min(len(view), self._left), 0
        read, once = self._receive, False
        if read is None or self._ahead:
            read, once = self._buffered, self._receive is not None
            # Asked for more than its own buffer holds, the stream is empty behind this read.
            self._ahead = size <= DEFAULT_BUFFER_SIZE
        try:
            while count < size:
                got = read(size - count, view[count:size])
                if not got:
                    raise Short
                count += got
                if once or clock() >= moment:
                    break
        except (OSError, Short) as error:
            if not count:
                raise
            self._late = error
        self._left -= count
        if not self._left:
            if self._chunked:
                self._end_chunk()
            else:
                self.complete = True
        return count

    def overrun(self) -> bool:
        """Whether more bytes follow than the length announced. May wait as long as the socket's timeout."""
        if self._chunked:
            return False
        try:
            return bool(self._stream.peek(1))
        except (OSError, ValueError):
            return False

    def _buffered(self, _most: int, view: memoryview) -> int:
        return self._stream.readinto1(view)

    def _next_chunk(self) -> None:
        match = _CHUNK.fullmatch(self._line())
        if not match:
            raise Trouble("bad-response", "malformed chunk")
        self._left = int(match[1], 16)
        if not self._left:
            self._trailers()
            self.complete = True

    def _end_chunk(self) -> None:
        if self._line() not in (b"\r\n", b"\n"):
            raise Trouble("bad-response", "malformed chunk")

    def _trailers(self) -> None:
        for _ in range(_MOST_TRAILERS):
            if self._line() in (b"\r\n", b"\n"):
                return
        raise Trouble("bad-response", "endless trailers")

    def _line(self) -> bytes:
        line = self._stream.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            if len(line) == _LONGEST_LINE:
                raise Trouble("bad-response", "line too long")
            raise Short
        return line


def _at_once() -> float:
    return 0.0


def body_length(headers: Message) -> int | None:
    """The announced length, None for chunks. Raises `Trouble` for anything that leaves room for doubt."""
    encodings = headers.get_all("transfer-encoding", [])
    lengths = headers.get_all("content-length", [])
    if encodings:
        if [e.strip().lower() for e in encodings] != ["chunked"] or lengths:
            raise Trouble("bad-response", "contradictory framing")
        return None
    if not lengths:
        raise Trouble("no-length", "neither a length nor chunks: the end could be a cut")
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0].strip()):
        raise Trouble("bad-length", f"Content-Length: {', '.join(lengths)[:60]}")
    return int(lengths[0])
