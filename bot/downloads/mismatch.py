"""Finds out what a declared digest is when it is not the observed one: of which algorithm, of which copy."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass

#: By how many hexadecimal digits they have. SHA-256 itself is what everything is compared with.
ALGORITHMS = {32: "md5", 40: "sha1", 56: "sha224", 96: "sha384", 128: "sha512"}
_SHA256 = 64
#: Weights hardly compress; whatever unpacks to more than this many times its size is left alone.
MOST_RATIO = 20
_STEP = 256 << 10
#: To zlib: a gzip header and the largest window.
_GZIP = 16 + zlib.MAX_WBITS
_HEX = re.compile(r"[0-9a-f]+")


def spelling(declared: str, sha256: str) -> str:
    """How a declaration differs from the digest that it means; empty when it is exact, or means another."""
    bare = declared.strip()
    if not bare or not sha256 or declared == sha256 or not sha256.startswith(bare.lower()):
        return ""
    if len(bare) < len(sha256):
        return "prefix"
    return "blanks" if bare != declared else "upper-case"


@dataclass(slots=True)
class Suspects:
    """What else a declaration might be the digest of, computed beside a second reading."""

    declared: str
    _word: str = ""
    _hash: hashlib._Hash | None = None
    _unpack: zlib._Decompress | None = None
    _seen: int = 0
    _unpacked: int = 0

    def __post_init__(self) -> None:
        self.declared = self.declared.strip().lower()
        if not _HEX.fullmatch(self.declared):
            return
        self._word = ALGORITHMS.get(len(self.declared), "")
        if self._word:
            self._hash = hashlib.new(self._word, usedforsecurity=False)
        elif len(self.declared) == _SHA256:
            self._word, self._hash = "unpacked", hashlib.sha256()
            self._unpack = zlib.decompressobj(_GZIP)

    def update(self, part: memoryview) -> None:
        """The next bytes of the file. Never raises."""
        if self._hash is None:
            return
        if self._unpack is None:
            self._hash.update(part)
            return
        self._seen += len(part)
        try:
            self._inflate(part)
        except zlib.error:
            self._hash = None

    def word(self) -> str:
        """What the declaration is the digest of, once the file has ended; empty when that stays unknown."""
        if self._hash is None or (self._unpack is not None and not self._unpack.eof):
            return ""
        return self._word if self._hash.hexdigest() == self.declared else ""

    def _inflate(self, part: memoryview) -> None:
        assert self._unpack is not None
        assert self._hash is not None
        rest: bytes | memoryview = part
        while rest and not self._unpack.eof:
            found = self._unpack.decompress(rest, _STEP)
            self._unpacked += len(found)
            if self._unpacked > MOST_RATIO * self._seen + _STEP:
                raise zlib.error("unpacks to too much")
            self._hash.update(found)
            rest = self._unpack.unconsumed_tail
