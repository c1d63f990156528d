"""The runs of a pull request beside each other: what each found that the one before had not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Report
from bot.review.counts import Counts, counts
from bot.web.opening import word


@dataclass(frozen=True, slots=True)
class Change:
    """How many findings a run has that the one before had not, lost, and kept; told apart by fingerprint."""

    new: int
    fixed: int
    same: int


@dataclass(frozen=True, slots=True)
class Past:
    """One run of a pull request; `change` is None where there is nothing to compare it with."""

    run: Report
    word: str
    counts: Counts
    change: Change | None


def history(runs: Sequence[Report]) -> tuple[Past, ...]:
    """Runs, newest first, each with what changed since the last one before it that was read to its end."""
    found = []
    for place, run in enumerate(runs):
        older = next((past for past in runs[place + 1 :] if is_whole(past)), None)
        change = changes(run, older) if older is not None and is_whole(run) else None
        found.append(Past(run, word(run), counts(run), change))
    return tuple(found)


def is_whole(report: Report) -> bool:
    """Whether a run looked at everything, so that what it does not have is gone."""
    return report.finished_at is not None and not report.trouble


def changes(newer: Report, older: Report) -> Change:
    """What became of the findings between two runs."""
    now = {finding.fingerprint for finding in newer.findings}
    then = {finding.fingerprint for finding in older.findings}
    return Change(len(now - then), len(then - now), len(now & then))
