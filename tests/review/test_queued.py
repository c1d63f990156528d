"""A merge queue is told the worse of two gates, and nothing that is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import CONTEXTS, GATE, CheckState
from bot.review import queued
from bot.review.report import SUPERSEDED
from rules.finding import Fault


@pytest.mark.parametrize(
    ("own", "state"),
    [
        ({}, CheckState.SUCCESS),
        ({"red": "must"}, CheckState.FAILURE),
        ({"red": "host"}, CheckState.ERROR),
        ({"trouble": "bot"}, CheckState.ERROR),
        ({"trouble": SUPERSEDED}, CheckState.ERROR),
        ({"finished_at": None}, CheckState.ERROR),
    ],
)
def test_the_gate_is_no_more_open_than_the_pull_requests_own(
    make: Any, own: dict[str, Any], state: CheckState
) -> None:
    findings = {"must": (make.finding("MSH101"),), "host": (make.finding("MSH305", fault=Fault.HOST),)}
    changes = {**own, "findings": findings.get(own.get("red", ""), ())}
    changes.pop("red", None)
    good = make.report()
    told = queued.answer(good, replace(good, id="its-own", **changes), public_url="https://bot")
    states = {check.context: check.state for check in told}
    assert states == {**dict.fromkeys(CONTEXTS, CheckState.SUCCESS), GATE: state}
    assert all(check.details_url.endswith("/its-own") for check in told)
    assert queued.is_open(told) is (state is CheckState.SUCCESS)


def test_what_the_commit_itself_lacks_is_said_first(make: Any) -> None:
    good = make.report()
    red = replace(good, findings=(make.finding("MSH101"),))
    gate = queued.answer(red, replace(good, trouble="bot"), public_url="")[-1]
    assert gate.state is CheckState.FAILURE
    assert not gate.title.startswith("#")


def test_only_three_green_contexts_are_open(make: Any) -> None:
    good = make.report()
    told = queued.answer(good, good, public_url="")
    assert queued.is_open(told)
    assert not queued.is_open(told[:2])
    assert not queued.is_open(queued.waiting())
    assert not queued.is_open(queued.unverified())
    assert not queued.is_open(())
