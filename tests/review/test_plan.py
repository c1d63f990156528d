"""A plan is the difference: applied once, there is none left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import CheckState, Comment, Posted, Report, Thread, ThreadState, User
from bot.review.plan import MAX_INLINE, NEEDS_FIX, VERIFIED, Plan, plan
from bot.review.report import SUPERSEDED
from bot.review.words import Words
from rules.facts import RemoteState
from rules.finding import Fault, Severity, Span, Suggestion

Planner = Callable[..., Plan]
BOT = User(1, "hubbot", True)
NOTHING: dict[str, Any] = {"paths": (), "files": (), "wanted": 0}
STARTED = NOTHING | {"finished_at": None}


def patch(lines: int = 60) -> str:
    return f"@@ -0,0 +1,{lines} @@\n" + "\n".join(f"+line {n}" for n in range(1, lines + 1))


def applied(posted: Posted, made: Plan) -> Posted:
    """What stands on the pull request once the plan has been carried out."""
    summaries = tuple(comment for comment in posted.summaries if comment not in made.duplicates)
    if made.summary is not None and made.existing is None:
        summaries = (*summaries, Comment("new", BOT, made.summary))
    elif made.summary is not None and made.existing is not None:
        edited = replace(made.existing, body=made.summary)
        summaries = tuple(edited if comment.id == edited.id else comment for comment in summaries)
    said = {fingerprint for comment in made.inline for fingerprint in comment.fingerprints}
    closed = {fingerprint for thread in made.fixed for fingerprint in thread.fingerprints}
    threads = tuple(
        replace(thread, state=ThreadState.DONE) if thread in made.fixed else thread
        for thread in posted.threads
    )
    return Posted(
        summaries=summaries,
        threads=threads,
        fingerprints=(posted.fingerprints - closed) | said,
        checks={**posted.checks, **{check.context: (check.state, check.title) for check in made.checks}},
        labels=(posted.labels | set(made.add_labels)) - set(made.remove_labels),
    )


@pytest.fixture(scope="session")
def planned(words: Words) -> Planner:
    def make_plan(report: Report, posted: Posted | None = None, patches: Any = None, **changes: Any) -> Plan:
        if patches is None:
            patches = {finding.path: patch() for finding in report.findings}
        return plan(
            report, posted or Posted(), patches, words=words, public_url="https://bot.example", **changes
        )

    return make_plan


POSTED = st.builds(
    Posted,
    summaries=st.lists(
        st.builds(Comment, st.uuids().map(str), st.just(BOT), st.text(max_size=5)), max_size=3
    ).map(tuple),
    fingerprints=st.frozensets(st.text(max_size=3), max_size=3),
    checks=st.dictionaries(
        st.sampled_from(["hubbot/format", "hubbot/gate", "ci/other"]),
        st.tuples(st.sampled_from(CheckState), st.text(max_size=5)),
    ),
    labels=st.frozensets(st.sampled_from([VERIFIED, NEEDS_FIX, "hubbot:hold", "bug"])),
    threads=st.lists(
        st.builds(
            Thread,
            st.sampled_from(["", "a.md"]),
            st.frozensets(st.text(max_size=3), max_size=2),
            st.sampled_from(ThreadState),
            st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_applied_once_there_is_nothing_left(
    reports: st.SearchStrategy[Report], planned: Planner, data: st.DataObject
) -> None:
    report, posted = data.draw(reports), data.draw(POSTED)
    patches = {
        finding.path: data.draw(st.none() | st.just(patch(9)) | st.text()) for finding in report.findings
    }
    first = planned(report, posted, patches)
    assert planned(report, applied(posted, first), patches).is_empty


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_many_findings_on_many_lines_settle_as_well(make: Any, planned: Planner, data: st.DataObject) -> None:
    spots = data.draw(
        st.lists(
            st.tuples(
                st.integers(0, 3), st.integers(1, 60), st.sampled_from("abc"), st.sampled_from(Severity)
            ),
            max_size=80,
            unique=True,
        )
    )
    findings = tuple(make.finding(path=f"{p}.md", line=n, severity=s, value=v) for p, n, v, s in spots)
    report = make.report(findings=findings)
    posted = Posted(
        fingerprints=frozenset(f.fingerprint for f in findings if data.draw(st.integers(0, 3)) == 0)
    )
    first = planned(report, posted)
    assert len(first.inline) <= MAX_INLINE
    assert len({(comment.path, comment.line) for comment in first.inline}) == len(first.inline)
    said = [fingerprint for comment in first.inline for fingerprint in comment.fingerprints]
    assert not posted.fingerprints & set(said)
    assert len(said) == len(set(said))
    assert planned(report, applied(posted, first)).is_empty


def test_nothing_is_said_where_no_asset_page_changed(make: Any, planned: Planner) -> None:
    made = planned(make.report(**NOTHING))
    assert (made.summary, made.inline, made.add_labels) == (None, (), ())
    assert [check.state for check in made.checks] == [CheckState.SUCCESS] * 3


def test_what_stands_is_brought_up_to_date_where_pages_are_gone(make: Any, planned: Planner) -> None:
    standing = Comment("5", BOT, "old")
    made = planned(make.report(**NOTHING), Posted(summaries=(standing,), labels=frozenset({NEEDS_FIX})))
    assert made.existing == standing
    assert "nothing to check" in str(made.summary)
    assert made.remove_labels == (NEEDS_FIX,)


def test_the_oldest_summary_is_edited_and_the_others_go(make: Any, planned: Planner) -> None:
    first, second, third = (Comment(id_, BOT, "x") for id_ in ("1", "2", "3"))
    made = planned(make.report(), Posted(summaries=(first, second, third)))
    assert (made.existing, made.duplicates) == (first, (second, third))


def test_an_identical_summary_is_not_written(make: Any, planned: Planner) -> None:
    report = make.report()
    body = planned(report).summary
    made = planned(report, Posted(summaries=(Comment("1", BOT, str(body)),)))
    assert (made.summary, made.existing) == (None, None)


@pytest.mark.parametrize(
    ("changes", "stands", "written"),
    [
        (STARTED, False, False),
        (STARTED, True, False),
        ({"finished_at": None, "files": ()}, False, False),
        ({"finished_at": None, "files": ()}, True, True),
        ({"finished_at": None, "files": (), "findings": True}, False, True),
        ({}, False, True),
        ({"trouble": "counts"} | NOTHING, False, True),
    ],
)
def test_when_a_summary_is_written(
    make: Any, planned: Planner, changes: dict[str, Any], stands: bool, written: bool
) -> None:
    if changes.get("findings"):
        changes = changes | {"findings": (make.finding(),)}
    posted = Posted(summaries=(Comment("1", BOT, "old"),) if stands else ())
    assert (planned(make.report(**changes), posted).summary is not None) is written


def test_a_superseded_run_writes_nothing(make: Any, planned: Planner) -> None:
    posted = Posted(summaries=(Comment("1", BOT, "x"), Comment("2", BOT, "y")), labels=frozenset({VERIFIED}))
    assert planned(make.report(trouble=SUPERSEDED, findings=(make.finding(),)), posted).is_empty


def test_only_lines_of_the_diff_take_comments(make: Any, planned: Planner) -> None:
    findings = (
        make.finding(line=2),
        make.finding(line=61),
        make.finding(path="no-patch.md"),
        make.finding(path="not-changed.md"),
    )
    patches = {make.page: patch(), "no-patch.md": None}
    made = planned(make.report(findings=findings), Posted(), patches)
    assert [(comment.path, comment.line) for comment in made.inline] == [(make.page, 2)]
    for finding in findings:
        assert f"line {finding.span.line}" in str(made.summary)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, True),
        ({"severity": Severity.WARNING}, True),
        ({"severity": Severity.NOTICE}, False),
        ({"fault": Fault.HOST}, False),
        ({"fault": Fault.BOT}, False),
        ({"fault": Fault.POLICY}, False),
    ],
)
def test_only_what_the_author_can_mend_is_said_inline(
    make: Any, planned: Planner, changes: dict[str, Any], said: bool
) -> None:
    assert bool(planned(make.report(findings=(make.finding(**changes),))).inline) is said


def test_findings_of_one_line_share_a_comment(make: Any, planned: Planner) -> None:
    findings = (make.finding(value="a"), make.finding("MSH207", value="b"))
    made = planned(make.report(findings=findings))
    assert len(made.inline) == 1
    assert set(made.inline[0].fingerprints) == {finding.fingerprint for finding in findings}
    assert made.review_body


def test_the_same_on_many_pages_is_said_on_the_first_only(make: Any, planned: Planner) -> None:
    findings = tuple(make.finding(path=f"{n}.md", value="v1.2") for n in range(217))
    made = planned(make.report(findings=findings))
    assert [comment.path for comment in made.inline] == ["0.md"]
    assert "The same on 216 more pages" in made.inline[0].body


def test_what_was_said_on_one_page_is_not_said_on_the_next_push_for_another(
    make: Any, planned: Planner
) -> None:
    old, new = make.finding(path="a.md", value="v1.2"), make.finding(path="b.md", value="v1.2")
    made = planned(make.report(findings=(old, new)), Posted(fingerprints=frozenset({old.fingerprint})))
    assert made.inline == ()


def test_what_was_mended_leaves_room_for_what_is_new(make: Any, planned: Planner) -> None:
    gone = frozenset(f"{n:016x}" for n in range(100))
    findings = tuple(make.finding(line=n, value=str(n)) for n in range(1, 41))
    assert len(planned(make.report(findings=findings), Posted(fingerprints=gone)).inline) == MAX_INLINE


def test_a_repair_of_several_lines_is_placed_on_all_of_them(make: Any, planned: Planner) -> None:
    repair = Suggestion(Span(12, 6, 13, 8), "x")
    long = make.finding(line=12, suggestion=repair, mark="long")
    short = make.finding(line=13, mark="short")
    (comment,) = planned(make.report(findings=(long, short))).inline
    assert (comment.start_line, comment.line) == (12, 13)
    assert set(comment.fingerprints) == {long.fingerprint, short.fingerprint}
    assert "```suggestion\nline x\n```" in comment.body


@pytest.mark.parametrize("lines", [2, 12])
def test_a_repair_that_the_diff_does_not_show_whole_is_only_described(
    make: Any, planned: Planner, lines: int
) -> None:
    finding = make.finding(
        line=2 if lines == 2 else 12, suggestion=Suggestion(Span(lines, 1, lines + 1, 2), "x")
    )
    made = planned(make.report(findings=(finding,)), Posted(), {make.page: patch(lines)})
    assert [(c.line, c.start_line) for c in made.inline] == [(lines, 0)]
    assert "suggestion" not in made.inline[0].body


def test_what_must_be_fixed_is_said_before_advice(make: Any, planned: Planner) -> None:
    advice = tuple(make.finding(line=n, severity=Severity.WARNING, value=str(n)) for n in range(1, 41))
    made = planned(make.report(findings=(*advice, make.finding(line=50))))
    assert made.inline[0].line == 50


def test_only_checks_that_differ_are_written(make: Any, planned: Planner) -> None:
    report = make.report()
    all_three = {check.context: (check.state, check.title) for check in planned(report).checks}
    assert len(all_three) == 3
    stale = all_three | {"hubbot/assets": (CheckState.PENDING, "137 of 479")}
    assert [check.context for check in planned(report, Posted(checks=stale)).checks] == ["hubbot/assets"]


@pytest.mark.parametrize(
    ("changes", "standing", "add", "remove"),
    [
        ({}, set(), (VERIFIED,), ()),
        ({}, {NEEDS_FIX, "bug"}, (VERIFIED,), (NEEDS_FIX,)),
        ({}, {VERIFIED}, (), ()),
        ({"red": True}, {VERIFIED}, (NEEDS_FIX,), (VERIFIED,)),
        (STARTED, {VERIFIED, "hubbot:hold"}, (), ("hubbot:hold", VERIFIED)),
        (STARTED, {NEEDS_FIX}, (), ()),
        ({"finished_at": None, "files": ()}, {NEEDS_FIX, VERIFIED}, (), (VERIFIED,)),
        ({"finished_at": None, "files": (), "red": True}, set(), (NEEDS_FIX,), ()),
        ({"trouble": "forge"}, {VERIFIED, NEEDS_FIX}, (), (NEEDS_FIX, VERIFIED)),
        ({"wanted": 2}, {VERIFIED}, (), (VERIFIED,)),
        (NOTHING, {VERIFIED}, (), (VERIFIED,)),
    ],
)
def test_labels_are_projections(
    make: Any,
    planned: Planner,
    changes: dict[str, Any],
    standing: set[str],
    add: Sequence[str],
    remove: Sequence[str],
) -> None:
    changes = dict(changes)
    if changes.pop("red", False):
        changes["findings"] = (make.finding(),)
    made = planned(make.report(**changes), Posted(labels=frozenset(standing)))
    assert (made.add_labels, made.remove_labels) == (add, remove)


def test_a_file_that_fails_later_takes_the_label_away(make: Any, planned: Planner) -> None:
    posted = applied(Posted(), planned(make.report()))
    report = make.report(files=(make.file(RemoteState.UNVERIFIED),))
    assert planned(report, posted).remove_labels == (VERIFIED,)
