"""Which lines a report keeps."""

from __future__ import annotations

from dataclasses import replace

from bot.model import Excerpt, PullRef, Report
from bot.review import excerpts
from bot.review.report import from_json, to_json
from rules.finding import Fault, Finding, Severity, Span

LINES = [f"line {n}" for n in range(1, 101)]
ONE = Finding("MSH205", "module-type", Severity.ERROR, Fault.CONTRIBUTOR, "a.md", Span(5, 1, 5, 3))


def test_a_finding_keeps_its_line_and_its_neighbours() -> None:
    kept = excerpts.excerpts((ONE,), {"a.md": LINES})
    assert kept == tuple(Excerpt("a.md", n, f"line {n}") for n in (3, 4, 5, 6, 7))


def test_blank_neighbours_say_nothing() -> None:
    kept = excerpts.excerpts((ONE,), {"a.md": ["above", "", "", " ", "here", "", "below"]})
    assert [one.text for one in kept] == ["here", "below"]


def test_nothing_is_kept_of_what_is_not_there() -> None:
    spans = (Span(0, 0, 0, 0), Span(900, 1, 901, 1))
    nowhere = (replace(ONE, path="gone.md"), *(replace(ONE, span=span) for span in spans))
    assert excerpts.excerpts(nowhere, {"a.md": LINES}) == ()


def test_a_long_span_and_a_long_line_are_bounded() -> None:
    kept = excerpts.excerpts((replace(ONE, span=Span(5, 1, 90, 1)),), {"a.md": LINES})
    assert [one.line for one in kept] == list(range(3, 5 + excerpts.MAX_SPAN + excerpts.AROUND))
    assert excerpts.excerpts((replace(ONE, span=Span(1, 1, 1, 2)),), {"a.md": ["x" * 2000]}) == ()


def test_many_findings_keep_the_worst_within_the_bounds() -> None:
    many = [
        replace(ONE, path=f"{n:04}.md", severity=Severity.WARNING, values={"v": str(n)}) for n in range(2_000)
    ]
    worst = replace(ONE, path="z.md")
    kept = excerpts.excerpts([*many, worst], {f.path: ["y" * 90] * 9 for f in (*many, worst)})
    assert len(kept) <= excerpts.MAX_LINES
    assert sum(len(one.text) for one in kept) <= excerpts.MAX_CHARACTERS
    assert [one.line for one in kept if one.path == "z.md"] == [3, 4, 5, 6, 7]


def test_the_same_problem_on_many_pages_keeps_a_few() -> None:
    alike = [replace(ONE, path=f"{n}.md") for n in range(50)]
    kept = excerpts.excerpts(alike, {one.path: LINES for one in alike})
    assert len({one.path for one in kept}) == excerpts.SAME


def test_the_lines_are_stored_with_the_report() -> None:
    report = Report("r", PullRef("github", "o/n", 1), "t", "", "a", "en", "h", "m", 1.0)
    report = replace(report, excerpts=(Excerpt("a.md", 4, "\ud800 <b>"),))
    assert from_json(to_json(report)) == report
