"""Reads the body of a response by its framing, strictly: an end is an end only where the framing says so."""

from __future__ import annotations

import re
from email.message import Message
from io import BufferedReader

from bot.downloads.outcome import Trouble

#: Fifteen digits are more than any file; a longer number is nonsense that must not be calculated with.
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LONGEST_LINE = 8_192
_MOST_TRAILERS = 100


class Short(Exception):
    """The stream ended before the body did."""


class Body:
    """A body of known `length`, or a chunked one (None)."""

    def __init__(self, stream: BufferedReader, length: int | None) -> None:
        self._stream = stream
        self._chunked = length is None
        self._left = length or 0
        self.length = length
        self.complete = length == 0

    def fill(self, view: memoryview) -> int:
        """Reads once into `view`; 0 at the checked end. Raises `Short` and `OSError`."""
        if self._chunked and not self._left and not self.complete:
            self._next_chunk()
        if self.complete:
            return 0
        count = self._stream.readinto1(view[: self._left])
        if not count:
            raise Short
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
