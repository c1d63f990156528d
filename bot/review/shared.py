"""What is shown on a commit that is the head of several pull requests: for each context the worst of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model import Check, CheckState, Report
from bot.review.checks import both
from bot.review.text import DESCRIPTION_LIMIT, plain

#: The worst first.
_GRAVITY = (CheckState.FAILURE, CheckState.ERROR, CheckState.PENDING, CheckState.SUCCESS)


def worst(told: Sequence[tuple[Report, Sequence[Check]]]) -> tuple[Check, ...]:
    """The contexts of one report, or the worst of several whose order does not matter.

    All of their pull requests come to the same answer, so that none overwrites what another has written.
    """
    if len(told) == 1:
        return tuple(told[0][1])
    rows = zip(*(checks for _, checks in told), strict=True)
    numbers = [report.ref.number for report, _ in told]
    return tuple(_worst(list(zip(numbers, row, strict=True))) for row in rows)


def _worst(row: Sequence[tuple[int, Check]]) -> Check:
    number, check = min(row, key=lambda one: (_GRAVITY.index(one[1].state), one[0]))
    others = " ".join(f"#{other}" for other in sorted({other for other, _ in row} - {number}))
    tail = f" · {both('title_shared', others=others)}"
    room = max(DESCRIPTION_LIMIT - len(tail), 0)
    title = plain(plain(f"#{number}: {check.title}", max(room, 1)) + tail, DESCRIPTION_LIMIT)
    return replace(check, title=title, summary=f"{title}\n\n{check.summary}")
