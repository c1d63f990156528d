"""Decides whether a broken body may be continued: only under a strong validator, exactly where it ended."""

from __future__ import annotations

import email.utils
import re
from dataclasses import dataclass
from email.message import Message

#: A Last-Modified is strong only when the clock has moved on since, so that no second change hides behind it.
SETTLED_SECONDS = 60
_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,256}"')


@dataclass(frozen=True, slots=True)
class Validator:
    """The header that names a version of a file, and its value."""

    header: str
    value: str

    def holds(self, headers: Message) -> bool:
        """Whether another response is of the same version, by its own word."""
        return headers.get_all(self.header, []) == [self.value]


def strong(headers: Message) -> Validator | None:
    """The strong validator of a response, if it has one."""
    tags = headers.get_all("etag", [])
    if len(tags) == 1 and _ETAG.fullmatch(tags[0]):
        return Validator("etag", tags[0])
    changed, sent = _moment(headers, "last-modified"), _moment(headers, "date")
    if not tags and changed is not None and sent is not None and sent - changed >= SETTLED_SECONDS:
        return Validator("last-modified", headers["last-modified"])
    return None


def is_strong_tag(tag: str) -> bool:
    """Whether an ETag names bytes, not only what they mean."""
    return _ETAG.fullmatch(tag) is not None


def continued(headers: Message, validator: Validator, start: int, total: int | None) -> int | None:
    """The whole length that a 206 continues to; None when anything about it is in doubt."""
    ranges = headers.get_all("content-range", [])
    match = _RANGE.fullmatch(ranges[0].strip()) if len(ranges) == 1 else None
    if not match or not validator.holds(headers):
        return None
    first, last, whole = (int(part) for part in match.groups())
    if first != start or last != whole - 1 or last < first or total not in (None, whole):
        return None
    return whole


def piece_fits(headers: Message, validator: Validator, start: int, end: int, total: int) -> bool:
    """Whether a 206 brings exactly the bytes from `start` to before `end`, of this version and length."""
    ranges = headers.get_all("content-range", [])
    return [text.strip() for text in ranges] == [f"bytes {start}-{end - 1}/{total}"] and validator.holds(
        headers
    )


def in_pieces(headers: Message) -> bool:
    """Whether a response promises ranges; whether they are sound shows with each."""
    return headers.get_all("accept-ranges", []) == ["bytes"]


def _moment(headers: Message, name: str) -> float | None:
    values = headers.get_all(name, [])
    if len(values) != 1:
        return None
    try:
        return email.utils.parsedate_to_datetime(values[0]).timestamp()
    except ValueError:
        return None
