"""Workflow commands carry any text without ending early or becoming two."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from rules.finding import Fault, Finding, Severity, Span
from rules.output import github
from rules.output.result import Result


def finding(path: str, field: str = "x", fault: Fault = Fault.CONTRIBUTOR, end: int = 1) -> Finding:
    values = {"field": field, "meant": "y"}
    span = Span(1, 2, end, 3)
    return Finding("MSH202", "unknown-field", Severity.WARNING, fault, path, span, "", "near", values)


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A command as the runner reads it: level, properties, message."""
    assert line.startswith("::")
    head, _, message = line[2:].partition("::")
    level, _, rest = head.partition(" ")
    properties = dict(pair.split("=", 1) for pair in rest.split(","))
    return level, {name: unquote(value) for name, value in properties.items()}, unquote(message)


@pytest.mark.parametrize("text", ["a,line=9", "a::b", "100%", "%0A::error::", "a b", "中文", "a=b"])
def test_a_text_comes_back_as_it_was(text: str) -> None:
    output = github.render(Result((finding(text, field=text),), 1))
    assert output.count("\n") == 1
    level, places, message = parsed(output.rstrip("\n"))
    assert (level, places["line"], places["col"], places["endColumn"]) == ("warning", "1", "2", "3")
    assert places["file"] == text
    assert places["title"] == "MSH202 unknown-field"
    assert f"the field {text}." in message


@pytest.mark.parametrize("text", ["a\n::error::b", "a\r\n::stop-commands::x", "a\u2028::error::", "\x1b[2J"])
def test_a_text_with_line_ends_stays_one_command(text: str) -> None:
    output = github.render(Result((finding(text, field=text),), 1))
    assert len(output.splitlines()) == 1
    assert "\x1b" not in output


def test_a_range_over_lines_has_no_columns_and_the_unverified_is_a_notice() -> None:
    level, places, _ = parsed(github.render(Result((finding("a", end=3),), 1)))
    assert (level, places["endLine"], "col" in places) == ("warning", "3", False)
    level, _, _ = parsed(github.render(Result((finding("a", fault=Fault.HOST),), 1)))
    assert level == "notice"
