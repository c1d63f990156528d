"""Links and headings are found where Markdown has them, and nowhere else, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from rules.finding import Finding
from rules.markdown import headings, links
from rules.page import Page, parse

Make = Callable[..., Page]
Judge = Callable[..., list[Finding]]
PROSE = "LeNet is a small convolutional network."


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[a](b)", ["b"]),
        ("![a](b)", ["b"]),
        ("[a](<b>)", ["<b>"]),
        ('[a](b "c d")', ["b"]),
        ("[a](b_(c))", ["b_(c)"]),
        ("[a](https://b c)", ["https://b c"]),
        ("`[a](b)` and `x`", []),
        ("[a] (b)", []),
        ("```\n[a](b)\n~~~\n[a](b)\n```\n[c](d)", ["d"]),
        ("~~~~ text\n[a](b)\n~~~\n~~~~\n[c](d)", ["d"]),
    ],
)
def test_links(make: Make, line: str, expected: list[str]) -> None:
    page = make((PROSE, line))
    found = [link for link in links(page) if "doi.org" not in link.target]
    assert [link.target for link in found] == expected
    for link in found:
        text = page.lines[link.span.line - 1]
        assert text[link.span.column - 1 : link.span.end_column - 1] == link.target


def test_headings(make: Make) -> None:
    page = make((PROSE, "### Three ###\n\n#no\n\n```\n# code\n```\n\n    # code"))
    assert [(one.level, one.text) for one in headings(page)] == [
        (2, "Introduction"),
        (3, "Three"),
        (2, "Usage"),
        (2, "Citation"),
        (2, "Disclaimer"),
    ]


@pytest.mark.parametrize(
    ("code", "line", "expected"),
    [
        ("MSH403", "[a](https://b.cn/c) [a](#b) [a](mailto:c@d.cn) [a](//b.cn/c)", []),
        ("MSH403", "[a](hhttps://b.cn/c) [a](www.b.cn) [a](http;//b.cn)", []),
        ("MSH403", "[a](b.md) [c](b.md) [d](../e/f.md#g)", ["link", "link"]),
        ("MSH404", "[a](b.md) [a](http-notes.md) [a](https.md)", []),
        ("MSH404", "[a](HTTPS://b.cn/c) [a](<https://b.cn/c>) [ ]()", []),
        ("MSH404", "[a](see the paper) [1](x y)", []),
        ("MSH404", "[a](htps://b.cn/c) [a](https:/b.cn) [a](https//b.cn)", ["scheme"] * 3),
        ("MSH404", "[a](https：//b.cn/c)", ["scheme"]),
    ],
)
def test_cases(make: Make, judge: Judge, code: str, line: str, expected: list[str]) -> None:
    assert [one.variant for one in judge(make((PROSE, line)), code)] == expected


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("hhttps://b.cn/c", "https://b.cn/c"),
        ("https:///b.cn/c", "https://b.cn/c"),
        ("http:/b.cn/c", "http://b.cn/c"),
        ("(https://b.cn/c)", "https://b.cn/c"),
        ("<(https://b.cn/c)>", "https://b.cn/c"),
    ],
)
def test_repairs(make: Make, judge: Judge, written: str, mended: str) -> None:
    (finding,) = judge(make((PROSE, f"[a]({written})")), "MSH404")
    assert finding.suggestion is not None
    assert finding.suggestion.replacement == mended


@pytest.mark.parametrize("piece", ["[", "[](", "[a](b", "[a]((x)", "`", "![](http", "[x](a b ", "# ", "]("])
def test_hostile_bodies_are_read_quickly(judge: Judge, piece: str) -> None:
    body = "\n".join([piece * (4_900 // len(piece))] * 40)
    started = time.process_time()
    judge(parse("mshub_res/assets/mindspore/1.10/x.md", f"# x\n\n---\na: b\n---\n{body}\n"))
    assert time.process_time() - started < 2
