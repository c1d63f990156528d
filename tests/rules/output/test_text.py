"""The marker of a code frame stands below what it marks, whatever the line is made of."""

from __future__ import annotations

import pytest

from rules.finding import Fault, Finding, Severity, Span, Suggestion
from rules.output import concise, markdown, text
from rules.output.result import Result
from rules.output.visible import visible, width

PATH = "mshub_res/assets/a/1.1/b.md"


def finding(span: Span, **more: str) -> Finding:
    return Finding(
        rule="MSH202",
        name="unknown-field",
        severity=Severity.ERROR,
        fault=Fault.CONTRIBUTOR,
        path=PATH,
        span=span,
        variant="near",
        values={"field": "x", "meant": "y", **more},
        suggestion=Suggestion(span, more.get("meant", "y")),
    )


def frame(line: str, start: int, end: int) -> tuple[str, str]:
    """The source line and the line with the marker, without their gutters."""
    span = Span(1, start, 1, end)
    rows = text.render(Result((finding(span),), 1, lines={PATH: (line,)})).split("\n")
    assert rows[2] == "  |"
    return rows[3].removeprefix("1 | "), rows[4].removeprefix("  | ")


@pytest.mark.parametrize(
    ("line", "marked", "shown", "pad", "length"),
    [
        ("abc: def", "def", "abc: def", 5, 3),
        ("模型名称：x", "x", "模型名称：x", 10, 1),
        ("abc: 中文", "中文", "abc: 中文", 5, 4),
        ("ａ１: x", "x", "ａ１: x", 6, 1),
        ("ｱ: x", "x", "ｱ: x", 3, 1),
        ("é: x", "x", "é: x", 3, 1),
        ("e\u0301: x", "x", "e\u0301: x", 3, 1),
        ("ก\u0e31: x", "x", "ก\u0e31: x", 3, 1),
        ("a\tb: x", "x", "a<U+0009>b: x", 12, 1),
        ("a\x1b[31mb: x", "x", "a<U+001B>[31mb: x", 16, 1),
        ("a\u202eb: x", "x", "a<U+202E>b: x", 12, 1),
        ("a: \u200bx", "\u200bx", "a: <U+200B>x", 3, 9),
        ("🙂: x", "x", "🙂: x", 4, 1),
        ("abc:", "", "abc:", 4, 1),
    ],
)
def test_the_marker_is_below(line: str, marked: str, shown: str, pad: int, length: int) -> None:
    start = line.index(marked) + 1 if marked else len(line) + 1
    source, marker = frame(line, start, start + len(marked))
    assert source == shown
    assert marker == " " * pad + "^" * length
    assert width(source[: source.index(visible(marked))] if marked else source) == pad


def test_a_long_line_is_cut_around_the_marker() -> None:
    source, marker = frame("文" * 400 + "x" + "y" * 400, 401, 402)
    assert len(source) <= text.WINDOW + 1
    assert source.startswith("…文")
    assert source[marker.index("^") - 50] == "x"  # fifty wide characters before it
    assert marker.strip() == "^"


def test_a_long_value_is_cut_and_so_is_its_marker() -> None:
    source, marker = frame("a: " + "x" * 5_000, 4, 5_004)
    assert len(source) == len(marker) == 3 + text.WINDOW + 1
    assert source.endswith("…")


def test_a_span_over_several_lines_is_marked_on_its_first() -> None:
    found = finding(Span(2, 3, 4, 2))
    rows = text.render(Result((found,), 1, lines={PATH: ("", "abcd", "e", "f")})).split("\n")
    assert rows[3:5] == ["2 | abcd", "  |   ^^"]


def test_no_frame_where_the_text_is_not_at_hand() -> None:
    for span in (Span(9, 1, 9, 2), Span(0, 1, 0, 1)):
        shown = text.render(Result((finding(span),), 1, lines={PATH: ("a",)}))
        assert " | " not in shown


@pytest.mark.parametrize("hostile", ["\x1b]0;x\x07", "a\nerror[MSH000] forged", "\u202egnp", "\r::error::"])
def test_a_value_can_neither_act_nor_start_a_line(hostile: str) -> None:
    span = Span(1, 1, 1, 2)
    result = Result((finding(span, field=hostile, meant=hostile),), 1, lines={PATH: (hostile,)})
    for render in (text.render, concise.render, markdown.render):
        shown = render(result)
        assert not set("\x1b\x07\r\u202e") & set(shown)
        assert not [line for line in shown.split("\n") if line.startswith(("error[MSH000]", "::"))]


LONG = f"asset-sha256: {'5c7b8383' * 8}"


@pytest.mark.parametrize("columns", [10, 24, 40, 80, 120])
@pytest.mark.parametrize(
    ("line", "start", "end"),
    [
        (LONG, 15, len(LONG) + 1),
        ("标题：" * 40, 60, 70),
        ("a " * 90, 150, 152),
        ("摘要" * 60, 1, 3),
        ("abc", 4, 4),
    ],
)
def test_in_a_narrow_terminal_no_frame_is_folded(line: str, start: int, end: int, columns: int) -> None:
    span = Span(7, start, 7, end)
    rows = text.render(
        Result((finding(span),), 1, lines={PATH: ("",) * 6 + (line,)}), columns=columns
    ).splitlines()
    source, marker = rows[3], rows[4]
    assert max(width(source), width(marker)) < max(columns, text.NARROWEST + len("7 | ") + 1)
    assert "^" in marker
    begin = width(marker[: marker.index("^")])
    if line.isascii() and end > start:
        assert source[begin] == line[start - 1]


@pytest.mark.parametrize(("lang", "words"), [("en", "delete what is marked"), ("zh", "请删除标记处")])
def test_what_is_to_go_is_said_so(lang: str, words: str) -> None:
    found = finding(Span(1, 2, 1, 3), meant="")
    assert f"= {words}\n" in text.render(Result((found,), 1, lang, lines={PATH: ("a ",)}))
