"""Says what an answer means: whose fault a status is, and what the first bytes give away."""

from __future__ import annotations

import datetime
import email.utils
import re
from email.message import Message

from bot.downloads.outcome import Trouble

#: So much of a file's start is looked at.
HEAD = 4_096
#: An LFS pointer is at most this long, says its specification.
_POINTER_SIZE = 1_024
_POINTER = b"version https://git-lfs.github.com/spec/"
_HTML = re.compile(
    rb"(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*){0,5}"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|script|style|h1|iframe)\b",
    re.IGNORECASE | re.DOTALL,
)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SIGN_IN = re.compile(
    r"/[^?#]*\b(?:login|log-in|signin|sign-in|sign_in|sso|passport|oauth|cas)\b", re.IGNORECASE
)
#: How object stores of the S3 family say that an object is not public.
_PRIVATE_OBJECT = b"<Code>AccessDenied</Code>"

_AGAIN = frozenset((408, 425, 429))
_WRONG = {401: "login-wall", 404: "not-found", 410: "gone"}


def wrong_status(status: int, head: bytes) -> str:
    """The reason for which a status is the contributor's to mend; empty for all others.

    A bare 403 is not: it is also how firewalls treat any program. An object store's own words are.
    """
    if status == 403 and _PRIVATE_OBJECT in head:
        return "login-wall"
    return _WRONG.get(status, "")


def status_trouble(status: int, headers: Message, now: float) -> Trouble:
    """What a status other than 200 says of the host. `now` in seconds since the epoch."""
    reason = "rate-limited" if status == 429 else f"status-{status}"
    again = status in _AGAIN or status >= 500
    wait = retry_after(headers.get("retry-after", ""), now) if again else None
    return Trouble(reason, f"HTTP {status}", again=again, wait=wait)


def retry_after(text: str, now: float) -> float | None:
    """The seconds that a `Retry-After` header asks for, from either of its forms; None for nonsense."""
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return max(0.0, moment.timestamp() - now)


def wrong_content(head: bytes, size: int, content_type: str, moved_to: str) -> str:
    """The reason for which a complete body is no model file; empty when it may be one.

    `moved_to` is where redirects led, empty without any.
    """
    if not size:
        return "empty-file"
    if is_pointer(head, size):
        return "lfs-pointer"
    if is_html(head) or (_is_text(head) and "text/html" in content_type.lower()):
        return "login-wall" if _SIGN_IN.search(moved_to) else "html-page"
    return ""


def is_pointer(head: bytes, size: int) -> bool:
    """Whether a file of `size` bytes is what Git keeps in place of a large file."""
    return size <= _POINTER_SIZE and head.startswith(_POINTER)


def is_html(head: bytes) -> bool:
    """Whether bytes begin like a web page, whatever type they are announced as."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            head = head[len(mark) :].decode(encoding, "replace").encode()
    return _HTML.match(head.lstrip()) is not None


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 32 for byte in head)
