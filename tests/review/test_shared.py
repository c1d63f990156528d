"""What a commit shows that is the head of several pull requests."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from bot.model import ASSETS, CONTEXTS, FORMAT, GATE, CheckState
from bot.review.checks import checks
from bot.review.shared import worst
from bot.review.text import DESCRIPTION_LIMIT


def told(report: Any, number: int, **changes: Any) -> Any:
    one = replace(report, ref=replace(report.ref, number=number), **changes)
    return one, checks(one, public_url="https://bot")


def test_one_alone_is_shown_as_it_is(make: Any) -> None:
    alone = told(make.report(), 7)
    assert worst([alone]) == alone[1]


def test_each_context_is_the_worst_and_says_whose(make: Any) -> None:
    red = told(make.report(), 12, id="red", findings=(make.finding("MSH101"),))
    shown = {check.context: check for check in worst([told(make.report(), 7), red])}
    assert {context: check.state for context, check in shown.items()} == {
        FORMAT: CheckState.FAILURE,
        ASSETS: CheckState.SUCCESS,
        GATE: CheckState.FAILURE,
    }
    assert shown[GATE].title.startswith("#12: ")
    assert "also the head of #7" in shown[GATE].title
    assert shown[GATE].details_url.endswith("/red")
    assert shown[ASSETS].title.startswith("#7: ")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"trouble": "bot"}, CheckState.ERROR),
        ({"finished_at": None, "paths": (), "files": ()}, CheckState.PENDING),
        ({}, CheckState.SUCCESS),
    ],
)
def test_whatever_is_not_green_closes(make: Any, changes: dict[str, Any], state: CheckState) -> None:
    shown = worst([told(make.report(), 7), told(make.report(), 8, **changes)])
    assert [check.state for check in shown if check.context == GATE] == [state]


def test_all_of_them_come_to_the_same(make: Any) -> None:
    good = make.report()
    several = [told(good, 7), told(good, 8, trouble="bot"), told(good, 9, findings=(make.finding(),))]
    answers = {worst(order) for order in permutations(several)}
    assert len(answers) == 1
    assert [check.context for check in answers.pop()] == list(CONTEXTS)


def test_a_title_stays_within_the_limit_and_keeps_the_numbers(make: Any) -> None:
    reports = [told(make.report(), 10_000 + number) for number in range(4)]
    long = [(one, tuple(replace(check, title="很长" * 70) for check in shown)) for one, shown in reports]
    for check in worst(long):
        assert len(check.title) <= DESCRIPTION_LIMIT
        assert "#10003" in check.title
