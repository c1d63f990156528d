"""Our clock against those of the forges and of the database."""

from __future__ import annotations

from bot.doctor.ask import Answer
from bot.doctor.check import Check, failing, ok, skipped
from bot.store import queue

#: Seconds. GitHub refuses a signature of an App that is a minute ahead of its clock; Gitee's window is wider.
MOST_SKEW = 45.0


def clock(forge: str, answer: Answer, now: float) -> Check:
    name = f"clock {forge}"
    if answer.date is None:
        return skipped(name, f"{forge} told no time")
    skew = now - answer.date
    if abs(skew) > MOST_SKEW:
        return failing(
            name,
            f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} {forge}",
            "signatures carry the time: the App's calls and Gitee's deliveries are refused",
            "switch time synchronisation on (`timedatectl set-ntp true`, or chrony)",
        )
    return ok(name, f"within {MOST_SKEW:.0f} s of {forge}'s")


def database_clock(told: float, now: float) -> Check:
    """`told` is the database's time."""
    name, skew = "clock of the database", now - told
    if abs(skew) > queue.MOST_SKEW:
        return failing(
            name,
            f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the database",
            "workers tell by their clocks who is alive, and would take each other's jobs over",
            "switch time synchronisation on everywhere (`timedatectl set-ntp true`, or chrony)",
        )
    return ok(name, f"within {queue.MOST_SKEW:.0f} s of this machine's")
