"""What every reading works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.downloads.limits import Limits
from bot.downloads.transport import Transport

#: Called with the address, the bytes read so far and the whole length if it is known.
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """What every reading works with: `clock` is monotonic, `now` since the epoch, `jitter` from 0 to 1."""

    transport: Transport
    limits: Limits
    clock: Callable[[], float]
    now: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    progress: Progress
