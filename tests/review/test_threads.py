"""When an inline comment has nothing left to say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import FIXED_MARKER, Posted, Thread, ThreadState
from bot.review.threads import answer, fixed
from rules.facts import RemoteState
from rules.finding import Fault

GONE = frozenset({"f" * 16})


def thread(path: str, marks: frozenset[str] = GONE, **changes: Any) -> Thread:
    return replace(Thread(path, marks), **changes)


@pytest.mark.parametrize("state", ThreadState)
def test_only_what_is_open_is_closed(make: Any, state: ThreadState) -> None:
    standing = thread(make.page, state=state)
    assert fixed(make.report(), Posted(threads=(standing,))) == (
        (standing,) if state is ThreadState.OPEN else ()
    )


def test_a_comment_stays_while_one_of_its_findings_is_left(make: Any) -> None:
    left = make.finding()
    both = thread(make.page, GONE | {left.fingerprint})
    report = make.report(findings=(left,))
    assert fixed(report, Posted(threads=(both,))) == ()
    assert fixed(make.report(), Posted(threads=(both,))) == (both,)


def test_a_finding_that_weighs_less_by_now_is_still_left(make: Any) -> None:
    left = make.finding(fault=Fault.POLICY)
    standing = thread(make.page, frozenset({left.fingerprint}))
    assert fixed(make.report(findings=(left,)), Posted(threads=(standing,))) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"finished_at": None},
        {"finished_at": None, "files": ()},
        {"trouble": "forge"},
        {"trouble": "counts"},
        {"trouble": "superseded"},
        {"wanted": 2},
    ],
)
def test_half_a_review_closes_nothing(make: Any, changes: dict[str, Any]) -> None:
    assert fixed(make.report(**changes), Posted(threads=(thread(make.page),))) == ()


def test_what_could_not_be_verified_on_one_page_holds_up_that_page_only(make: Any) -> None:
    unknown = make.finding("MSH305", fault=Fault.HOST, link=make.url)
    report = make.report(findings=(unknown,), files=(make.file(RemoteState.UNVERIFIED),))
    here, there = thread(make.page), thread("other.md")
    assert fixed(report, Posted(threads=(here, there))) == (there,)


def test_an_unknown_without_a_page_holds_up_all(make: Any) -> None:
    report = make.report(findings=(make.finding(fault=Fault.BOT, path=""),))
    assert fixed(report, Posted(threads=(thread("other.md"),))) == ()


def test_the_answer_names_the_commit(make: Any) -> None:
    assert answer(make.report()) == f"{FIXED_MARKER} -->\nFixed in {make.sha}."
    assert answer(make.report(language="zh")).endswith(f"已在提交 {make.sha} 中修复。")
    assert answer(make.report(head_sha="@all")).endswith("Fixed in ` @all `.")
