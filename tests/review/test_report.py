"""Reports as text, counts and verdicts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Condition, Report
from bot.review.report import SUPERSEDED, Counts, Verdict, counts, from_json, to_json, verdict
from rules.facts import RemoteState
from rules.finding import Fault, Severity, Span, Suggestion


@given(st.data())
def test_a_report_comes_back_as_it_was(reports: st.SearchStrategy[Report], data: st.DataObject) -> None:
    report = data.draw(reports)
    text = to_json(report)
    assert from_json(text) == report
    assert text.isascii()


def test_lone_surrogates_and_nul_survive(make: Any) -> None:
    report = make.report(title="\ud800\x00", findings=(make.finding(value="\udcff"),))
    assert from_json(to_json(report)) == report


def test_a_row_of_another_version_is_read(make: Any) -> None:
    report = make.report(
        findings=(make.finding(suggestion=Suggestion(Span(1, 1, 1, 2), "x")),),
        conditions=(Condition("finished", True),),
    )
    data = json.loads(to_json(report))
    for item in (data, data["ref"], data["findings"][0], data["findings"][0]["span"], data["files"][0]):
        item["from_the_future"] = {"a": [1]}
    del data["conditions"], data["trouble_detail"], data["findings"][0]["variant"], data["files"][0]["etag"]
    assert from_json(json.dumps(data)) == replace(report, conditions=())


def test_a_word_of_another_version_keeps_the_gate_closed(make: Any) -> None:
    data = json.loads(to_json(make.report(findings=(make.finding(severity=Severity.NOTICE),))))
    data["findings"][0] |= {"severity": "fatal", "fault": "weather"}
    data["files"][0]["state"] = "glimpsed"
    report = from_json(json.dumps(data))
    assert (report.findings[0].severity, report.findings[0].fault) == (Severity.ERROR, Fault.BOT)
    assert report.files[0].state is RemoteState.UNVERIFIED
    assert verdict(report) is Verdict.UNVERIFIED


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", '{"ref": 1}', "[" * 100_000, '{"ref": {"forge": "x"}}']
)
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a stored report"):
        from_json(text)


def test_every_finding_is_counted_once(make: Any) -> None:
    findings = tuple(make.finding(severity=s, fault=f) for s in Severity for f in Fault)
    assert counts(make.report(findings=findings)) == Counts(
        must_fix=1, should_fix=1, notes=2, unverified=9, decisions=2
    )


def verdicts() -> list[tuple[str, dict[str, Any], Verdict]]:
    return [
        ("good", {}, Verdict.PASSED),
        ("only warnings", {"findings": [("warning", "contributor")]}, Verdict.PASSED),
        ("an error", {"findings": [("error", "contributor")]}, Verdict.FAILED),
        (
            "an error and a bad host",
            {"findings": [("error", "contributor"), ("error", "host")]},
            Verdict.FAILED,
        ),
        ("an error and trouble", {"findings": [("error", "contributor")], "trouble": "bot"}, Verdict.FAILED),
        ("a policy error", {"findings": [("error", "policy")]}, Verdict.FAILED),
        ("a policy warning", {"findings": [("warning", "policy")]}, Verdict.PASSED),
        ("a host error", {"findings": [("error", "host")]}, Verdict.UNVERIFIED),
        ("a rule that failed quietly", {"findings": [("notice", "bot")]}, Verdict.UNVERIFIED),
        ("a file not measured", {"wanted": 2}, Verdict.UNVERIFIED),
        ("counts disagree", {"trouble": "counts"}, Verdict.UNVERIFIED),
        ("trouble before the end", {"trouble": "forge", "finished_at": None}, Verdict.UNVERIFIED),
        ("still running", {"finished_at": None}, Verdict.RUNNING),
        (
            "running with errors",
            {"finished_at": None, "findings": [("error", "contributor")]},
            Verdict.RUNNING,
        ),
        ("nothing", {"paths": (), "files": (), "wanted": 0}, Verdict.NOTHING_TO_CHECK),
        (
            "nothing, counts unknown",
            {"paths": (), "files": (), "wanted": 0, "trouble": "counts"},
            Verdict.UNVERIFIED,
        ),
        ("superseded", {"trouble": SUPERSEDED, "findings": [("error", "contributor")]}, Verdict.SUPERSEDED),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"), [row[1:] for row in verdicts()], ids=[row[0] for row in verdicts()]
)
def test_verdict(make: Any, changes: dict[str, Any], expected: Verdict) -> None:
    found = tuple(make.finding(severity=Severity(s), fault=Fault(f)) for s, f in changes.get("findings", ()))
    assert verdict(make.report(**(changes | {"findings": found}))) is expected
