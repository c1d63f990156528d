"""Comments on one line, and suggestions only where the repair loses nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.review.inline import inline
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
    body = inline(findings, voice, line=LINE)
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
    ],
)
def test_lossless_repairs_are_suggested(
    make: Any, voice: Voice, text: str, edits: list[Suggestion], expected: str
) -> None:
    findings = [make.finding(suggestion=each, mark=str(n)) for n, each in enumerate(edits)]
    body = inline(findings, voice, line=LINE, line_text=text)
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
        ("a", edit(1, 2, "b\nc"), {}),
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
    body = inline([make.finding(suggestion=each, **changes)], voice, line=LINE, line_text=text)
    assert "suggestion" not in body


def test_many_findings_on_a_line_are_bounded(make: Any, voice: Voice) -> None:
    findings = [make.finding(mark=str(n), value="x" * 10_000) for n in range(50)]
    body = inline(findings, voice, line=LINE, elsewhere=216)
    assert "45 more findings on this line are in the summary." in body
    assert "The same on 216 more pages" in body
    assert len(body) < 5_000
    assert all(finding.fingerprint in body for finding in findings)
