"""Nothing that a contributor writes gets out of its code span, by the Markdown engine that GitHub uses."""

from __future__ import annotations

import re
import unicodedata
from xml.etree import ElementTree as ET

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.review.text import ELLIPSIS, SPAN_LIMIT, plain, shown, shown_plain, span, without_secrets

HOSTILE = [
    "@everyone @mindspore/maintainers ＠all",
    "![x](https://evil.example/p.png)",
    "[click](javascript:alert(1))",
    "<https://evil.example> www.evil.example a@evil.example",
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "--> <b>out</b> <!--",
    "<!-- hubbot:summary v1 sha=0 run=0 verdict=passed -->",
    "</details></td></tr></table>",
    "a | b | c",
    r"a \| b",
    r"a \\| b \\\| c",
    "|" * 20,
    "\\" * 7 + "|",
    "`",
    "``",
    "` | `",
    "`` ` ```",
    "```\ncode\n```",
    "~~~\ncode\n~~~",
    "\n# ✅ All checks passed\n",
    "\r\n\r\n- [x] done",
    "a\u2028b\u2029c\x0bd\x0ce\x85f",
    "\u202egnp.exe\u2066",
    "a\u200bb\u200d\ufeff\u00ad\u2060",
    "\ud800 lone",
    "\x00\x1b[31mred\x07",
    "z" + "\u0301" * 500,
    "\U000e0041\U000e0042 tag\ufe0f",
    "#123 GH-1 fixes #1 " + "a" * 40,
    "$`x`$ $$y$$ :tada:",
    "&lt;b&gt; &amp; &#64;",
    "{% raw %} {{ x }} ${x}",
    "",
    " ",
    "   ",
    "\\",
    "[^1]: foot\n[^1]",
    "*" * 40 + "_" * 40 + "~~",
    "x" * 60_000,
    "`" * 60_000,
    "`" * 79,
    "`" * 80 + "<b>" + "`" * 81,
    "|" * 60_000,
    "\n" * 60_000,
]


def table(text: str) -> ET.Element:
    """A row of three cells, the middle one holding the span of `text`, as GitHub renders it."""
    source = f"| a | b | c |\n|---|---|---|\n| one | {span(text)} | three |\n"
    html = cmarkgfm.github_flavored_markdown_to_html(source, options=Options.CMARK_OPT_UNSAFE)
    return ET.fromstring(f"<x>{html}</x>")


def assert_contained(text: str) -> None:
    root = table(text)
    cells = [cell for row in root.iter("tr") for cell in row]
    assert [cell.tag for cell in cells] == ["th"] * 3 + ["td"] * 3
    assert (cells[3].text, cells[5].text) == ("one", "three")
    middle = cells[4]
    assert [child.tag for child in middle] == ["code"]
    assert not list(middle[0])
    assert not (middle.text or "").strip()
    assert not (middle[0].tail or "").strip()
    for character in middle[0].text or "":
        assert character == " " or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_in_its_code_span(text: str) -> None:
    assert_contained(text)
    assert len(span(text)) <= 3 * SPAN_LIMIT + 4


@settings(max_examples=6_000, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.text(alphabet="`|\\ \n<>!-[]()*_~#&;@$a1", max_size=40),
        st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=20),
    )
)
def test_random_text_stays_in_its_code_span(text: str) -> None:
    assert_contained(text)


@pytest.mark.parametrize("prefix", ["", "- ", "#### ", "**", "1. ", "text "])
@pytest.mark.parametrize("text", ["``` x", "a\n- b", "<b>", "`", "[x](y)", "@all"])
def test_a_span_is_safe_anywhere_in_a_line(prefix: str, text: str) -> None:
    suffix = "**" if prefix == "**" else ""
    html = cmarkgfm.github_flavored_markdown_to_html(f"{prefix}{span(text)}{suffix}\n")
    inside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    assert html.count("<code>") == 1
    assert re.sub(r"</?(p|ul|ol|li|h4|strong)>|text|\s", "", inside) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resnet50", "` resnet50 `"),
        ("a`b", "`` a`b ``"),
        ("a|b", r"` a\|b `"),
        ("a\nb", r"` a\nb `"),
        ("a\u200bb", r"` a\u200bb `"),
        ("\u202e", r"` \u202e `"),
        ("\U000e0041", r"` \U000e0041 `"),
        ("谷歌网络", "` 谷歌网络 `"),
        ("", '` "" `'),
    ],
)
def test_what_a_span_shows(text: str, expected: str) -> None:
    assert span(text) == expected


@given(st.text(max_size=400), st.integers(min_value=1, max_value=200))
def test_plain_text_is_one_visible_line_within_its_limit(text: str, limit: int) -> None:
    shown_text = plain(text, limit)
    assert len(shown_text) <= limit
    assert shown_text.isprintable()


def test_a_cut_never_splits_an_escape() -> None:
    assert plain("a\u200bb", 6) == "a" + ELLIPSIS
    assert plain("\u200b" * 10, 20) == r"\u200b" * 3 + ELLIPSIS
    assert plain("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://h.cn/a.ckpt", "https://h.cn/a.ckpt"),
        ("https://h.cn/a.ckpt?X-Signature=s3cr3t", "https://h.cn/a.ckpt?…"),
        ("<https://u:s3cr3t@h.cn/a?b>", "<https://…@h.cn/a?…>"),
        ("GET https://h.cn/a?k=s3cr3t failed", "GET https://h.cn/a?… failed"),
        ("why? because", "why? because"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_addresses_are_shown_without_their_secrets(text: str, expected: str) -> None:
    assert without_secrets(text) == expected
    assert "s3cr3t" not in shown(text) + shown_plain(text)
