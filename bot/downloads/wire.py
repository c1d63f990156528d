"""Reads the numbers of protobuf's wire format out of bytes, and nothing more of it."""

from __future__ import annotations

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
