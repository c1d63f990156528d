"""Follows the outermost fields of a protobuf file as its bytes pass, to see whether it breaks off in one."""

from __future__ import annotations

from bot.downloads.wire import Malformed, Walk, varint

#: What `content.kind` calls files that are one protobuf message, and so end exactly where a field of it does.
#: Not AIR, which is known by its whole shape only: one that breaks off is not known at all.
MESSAGES = frozenset(("onnx", "mindir"))
#: A model has some dozens of outermost fields; a file of so many is no model of ours.
MOST_FIELDS = 10_000
#: Bytes of a field's key and length, or of a number: what may lie across two parts.
LONGEST = 20
_NUMBER, _EIGHT, _MESSAGE, _FOUR = 0, 1, 2, 5


class Outline:
    """Fed with all bytes of a file in order; nothing is kept of their content."""

    def __init__(self) -> None:
        self.count = 0
        self._walk = Walk(self._field, LONGEST)

    @property
    def cut(self) -> bool:
        """Whether a field was announced with more bytes than came; only to be asked of a `MESSAGES` file."""
        return not self._walk.lost and self.count > 0 and self._walk.within

    def feed(self, part: memoryview) -> None:
        """The next bytes. Never raises; anything unexpected ends the walk."""
        self._walk.feed(part)

    def _field(self, data: memoryview, at: int) -> int:
        """Where the field behind this one begins."""
        key, at = varint(data, at)
        if key & 7 == _NUMBER:
            _, at = varint(data, at)
        elif key & 7 == _MESSAGE:
            length, at = varint(data, at)
            at += length
        elif key & 7 in (_EIGHT, _FOUR):
            at += 8 if key & 7 == _EIGHT else 4
        else:
            raise Malformed
        self.count += 1
        if key < 8 or self.count > MOST_FIELDS:
            raise Malformed
        return at
