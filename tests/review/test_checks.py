"""The three contexts in every phase, and never a state that lets an unproved pull request through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import CONTEXTS, CheckState, Report
from bot.review.checks import MAX_ANNOTATIONS, checks, details_url
from bot.review.gate import conditions, is_open
from bot.review.report import SUPERSEDED
from bot.review.words import Words
from rules.facts import RemoteState
from rules.finding import Fault, Severity

PENDING, SUCCESS, FAILURE, ERROR = (
    CheckState.PENDING,
    CheckState.SUCCESS,
    CheckState.FAILURE,
    CheckState.ERROR,
)


def phases(make: Any) -> dict[str, tuple[dict[str, Any], tuple[CheckState, ...], str]]:
    """Name to changes of a good report, the three states, and words of a title."""
    host = make.finding("MSH305", fault=Fault.HOST)
    return {
        "started": (
            {"finished_at": None, "paths": (), "files": (), "wanted": 0},
            (PENDING, PENDING, PENDING),
            "Checking pages",
        ),
        "static done": (
            {"finished_at": None, "files": (), "wanted": 479},
            (SUCCESS, PENDING, PENDING),
            "0 of 479",
        ),
        "progress": (
            {
                "finished_at": None,
                "files": tuple(make.file(url=f"https://h/{n}") for n in range(137)),
                "wanted": 479,
            },
            (SUCCESS, PENDING, PENDING),
            "137 of 479",
        ),
        "static red": (
            {"finished_at": None, "files": (), "wanted": 3, "findings": (make.finding(),)},
            (FAILURE, PENDING, PENDING),
            "1 must fix so far",
        ),
        "good": ({}, (SUCCESS, SUCCESS, SUCCESS), "All verified"),
        "no remote files": ({"files": (), "wanted": 0}, (SUCCESS, SUCCESS, SUCCESS), "No remote files"),
        "advice": (
            {"findings": (make.finding(severity=Severity.WARNING),)},
            (SUCCESS, SUCCESS, SUCCESS),
            "1 should fix",
        ),
        "part of a digest": (
            {"files": (make.file(declared=make.declared[:8]),)},
            (SUCCESS, SUCCESS, SUCCESS),
            "Nothing must be fixed / 没有必须修复的问题",
        ),
        "no digest": (
            {"files": (make.file(declared=""),)},
            (SUCCESS, SUCCESS, SUCCESS),
            "1 file read to the end / 1 个文件已完整读取",
        ),
        "static error": ({"findings": (make.finding(),)}, (FAILURE, SUCCESS, FAILURE), "1 must fix"),
        "mismatch": (
            {"findings": (make.finding("MSH303"),), "files": (make.file(sha256=make.observed),)},
            (SUCCESS, FAILURE, FAILURE),
            "1 must fix",
        ),
        "host": (
            {"findings": (host,), "files": (make.file(RemoteState.UNVERIFIED),), "retry_at": 1_764_087_414.0},
            (SUCCESS, ERROR, ERROR),
            "next try 16:16 UTC, 00:16 +08:00",
        ),
        "host and author": (
            {"findings": (host, make.finding()), "files": (make.file(RemoteState.UNVERIFIED),)},
            (FAILURE, ERROR, FAILURE),
            "nothing for you to do",
        ),
        "rule failed": (
            {"findings": (make.finding(fault=Fault.BOT),)},
            (ERROR, SUCCESS, ERROR),
            "nothing for you",
        ),
        "decision": (
            {"findings": (make.finding(fault=Fault.POLICY),)},
            (FAILURE, SUCCESS, FAILURE),
            "A maintainer has to decide",
        ),
        "counts": ({"trouble": "counts"}, (ERROR, ERROR, ERROR), "nothing for you to do"),
        "nothing": (
            {"paths": (), "files": (), "wanted": 0},
            (SUCCESS, SUCCESS, SUCCESS),
            "Nothing to check / 无需检查",
        ),
        "superseded": ({"trouble": SUPERSEDED}, (PENDING, PENDING, PENDING), "newer commit"),
    }


PHASES = (
    "started", "static done", "progress", "static red", "good", "no remote files", "advice",
    "part of a digest", "no digest", "static error", "mismatch", "host", "host and author", "rule failed",
    "decision", "counts", "nothing", "superseded",
)  # fmt: skip


@pytest.mark.parametrize("name", PHASES)
def test_phase(make: Any, name: str) -> None:
    changes, states, title = phases(make)[name]
    shown = checks(make.report(**changes))
    assert tuple(check.context for check in shown) == CONTEXTS
    assert tuple(check.state for check in shown) == states
    assert any(title in check.title for check in shown), [check.title for check in shown]


def test_every_phase_is_tried(make: Any) -> None:
    assert set(phases(make)) == set(PHASES)


@given(st.data())
def test_success_of_the_gate_means_that_it_is_open(
    reports: st.SearchStrategy[Report], words: Words, data: st.DataObject
) -> None:
    report = data.draw(reports)
    shown = checks(report, words=words, public_url="https://bot.example")
    states = {check.context: check.state for check in shown}
    assert (states[CONTEXTS[2]] is SUCCESS) == is_open(conditions(report))
    assert states[CONTEXTS[2]] is not SUCCESS or set(states.values()) == {SUCCESS}
    for check in shown:
        assert 0 < len(check.title) <= 140
        assert check.title.isprintable()
        assert check.details_url.startswith("https://bot.example/reports/")


def test_titles_are_the_same_in_any_language(make: Any) -> None:
    titles = [[check.title for check in checks(make.report(language=lang))] for lang in ("en", "zh")]
    assert titles[0] == titles[1]
    assert all(" / " in title for title in titles[0])


def test_findings_are_annotated_where_they_belong(make: Any, words: Words) -> None:
    findings = (
        make.finding(severity=Severity.NOTICE, line=3),
        make.finding(line=4, value="a\u202eb"),
        make.finding("MSH303", line=9),
        make.finding("MSH305", fault=Fault.HOST, line=10, link="https://h/x?sig=s3cr3t"),
    )
    format_, assets, gate = checks(make.report(findings=findings), words=words, summary="all of it")
    assert [(note.line, note.level) for note in format_.annotations] == [(4, "failure"), (3, "notice")]
    assert [(note.line, note.level) for note in assets.annotations] == [(9, "failure"), (10, "notice")]
    assert r"a\u202eb" in format_.annotations[0].message
    assert "s3cr3t" not in assets.annotations[1].message
    assert (gate.annotations, gate.summary) == ((), "all of it")


def test_annotations_are_bounded(make: Any, words: Words) -> None:
    findings = tuple(make.finding(line=n, value="x" * 10_000) for n in range(1, 1_000))
    notes = checks(make.report(findings=findings), words=words)[0].annotations
    assert len(notes) == MAX_ANNOTATIONS
    assert all(len(note.message) <= 2_000 for note in notes)


def test_the_details_url_is_built_from_our_own_parts_only() -> None:
    assert details_url("https://bot.example/", "a/../b?c") == "https://bot.example/reports/a%2F..%2Fb%3Fc"
    assert details_url("", "a") == ""
