"""Keeps writes below a forge's limit on creating content, without ever holding a thread for long."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock

from bot.allowance import BURST as BURST
from bot.allowance import LONGEST_WAIT as LONGEST_WAIT
from bot.allowance import spent
from bot.errors import ForgeError

#: Is told the headers of every answer, which say how many requests are left.
Told = Callable[[Mapping[str, str]], None]
#: Takes one write at a moment out of a bucket that others may take from as well; the seconds to wait for it.
#: Where that is more than `LONGEST_WAIT`, nothing was taken.
Spend = Callable[[float], float]


def untold(headers: Mapping[str, str]) -> None:
    """For whoever keeps no account."""


class Pace:
    """A bucket of writes that fills at one a second: a review goes through at once, a storm is slowed.

    `BURST` and one a second together stay at 80 in any minute. Safe in several threads; `spend` is for a
    process that is not alone with its credential.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        burst: int = BURST,
        spend: Spend | None = None,
    ) -> None:
        self._now, self._sleep, self._burst = now, sleep, burst
        self._left, self._at, self._lock = float(burst), now(), Lock()
        self._spend = spend or self._own

    def take(self) -> None:
        """Counts one write, after a short wait if need be; raises `ForgeError` with the time to come back."""
        now = self._now()
        wait = self._spend(now)
        if wait > LONGEST_WAIT:
            raise ForgeError(
                "so many writes are waiting that the forge would refuse this one", retry_at=now + wait
            )
        if wait:
            self._sleep(wait)

    def _own(self, now: float) -> float:
        with self._lock:
            self._left, wait = spent(self._left, self._at, now, self._burst)
            self._at = now
        return wait
