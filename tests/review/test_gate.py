"""The gate opens only where everything is known and good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Condition, Report
from bot.review.gate import REQUIRED, conditions, is_open
from bot.review.report import Verdict, verdict
from rules.facts import RemoteState
from rules.finding import Fault, Severity


def is_good(report: Report) -> bool:
    """What an open gate promises, said again in other words than the code's."""
    urls = {file.url for file in report.files}
    return (
        report.finished_at is not None
        and report.trouble == ""
        and report.head_sha != ""
        and not any(f.severity is Severity.ERROR for f in report.findings)
        and not any(f.fault in (Fault.HOST, Fault.FORGE, Fault.BOT) for f in report.findings)
        and len(urls) == report.wanted
        and {file.state for file in report.files} <= {RemoteState.MEASURED}
    )


@given(st.data())
def test_open_means_good(reports: st.SearchStrategy[Report], data: st.DataObject) -> None:
    report = data.draw(reports)
    assert not is_open(conditions(report)) or is_good(report)


@given(st.data())
def test_the_verdict_and_the_gate_agree(reports: st.SearchStrategy[Report], data: st.DataObject) -> None:
    report = data.draw(reports)
    opened = is_open(conditions(report))
    assert opened == (verdict(report) in (Verdict.PASSED, Verdict.NOTHING_TO_CHECK))


def test_a_good_report_opens_the_gate(make: Any) -> None:
    assert is_open(conditions(make.report()))
    assert is_open(conditions(make.report(paths=(), files=(), wanted=0)))


def closing(make: Any) -> dict[str, tuple[dict[str, Any], str]]:
    return {
        "not finished": ({"finished_at": None}, "finished"),
        "counts disagree": ({"trouble": "counts"}, "complete"),
        "no head": ({"head_sha": ""}, "complete"),
        "unknown trouble": ({"trouble": "never heard of"}, "complete"),
        "static error": ({"findings": (make.finding(),)}, "format"),
        "remote error": ({"findings": (make.finding("MSH303"),)}, "assets"),
        "policy error": ({"findings": (make.finding(fault=Fault.POLICY),)}, "decided"),
        "host": ({"findings": (make.finding(fault=Fault.HOST),)}, "known"),
        "our own rule failed": (
            {"findings": (make.finding(fault=Fault.BOT, severity=Severity.NOTICE),)},
            "known",
        ),
        "a file is missing": ({"wanted": 2}, "measured"),
        "a file too many": ({"wanted": 0}, "measured"),
        "the same file twice for two": ({"wanted": 2, "files": (make.file(), make.file())}, "measured"),
        "unverified file": ({"files": (make.file(RemoteState.UNVERIFIED),)}, "measured"),
        "changing file": ({"files": (make.file(RemoteState.CHANGING),)}, "measured"),
        "wrong file": ({"files": (make.file(RemoteState.WRONG),)}, "measured"),
        "a mismatch that no rule reported": ({"files": (make.file(sha256=make.observed),)}, "digests"),
    }


@pytest.mark.parametrize(
    "name",
    [
        "not finished",
        "counts disagree",
        "no head",
        "unknown trouble",
        "static error",
        "remote error",
        "policy error",
        "host",
        "our own rule failed",
        "a file is missing",
        "a file too many",
        "the same file twice for two",
        "unverified file",
        "changing file",
        "wrong file",
        "a mismatch that no rule reported",
    ],
)
def test_one_thing_closes_it(make: Any, name: str) -> None:
    changes, expected = closing(make)[name]
    given_ = conditions(make.report(**changes))
    assert not is_open(given_)
    assert [condition.name for condition in given_ if not condition.met] == [expected]


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_an_absent_or_unmet_condition_closes_it(make: Any, name: str) -> None:
    good = conditions(make.report())
    assert not is_open([condition for condition in good if condition.name != name])
    assert not is_open([replace(c, met=False) if c.name == name else c for c in good])


def test_a_condition_that_we_do_not_know_closes_it_when_unmet(make: Any) -> None:
    good = conditions(make.report())
    assert is_open((*good, Condition("approved", True)))
    assert not is_open((*good, Condition("approved", False)))
    assert not is_open(())


def test_an_upper_case_or_short_digest_is_not_a_mismatch(make: Any) -> None:
    assert is_open(conditions(make.report(files=(make.file(declared=make.declared.upper()),))))
    assert is_open(conditions(make.report(files=(make.file(declared="0123abcd"),))))
