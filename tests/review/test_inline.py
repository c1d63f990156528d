"""Comments on one line, and suggestions only where the repair loses nothing."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import cmarkgfm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.review.inline import inline, repaired, suggestion_block
from bot.review.sections import Voice
from bot.review.words import Words
from rules.finding import Fault, Span, Suggestion

LINE = 12
DIGEST = "B2F7FE14" * 8


def edit(column: int, end_column: int, replacement: str, line: int = LINE) -> Suggestion:
    return Suggestion(Span(line, column, line, end_column), replacement)


@pytest.fixture
def voice(words: Words) -> Voice:
    return Voice("en", words, "https://bot.example.org")


def test_a_comment_carries_its_fingerprints_first(make: Any, voice: Voice) -> None:
    findings = [make.finding(mark="a"), make.finding(mark="b")]
    body = inline(findings, voice)
    expected = f"<!-- hubbot:finding {findings[0].fingerprint} {findings[1].fingerprint} -->"
    assert body.splitlines()[0] == expected
    assert body.count("**Must fix** · [MSH206](https://bot.example.org/rules/MSH206)") == 2
    assert "Mend it." in body


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("model-version: v1.2", [edit(16, 20, "1.2")], "model-version: 1.2"),
        ("model-version: v1.2\r", [edit(16, 20, "1.2")], "model-version: 1.2"),
        (f"sha256: {DIGEST}", [edit(9, 73, DIGEST.lower())], f"sha256: {DIGEST.lower()}"),
        (f"sha256: {DIGEST[:9]} {DIGEST[9:]}", [edit(9, 74, DIGEST.lower())], f"sha256: {DIGEST.lower()}"),
        ("a b c", [edit(1, 2, "x"), edit(5, 6, "y")], "x b y"),
        ("a b c", [edit(5, 6, "y"), edit(5, 6, "y")], "a b y"),
        ("abc", [edit(1, 3, "x"), edit(2, 4, "y")], "ay"),
        ("a\u200bb", [edit(2, 3, "")], "ab"),
        ("名称：谷歌", [edit(3, 4, ": ")], "名称: 谷歌"),
        ("a ``` b", [edit(1, 2, "c")], "c ``` b"),
        ("a", [edit(1, 2, "b\nc")], "b\nc"),
        ("</details>", [edit(1, 1, "# ")], "# </details>"),
        ("<!-- x", [edit(1, 1, "~~~ ")], "~~~ <!-- x"),
    ],
)
def test_lossless_repairs_are_suggested(
    make: Any, voice: Voice, text: str, edits: list[Suggestion], expected: str
) -> None:
    findings = [make.finding(suggestion=each, mark=str(n)) for n, each in enumerate(edits)]
    body = inline(findings, voice, first_line=LINE, lines=(text,))
    fence = "````" if "```" in text else "```"
    assert body.endswith(f"\n{fence}suggestion\n{expected}\n{fence}\n")


@pytest.mark.parametrize(
    ("text", "each", "changes"),
    [
        ("a", None, {}),
        (None, edit(1, 2, "b"), {}),
        ("a", edit(1, 2, "a"), {}),
        ("a", edit(1, 2, "b", line=LINE + 1), {}),
        ("a", Suggestion(Span(LINE, 1, LINE + 1, 2), "b"), {}),
        ("a", edit(0, 1, "b"), {}),
        ("a", edit(1, 9, "b"), {}),
        ("a", edit(2, 1, "b"), {}),
        ("a", edit(1, 2, "b\n"), {}),
        ("a", edit(1, 2, "b\rc"), {}),
        ("a", edit(1, 2, "b\u2028c"), {}),
        ("a", edit(1, 2, "b\n" * 30 + "c"), {}),
        ("a", edit(1, 2, "`" * 61), {}),
        ("a", edit(1, 2, "b\u202e"), {}),
        ("a", edit(1, 2, "  "), {}),
        ("a" * 2_000, edit(1, 2, "b"), {}),
        ("sha256: x", edit(9, 10, "0" * 64), {}),
        (f"sha256: {DIGEST}", edit(9, 73, "0" * 64), {}),
        (f"sha256: {DIGEST}", edit(9, 73, DIGEST.lower()), {"rule": "MSH303"}),
        ("a", edit(1, 2, "b"), {"fault": Fault.BOT}),
        ("a", edit(1, 2, "b"), {"fault": Fault.HOST}),
    ],
)
def test_nothing_else_is_suggested(
    make: Any, voice: Voice, text: str | None, each: Suggestion | None, changes: dict[str, Any]
) -> None:
    lines = () if text is None else (text,)
    body = inline([make.finding(suggestion=each, **changes)], voice, first_line=LINE, lines=lines)
    assert "suggestion" not in body


def test_many_findings_on_a_line_are_bounded(make: Any, voice: Voice) -> None:
    findings = [make.finding(mark=str(n), value="x" * 10_000) for n in range(50)]
    body = inline(findings, voice, elsewhere=216)
    assert "45 more findings on this line are in the summary." in body
    assert "The same on 216 more pages" in body
    assert len(body) < 5_000
    assert all(finding.fingerprint in body for finding in findings)


def over(first: tuple[int, int], last: tuple[int, int], replacement: str) -> Suggestion:
    return Suggestion(Span(*first, *last), replacement)


@pytest.mark.parametrize(
    ("lines", "edits", "expected"),
    [
        (("a: x", "   y"), [over((12, 4), (13, 5), "xy")], "a: xy"),
        (("a: x\r", "   y\r"), [over((12, 4), (13, 5), "xy")], "a: xy"),
        (("a: x\r", "   y\r"), [over((12, 4), (13, 5), "x\r\n  z")], "a: x\n  z"),
        (("a: x", "   y", "b: z"), [over((12, 4), (13, 5), "xy"), edit(4, 5, "Z", 14)], "a: xy\nb: Z"),
        (("a: `", "```"), [over((12, 1), (12, 2), "b")], "b: `\n```"),
        (("一: x", "   y"), [over((12, 2), (13, 4), ": ")], "一: y"),
        (("a: x", "   y"), [over((12, 4), (13, 5), "xy"), edit(4, 5, "z")], "a: xy"),
    ],
)
def test_repairs_of_several_lines_are_one_suggestion(
    make: Any, voice: Voice, lines: tuple[str, ...], edits: list[Suggestion], expected: str
) -> None:
    findings = [make.finding(suggestion=each, mark=str(n)) for n, each in enumerate(edits)]
    body = inline(findings, voice, first_line=LINE, lines=lines)
    fence = "````" if "```" in expected else "```"
    assert body.endswith(f"\n{fence}suggestion\n{expected}\n{fence}\n")


@pytest.mark.parametrize(
    "each",
    [
        over((12, 4), (14, 1), "xy"),
        over((11, 1), (12, 2), "xy"),
        over((12, 4), (13, 6), "xy"),
        over((12, 9), (13, 5), "xy"),
        over((13, 5), (12, 1), "xy"),
        over((12, 4), (13, 5), "0" * 64),
        over((12, 1), (13, 5), "\n"),
    ],
)
def test_what_leaves_its_lines_or_brings_a_digest_is_not_suggested(
    make: Any, voice: Voice, each: Suggestion
) -> None:
    body = inline([make.finding(suggestion=each)], voice, first_line=LINE, lines=("a: x", "   y"))
    assert "suggestion" not in body


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.text(alphabet="ab`~\r<>-! 一", max_size=12), min_size=1, max_size=4),
    st.lists(
        st.builds(
            Suggestion,
            st.builds(Span, st.integers(11, 16), st.integers(0, 14), st.integers(11, 16), st.integers(0, 14)),
            st.text(alphabet="ab`~<>-!\n 一", max_size=12),
        ),
        max_size=3,
    ),
)
def test_a_suggestion_is_always_one_block_that_holds_just_the_new_lines(
    make: Any, lines: list[str], edits: list[Suggestion]
) -> None:
    findings = [make.finding(suggestion=each, mark=str(n)) for n, each in enumerate(edits)]
    block = suggestion_block(findings, LINE, lines)
    if not block:
        return
    root = ET.fromstring(f"<x>{cmarkgfm.github_flavored_markdown_to_html(block)}</x>")
    (pre,) = list(root)
    (code,) = list(pre)
    assert (pre.tag, pre.get("lang")) == ("pre", "suggestion")
    assert not list(code)
    stripped = [line.removesuffix("\r") for line in lines]
    assert code.text == repaired(stripped, LINE, set(edits)) + "\n"
