"""Keeps writes below a forge's limit on creating content, without ever holding a thread for long."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from bot.errors import ForgeError

#: GitHub: at most 80 requests a minute that create content, and a second between them where there are many.
#: Gitee documents no limit; the same politeness holds there.
BURST = 20
PER_SECOND = 1.0
#: A wait longer than this is the scheduler's business, not a sleeping thread's.
LONGEST_WAIT = 5.0


class Pace:
    """A bucket of writes that fills at one a second: a review goes through at once, a storm is slowed.

    `BURST` and one a second together stay at 80 in any minute. Safe in several threads.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        burst: int = BURST,
    ) -> None:
        self._now, self._sleep, self._burst = now, sleep, burst
        self._left, self._at, self._lock = float(burst), now(), Lock()

    def take(self) -> None:
        """Counts one write, after a short wait if need be; raises `ForgeError` with the time to come back."""
        with self._lock:
            now = self._now()
            self._left = min(self._burst, self._left + max(0.0, now - self._at) * PER_SECOND)
            self._at = now
            wait = max(0.0, (1 - self._left) / PER_SECOND)
            if wait > LONGEST_WAIT:
                raise ForgeError(
                    "so many writes are waiting that the forge would refuse this one", retry_at=now + wait
                )
            self._left -= 1
        if wait:
            self._sleep(wait)
