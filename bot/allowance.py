"""What a forge lets a credential ask and write: what it told last, when that is short, how fast writes go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: Of the requests that a forge allows in its period: below this share what can wait is left out. Ours.
LOW = 0.1
#: GitHub: at most 80 requests a minute that create content, and a second between them where there are many.
#: Gitee documents no limit; the same politeness holds there.
BURST = 20
PER_SECOND = 1.0
#: A wait (seconds) longer than this is the scheduler's business, not a sleeping thread's.
LONGEST_WAIT = 5.0
#: Seconds of GitHub's period, for an answer that does not say when the next begins.
PERIOD = 3600.0
#: The resource that most of GitHub's requests count for; the others (`graphql`) have allowances of their own.
CORE = "core"

_NUMBER = re.compile("[0-9]{1,12}")
_RESOURCE = re.compile("[a-z_]{1,30}")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Requests that a credential may make until `reset_at`, as told at `told_at` (seconds since the epoch).

    `name` is the forge's, and after a blank what is counted apart: `github graphql`, `github merge`.
    """

    name: str
    limit: int
    remaining: int
    reset_at: float
    told_at: float

    def left(self, now: float) -> int:
        """A period that has ended left everything to the next."""
        return self.limit if now >= self.reset_at else self.remaining

    def is_low(self, now: float) -> bool:
        return self.left(now) < self.limit * LOW


def told(name: str, headers: Mapping[str, str], now: float) -> Allowance | None:
    """What the headers of an answer say, as GitHub writes them; None where they say nothing of it."""
    said = {key.lower(): str(value).strip() for key, value in headers.items()}
    limit, remaining, reset, resource = (
        said.get(f"x-ratelimit-{word}", "") for word in ("limit", "remaining", "reset", "resource")
    )
    if not (_NUMBER.fullmatch(limit) and _NUMBER.fullmatch(remaining) and int(limit)):
        return None
    if _RESOURCE.fullmatch(resource) and resource != CORE:
        name = f"{name} {resource}"
    reset_at = float(reset) if _NUMBER.fullmatch(reset) else now + PERIOD
    return Allowance(name, int(limit), min(int(remaining), int(limit)), reset_at, now)


def spent(left: float, at: float, now: float, burst: float = BURST) -> tuple[float, float]:
    """One write out of a bucket that held `left` at `at`: what is in it now, and seconds until its turn.

    Where those are more than `LONGEST_WAIT`, the write is not taken.
    """
    held = min(burst, left + max(0.0, now - at) * PER_SECOND)
    wait = max(0.0, (1 - held) / PER_SECOND)
    return (held if wait > LONGEST_WAIT else held - 1), wait
