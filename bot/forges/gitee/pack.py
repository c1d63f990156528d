"""Reads the blobs out of a Git pack in memory, within bounds. Pure; pack and deltas may be hostile."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import sha1

from bot.forges.base import MAX_BLOB

#: Bytes that a pack may unpack to: the hub's whole tree is 4 MB. What is beyond is left out. Ours to choose.
MAX_UNPACKED = 256 << 20
#: Bytes that are inflated at a time.
PIECE = 1 << 14

#: Types of a pack's entries, by gitformat-pack.
_BLOB, _OFFSET_DELTA, _REF_DELTA = 3, 6, 7
_HEADER, _OID = 12, 20


class BadPackError(Exception):
    """The bytes are no pack that we read, or a bound is passed."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry inflated: `data` is `MAX_BLOB` + 1 bytes of it at most, `oid` its id if it is a blob."""

    kind: int
    base: str
    data: bytes
    oid: str


@dataclass(slots=True)
class _Shelf:
    """Blobs by id, and the deltas that wait for the blob that they alter."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    waiting: dict[str, list[bytes]] = field(default_factory=dict)
    room: int = MAX_UNPACKED

    def take(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise BadPackError


def blobs(pack: bytes, wanted: Collection[str]) -> dict[str, bytes]:
    """Those wanted blobs that the pack holds, each known by the hash of its bytes.

    A blob over `MAX_BLOB` comes as its first `MAX_BLOB` + 1 bytes, or not at all where it is stored as a
    delta. What follows damage, or goes beyond `MAX_UNPACKED`, is left out.
    """
    shelf = _Shelf()
    try:
        for entry in _entries(pack, shelf):
            if entry.kind == _BLOB:
                _add(shelf, entry.oid, entry.data)
            elif entry.kind == _REF_DELTA and entry.base in shelf.blobs:
                _alter(shelf, entry.base, entry.data)
            elif entry.kind == _REF_DELTA:
                shelf.waiting.setdefault(entry.base, []).append(entry.data)
    except (BadPackError, zlib.error, IndexError):
        pass  # what was read before it stands: each blob is its own proof
    return {oid: shelf.blobs[oid] for oid in wanted if oid in shelf.blobs}


def apply(base: bytes, delta: bytes) -> bytes:
    """The bytes that a delta makes of its base. Raises `BadPackError`, `IndexError` for what is no delta."""
    size, at = _size(delta, 0)
    wanted, at = _size(delta, at)
    if size != len(base) or wanted > MAX_BLOB:
        raise BadPackError
    made = bytearray()
    while at < len(delta):
        code, at = delta[at], at + 1
        if code & 0x80:
            start, length, at = _copied(delta, code, at)
            part = base[start : start + length]
        else:
            length = code
            part, at = delta[at : at + length], at + length
        made += part
        if not code or len(part) != length or len(made) > wanted:
            raise BadPackError
    if len(made) != wanted:
        raise BadPackError
    return bytes(made)


def _entries(pack: bytes, shelf: _Shelf) -> Iterator[_Entry]:
    if pack[:8] != b"PACK\0\0\0\2":
        raise BadPackError
    at = _HEADER
    for _ in range(int.from_bytes(pack[8:_HEADER], "big")):
        first, at = pack[at], at + 1
        kind, size = first >> 4 & 7, first & 15
        if first & 0x80:
            more, at = _size(pack, at)
            size |= more << 4
        if kind == _OFFSET_DELTA:
            raise BadPackError  # never asked for
        base = ""
        if kind == _REF_DELTA:
            base, at = pack[at : at + _OID].hex(), at + _OID
        data, oid, at = _inflate(pack, at, size, shelf)
        yield _Entry(kind, base, data, oid)


def _inflate(pack: bytes, at: int, size: int, shelf: _Shelf) -> tuple[bytes, str, int]:
    """The beginning of an entry, the id that it has as a blob, and where the next entry begins."""
    shelf.take(size)
    stream, digest, kept, read = (
        zlib.decompressobj(),
        sha1(b"blob %d\0" % size, usedforsecurity=False),
        b"",
        0,
    )
    while not stream.eof:
        piece = stream.unconsumed_tail or pack[at : at + PIECE]
        if not stream.unconsumed_tail:
            at += len(piece)
        out = stream.decompress(piece, PIECE)
        digest.update(out)
        read += len(out)
        kept += out[: MAX_BLOB + 1 - len(kept)]
        if read > size or not (piece or out):
            raise BadPackError
    if read != size:
        raise BadPackError
    return kept, digest.hexdigest(), at - len(stream.unused_data)


def _add(shelf: _Shelf, oid: str, data: bytes) -> None:
    """Shelves a blob and all that can be made of it by the deltas that waited."""
    ready = [(oid, data)]
    while ready:
        oid, data = ready.pop()
        shelf.blobs[oid] = data
        for delta in shelf.waiting.pop(oid, ()):
            ready += _altered(shelf, data, delta)


def _alter(shelf: _Shelf, base: str, delta: bytes) -> None:
    for oid, data in _altered(shelf, shelf.blobs[base], delta):
        _add(shelf, oid, data)


def _altered(shelf: _Shelf, base: bytes, delta: bytes) -> list[tuple[str, bytes]]:
    """The blob that a delta makes, none where it is damaged or too large."""
    try:
        data = apply(base, delta)
    except (BadPackError, IndexError):
        return []
    shelf.take(len(data))
    return [(sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest(), data)]


def _size(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, least first, and where it ends."""
    value = shift = 0
    while True:
        byte, at = data[at], at + 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
        if shift > 63:
            raise BadPackError


def _copied(delta: bytes, code: int, at: int) -> tuple[int, int, int]:
    """Start and length of a copy instruction, and where it ends: absent bytes are nought."""
    numbers = []
    for bits in (range(4), range(4, 7)):
        value = 0
        for place, bit in enumerate(bits):
            if code >> bit & 1:
                value |= delta[at] << 8 * place
                at += 1
        numbers.append(value)
    return numbers[0], numbers[1] or 0x10000, at
