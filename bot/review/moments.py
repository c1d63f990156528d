"""Moments and sizes as people read them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

#: China's one time zone, where most publishers are.
CHINA = timezone(timedelta(hours=8))
KIB = 1 << 10
UNITS = ("KiB", "MiB", "GiB")
#: From here one decimal would show the whole of the next unit.
ROUNDED_UP = KIB - 0.05


def moment(epoch: float | None) -> str:
    """Seconds since the epoch as `2026-11-25 16:04 UTC (00:04 +08:00)`; empty for what is no moment."""
    utc = read(epoch)
    if utc is None:
        return ""
    china = utc.astimezone(CHINA)
    day = "" if china.date() == utc.date() else f"{china:%m-%d} "
    return f"{utc:%Y-%m-%d %H:%M} UTC ({day}{china:%H:%M} +08:00)"


def clock(epoch: float | None) -> str:
    """The same for a status line: `16:04 UTC, 00:04 +08:00`."""
    utc = read(epoch)
    return "" if utc is None else f"{utc:%H:%M} UTC, {utc.astimezone(CHINA):%H:%M} +08:00"


def day(epoch: float | None) -> str:
    """The day in UTC, `2026-11-25`; empty for what is no moment."""
    utc = read(epoch)
    return "" if utc is None else f"{utc:%Y-%m-%d}"


def read(epoch: float | None) -> datetime | None:
    if epoch is None or not math.isfinite(epoch):
        return None
    try:
        utc = datetime.fromtimestamp(epoch, UTC)
        utc.astimezone(CHINA)
    except (OverflowError, OSError, ValueError):
        return None
    return utc


def size(bytes_: int) -> str:
    """A number of bytes exactly, and in a larger unit where that helps: `52,428,800 B (50.0 MiB)`."""
    exactly = f"{bytes_:,} B"
    return exactly if bytes_ < KIB else f"{exactly} ({amount(bytes_)})"


def amount(bytes_: float) -> str:
    """The same in the larger unit alone, for tables and rates: `50.0 MiB`."""
    if bytes_ < KIB:
        return f"{bytes_:.0f} B"
    number, units = bytes_ / KIB, list(UNITS)
    while number >= ROUNDED_UP and len(units) > 1:
        number, units = number / KIB, units[1:]
    return f"{number:.1f} {units[0]}"


def age(seconds: float) -> tuple[str, int]:
    """A spell as the key of its sentence and the number in it: minutes, hours or days."""
    minutes = max(1, round(seconds / 60)) if math.isfinite(seconds) else 1
    if minutes < 90:
        return "age_minutes", minutes
    return ("age_hours", round(minutes / 60)) if minutes < 36 * 60 else ("age_days", round(minutes / 1440))
