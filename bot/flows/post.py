"""Brings what stands on a pull request to what a report says, writing only the difference."""

from __future__ import annotations

from collections.abc import Mapping

from bot.flows.run import Run
from bot.model import PullRequest, Report

NO_PATCHES: Mapping[str, str | None] = {}


def post(run: Run, pull: PullRequest, report: Report, patches: Mapping[str, str | None] = NO_PATCHES) -> None:
    """Stores the report, then applies the plan; every write is preceded by the question whether we still may."""
    run.guard()
    run.world.store.save_report(report)
