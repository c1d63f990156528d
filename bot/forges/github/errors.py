"""Turns GitHub's refusals into `ForgeError`, with the time to come back where GitHub names one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from bot.errors import ForgeError
from bot.logs import redact

#: Without any header GitHub asks for at least a minute ("Rate limits for the REST API").
LIMIT_PAUSE = 60.0
#: The primary limit resets hourly; a longer pause is a mistake of some proxy.
LONGEST_PAUSE = 2 * 3600.0
#: How much of GitHub's own words is repeated in ours.
QUOTED = 300

_PERMANENT = frozenset({400, 401, 403, 410, 422, 451})


class StatusError(ForgeError):
    """An error status, which a caller may have a use for (404: gone, 422: no such line)."""

    def __init__(
        self, status: int, message: str, *, retry_at: float | None = None, permanent: bool = False
    ) -> None:
        super().__init__(message, retry_at=retry_at, permanent=permanent)
        self.status = status


class TooLongError(ForgeError):
    """An answer over our bound: asking for less may help."""


def refusal(call: str, status: int, headers: Mapping[str, str], body: str, now: float) -> StatusError:
    """What a status from 300 up means; `headers` have lower-case names, `now` is seconds since the epoch."""
    words = _words(body)
    message = f"GitHub answered {status} to {call}" + (f": {words}" if words else "")
    if status in (403, 429) and _limited(status, headers, words):
        return StatusError(status, message, retry_at=_retry_at(headers, now))
    return StatusError(status, message, permanent=status in _PERMANENT)


def limit(call: str, headers: Mapping[str, str], now: float) -> StatusError:
    """GraphQL's way of saying it: status 200 and an error of type RATE_LIMITED."""
    return StatusError(429, f"GitHub's limit is reached at {call}", retry_at=_retry_at(headers, now))


def _limited(status: int, headers: Mapping[str, str], words: str) -> bool:
    return (
        status == 429
        or "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in words.lower()
    )


def _retry_at(headers: Mapping[str, str], now: float) -> float:
    pause = _seconds(headers.get("retry-after", ""), now)
    if pause is None and headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset", ""))
        pause = None if reset is None else reset - now + 1
    if pause is None:
        pause = LIMIT_PAUSE
    return now + min(max(pause, 1.0), LONGEST_PAUSE)


def _seconds(text: str, now: float) -> float | None:
    """`Retry-After` is a number of seconds or a date (RFC 9110, section 10.2.3)."""
    number = _number(text)
    if number is not None:
        return number
    try:
        return parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e11 else None


def _words(body: str) -> str:
    """GitHub's `message` and `errors`, without what has the shape of a credential: a proxy may repeat one."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    said = [answer.get("message")]
    errors = answer.get("errors")
    if isinstance(errors, list):
        said += [error.get("message") if isinstance(error, dict) else error for error in errors]
    return redact("; ".join(item for item in said if isinstance(item, str)), ())[:QUOTED]
