"""What a merge queue is told of a commit that it would merge: never more than its pull request's own gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model import CONTEXTS, GATE, Check, CheckState, Report
from bot.review.checks import both, checks
from bot.review.words import RULE_WORDS


def answer(report: Report, own: Report, *, public_url: str) -> tuple[Check, ...]:
    """The three contexts of the queue's commit; the gate is open only where both gates are.

    `report` is of the queue's commit, `own` of its pull request, both by what is decided now. The address is
    that of the pull request's own report.
    """
    told = checks(replace(report, id=own.id), public_url=public_url, words=RULE_WORDS)
    gate = next(check for check in checks(own, public_url=public_url) if check.context == GATE)
    if gate.state is CheckState.SUCCESS:
        return told
    closed = CheckState.FAILURE if gate.state is CheckState.FAILURE else CheckState.ERROR
    title = f"#{report.ref.number}: {gate.title}"
    return tuple(
        replace(check, state=closed, title=title, summary=title)
        if check.context == GATE and check.state is CheckState.SUCCESS
        else check
        for check in told
    )


def waiting() -> tuple[Check, ...]:
    """The gate while something else has to be known first."""
    return _all((GATE,), CheckState.PENDING, "title_queue_waiting")


def unverified() -> tuple[Check, ...]:
    """All three where nothing could be found out."""
    return _all(CONTEXTS, CheckState.ERROR, "title_queue_unverified")


def is_open(told: Sequence[Check]) -> bool:
    """Whether the queue was told that it may merge: all three contexts are there and green."""
    green = {check.context for check in told if check.state is CheckState.SUCCESS}
    return green == set(CONTEXTS) and len(told) == len(CONTEXTS)


def _all(contexts: Sequence[str], state: CheckState, key: str) -> tuple[Check, ...]:
    return tuple(Check(context, state, both(key)) for context in contexts)
