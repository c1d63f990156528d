"""The runs of a pull request beside each other."""

from __future__ import annotations

from dataclasses import replace

from bot.model import Report
from bot.web.history import Change, history
from tests.web.worlds import NOW


def test_each_run_is_held_against_the_last_whole_one(reports: dict[str, Report]) -> None:
    one, two = reports["failed"].findings
    first = replace(reports["failed"], id="1", findings=(one, two))
    cut = replace(first, id="2", findings=(), trouble="superseded", started_at=NOW + 1)
    third = replace(first, id="3", findings=(two, replace(one, fingerprint="new")), started_at=NOW + 2)
    running = replace(first, id="4", findings=(), finished_at=None, started_at=NOW + 3)
    found = history([running, third, cut, first])
    assert [past.change for past in found] == [None, Change(1, 1, 1), None, None]
    assert [past.word for past in found] == ["running", "failed", "superseded", "failed"]
