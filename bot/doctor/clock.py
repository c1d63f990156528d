"""Our clock against a forge's."""

from __future__ import annotations

from bot.doctor.ask import Answer
from bot.doctor.check import Check, failing, ok, skipped

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
