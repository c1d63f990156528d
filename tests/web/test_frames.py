"""The lines of a page around a finding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.web.frames import frame, replaced
from rules.finding import Fault, Finding, Severity, Span, Suggestion

ONE = Finding("MSH205", "module-type", Severity.ERROR, Fault.CONTRIBUTOR, "a.md", Span(1, 1, 1, 1))
LINES = {1: "one", 2: "abcdef", 3: "three", 4: "four"}
FOUR = (4, "four", "", "")


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (
            Span(2, 3, 2, 5),
            [(1, "one", "", ""), (2, "ab", "cd", "ef"), (3, "three", "", ""), (4, "four", "", "")],
        ),
        (
            Span(1, 2, 2, 3),
            [(1, "o", "ne", ""), (2, "", "ab", "cdef"), (3, "three", "", ""), (4, "four", "", "")],
        ),
        (Span(9, 1, 9, 2), []),
        (Span(0, 0, 0, 0), []),
        (Span(4, 90, 4, 99), [(2, "abcdef", "", ""), (3, "three", "", ""), (4, "four", "", "")]),
    ],
)
def test_the_lines_of_a_finding(span: Span, shown: list[tuple[int, str, str, str]]) -> None:
    lines = frame(replace(ONE, span=span), LINES)
    assert [(line.number, line.before, line.marked, line.after) for line in lines] == shown
    assert all(line.beside != (span.line <= line.number <= span.end_line) for line in lines)


def test_a_suggestion_as_the_line_would_be() -> None:
    one = replace(ONE, suggestion=Suggestion(Span(2, 4, 2, 6), "XY"))
    assert replaced(one, LINES) == "abcXYf"
    assert replaced(replace(ONE, suggestion=Suggestion(Span(2, 4, 3, 1), "XY")), LINES) == ""
    assert replaced(one, {}) == replaced(ONE, LINES) == ""
