"""Lists the tensors of a MindSpore checkpoint as its bytes pass; their content is skipped by arithmetic."""

from __future__ import annotations

from bot.downloads.wire import Ended, Malformed, Walk, varint
from rules.facts import Tensor

#: Longer lists are counted, not kept: evidence is stored with every report.
MOST_LISTED = 400
LONGEST_NAME = 200
MOST_TEXT = 32_768
#: A hundred thousand tiny tensors would cost more to walk than to hash: such a file is not listed at all.
MOST_WALKED = 10_000
#: What stands before a tensor's content: its name, dimensions and type. More is no checkpoint of ours.
LONGEST_HEADER = 4_096
MOST_DIMS = 16


class Walker:
    """Fed with all bytes of a file in order; `tensors` and `count` are to be believed once it is `whole`."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.count = self._text = 0
        self._walk = Walk(self._entry, LONGEST_HEADER)

    @property
    def whole(self) -> bool:
        """Whether the bytes so far are complete tensors and nothing else."""
        return not self._walk.lost and self.count > 0 and not self._walk.within

    @property
    def cut(self) -> bool:
        """Whether a tensor was announced with more bytes than came."""
        return not self._walk.lost and self.count > 0 and self._walk.within

    def feed(self, part: memoryview) -> None:
        """The next bytes. Never raises; anything unexpected ends the walk."""
        self._walk.feed(part)

    def _entry(self, data: memoryview, at: int) -> int:
        """Notes the tensor at an offset; returns where the next one begins."""
        length, at = varint(data, _behind(data, at, 0x0A))
        end = at + length
        name, at = _text(data, _behind(data, at, 0x0A))
        if at >= len(data):
            raise Ended
        if data[at] == 0x1A:
            dims, kind = tuple[int, ...](), "MapTensor"
        else:
            inner, at = varint(data, _behind(data, at, 0x12))
            if at + inner > end:
                raise Malformed
            dims, at = _dims(data, at)
            kind, at = _text(data, _behind(data, at, 0x12))
            length, at = varint(data, _behind(data, at, 0x1A))
            if at + length > end:
                raise Malformed
        if at > end:
            raise Malformed
        self._note(Tensor(name, kind, dims))
        return end

    def _note(self, tensor: Tensor) -> None:
        if self.tensors and self.tensors[-1].name == tensor.name and self.count == len(self.tensors):
            return  # a tensor of more than half a gigabyte is written in slices of one name
        self.count += 1
        if self.count > MOST_WALKED:
            raise Malformed
        self._text += len(tensor.name) + len(tensor.type)
        if len(self.tensors) < MOST_LISTED and self._text <= MOST_TEXT:
            self.tensors.append(tensor)


def _behind(data: memoryview, at: int, key: int) -> int:
    """The offset behind a field's key, which must be this one."""
    if at >= len(data):
        raise Ended
    if data[at] != key:
        raise Malformed
    return at + 1


def _text(data: memoryview, at: int) -> tuple[str, int]:
    length, at = varint(data, at)
    if length > LONGEST_HEADER:
        raise Malformed
    if at + length > len(data):
        raise Ended
    text = bytes(data[at : at + length]).decode()
    shown = text[:LONGEST_NAME]
    return (
        shown if shown.isprintable() else "".join(c if c.isprintable() else "?" for c in shown)
    ), at + length


def _dims(data: memoryview, at: int) -> tuple[tuple[int, ...], int]:
    """Dimensions, one field each as MindSpore writes them, or packed into one."""
    found: list[int] = []
    while at < len(data) and data[at] == 0x08:
        value, at = varint(data, at + 1)
        found.append(value)
        if len(found) > MOST_DIMS:
            raise Malformed
    if not found and at < len(data) and data[at] == 0x0A:
        length, at = varint(data, at + 1)
        end = at + length
        while at < end:
            value, at = varint(data, at)
            found.append(value)
            if len(found) > MOST_DIMS:
                raise Malformed
    return tuple(found), at
