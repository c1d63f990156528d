"""Follows the outermost fields of a protobuf file as its bytes pass, to see whether it breaks off in one."""

from __future__ import annotations

from dataclasses import dataclass

from bot.downloads.wire import Ended, varint

#: What `content.kind` calls files that are one protobuf message, and so end exactly where a field of it does.
#: Not AIR, which is known by its whole shape only: one that breaks off is not known at all.
MESSAGES = frozenset(("onnx", "mindir"))
#: A model has some dozens of outermost fields; a file of so many is no model of ours.
MOST_FIELDS = 10_000
#: Bytes of a field's key and length, or of a number: what may lie across two parts.
LONGEST = 20
_NUMBER, _EIGHT, _MESSAGE, _FOUR = 0, 1, 2, 5


@dataclass(slots=True)
class Outline:
    """Fed with all bytes of a file in order. Content is skipped by arithmetic; nothing is kept of it."""

    count: int = 0
    _skip: int = 0
    _rest: bytes = b""
    _lost: bool = False

    @property
    def cut(self) -> bool:
        """Whether a field was announced with more bytes than came; only to be asked of a `MESSAGES` file."""
        return not self._lost and self.count > 0 and bool(self._skip or self._rest)

    def feed(self, part: memoryview) -> None:
        """The next bytes. Never raises; anything unexpected ends the walk."""
        if self._lost:
            return
        if self._skip >= len(part):
            self._skip -= len(part)
            return
        data = memoryview(self._rest + bytes(part)) if self._rest else part[self._skip :]
        self._skip, self._rest = 0, b""
        at = 0
        try:
            while at < len(data) and not self._lost:
                at = self._field(data, at)
            self._skip = max(0, at - len(data))
        except Ended:
            self._rest = bytes(data[at : at + LONGEST + 1])
            self._lost = len(self._rest) > LONGEST

    def _field(self, data: memoryview, at: int) -> int:
        """Where the field behind this one begins, often far beyond the data."""
        key, at = varint(data, at)
        if key & 7 == _NUMBER:
            _, at = varint(data, at)
        elif key & 7 == _MESSAGE:
            length, at = varint(data, at)
            at += length
        elif key & 7 in (_EIGHT, _FOUR):
            at += 8 if key & 7 == _EIGHT else 4
        else:
            self._lost = True
        self.count += 1
        self._lost = self._lost or key < 8 or self.count > MOST_FIELDS
        return at
