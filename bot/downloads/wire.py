"""Reads the numbers of protobuf's wire format out of bytes, and walks over its fields as the bytes pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Ten bytes of seven bits each hold 64 bits, says the encoding.
_LONGEST = 10
_MASK = (1 << 64) - 1


class Ended(Exception):
    """The bytes at hand end within a number; more of them may complete it."""


class Malformed(Exception):
    """No bytes can make this right."""


def varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """The number at an offset, and the offset behind it. Raises `Ended`; ten bytes at most are looked at."""
    value = shift = 0
    for index in range(at, at + _LONGEST):
        if index >= len(data):
            raise Ended
        byte = data[index]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _MASK, index + 1
        shift += 7
    raise Ended


@dataclass(slots=True)
class Walk:
    """From field to field of a message whose bytes come in parts; what lies between is skipped by arithmetic.

    `field` looks at the one that begins at an offset, of which it needs `longest` bytes at most, and says
    where the next begins, often far beyond the data; it raises `Ended` or `Malformed`.
    """

    field: Callable[[memoryview, int], int]
    longest: int
    #: Whether the bytes were something unexpected: then nothing more is looked at.
    lost: bool = False
    _skip: int = 0
    _rest: bytes = b""

    @property
    def within(self) -> bool:
        """Whether a field was announced of which more is to come."""
        return bool(self._skip or self._rest)

    def feed(self, part: memoryview) -> None:
        """The next bytes. Never raises."""
        if self.lost:
            return
        if self._skip >= len(part):
            self._skip -= len(part)
            return
        data = memoryview(self._rest + bytes(part)) if self._rest else part[self._skip :]
        self._skip, self._rest = 0, b""
        at = 0
        try:
            while at < len(data):
                at = self.field(data, at)
        except Ended:
            self._rest = bytes(data[at : at + self.longest + 1])
            self.lost = len(self._rest) > self.longest
        except (Malformed, UnicodeDecodeError):
            self.lost = True
        else:
            self._skip = at - len(data)
