"""Reads a declared digest: what it plainly is, and what it is after a lossless repair."""

from __future__ import annotations

import re
from functools import lru_cache

LENGTH = 64
#: Texts repaired lately: several rules ask after those of one page, and after those of its like.
KEPT = 1_024
#: What else people paste here, by number of hexadecimal digits.
OTHER_HASHES = {32: "MD5", 40: "SHA-1", 56: "SHA-224", 96: "SHA-384", 128: "SHA-512"}
OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_HEX = re.compile(r"[0-9a-f]{1,512}")
_PREFIX = re.compile(r"sha-?256[ \t]{0,5}[:=]?[ \t]{0,5}", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n<>`'\"]{1,100}")


@lru_cache(maxsize=KEPT)
def repaired(text: str) -> str:
    """The text in lower case without blanks, quotes, brackets and a `sha256:` before it; nothing else is
    changed.
    """
    cut = text[:2_000]
    start = _PREFIX.match(cut.lstrip())
    bare = cut.lstrip()[start.end() :] if start else cut
    return _BLANKS.sub("", bare).lower()


def is_hex(text: str) -> bool:
    """Whether the text is lower-case hexadecimal digits and nothing else."""
    return _HEX.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether the text is a whole SHA-256 digest."""
    return len(text) == LENGTH and is_hex(text)


def agree(declared: str, other: str) -> bool:
    """Whether two digests may be of one file: equal, or one the beginning of the other."""
    return declared.startswith(other) or other.startswith(declared)
