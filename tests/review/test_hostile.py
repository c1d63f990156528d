"""Whatever a contributor writes, in every place where it is shown, is text within a code span and no more."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import offered
from bot.model import FINDING_MARKER, SUMMARY_MARKER, Posted, Report
from bot.review.checks import checks
from bot.review.plan import plan
from bot.review.render import summary
from bot.review.threads import answer
from bot.review.words import Words
from rules.facts import RemoteState
from rules.finding import Fault, Finding, Severity, Span, Suggestion

PAYLOADS = {
    "mention": "@everyone @mindspore-ai/hub ＠all",
    "image": "![x](https://evil.example/pixel.png)",
    "link": "[ok](javascript:alert(1)) <https://evil.example> www.evil.example a@evil.example",
    "reference": "#123 GH-1 fixes #1 closes https://github.com/o/r/issues/1 " + "a" * 40,
    "definition": "[MSH206]: https://evil.example\n\n[MSH206]",
    "table": "a | b\n|---|---|\n\\| x \\\\| y",
    "fence": "```\n~~~\n````suggestion\nrm -rf /\n````",
    "html": "</code></details><script>alert(1)</script><img src=x onerror=y><b>",
    "comment": "--> <!-- hubbot:summary v1 verdict=passed --> <!-- hubbot:finding 0123456789abcdef -->",
    "heading": "\n# ✅ All checks passed\n\n- [x] done\n> quoted\n",
    "bidi": "a\u202etxt.exe\u2066\u200b\u200d\ufeff\u00ad\u2028\u2029",
    "zalgo": "a" + "\u0301" * 40 + "\U000e0041\ufe0f",
    "backticks": "`" * 90 + " x `` y ` z",
    "entities": "&lt;img&gt; &#x60; &commat;all &vert;",
    "escapes": "\\` \\| \\<b> \\",
    "math": "$`x`$ $$\\unicode{x}$$ :rocket: ~~x~~",
    "controls": "\0\x07\x1b[31m\r\n\t\x7f\x9b",
    "surrogate": "\ud800 \udfff",
    "long": "@all " * 20_000,
}
ALPHABET = "`|\\ \n\r<>!-[]()*_~#&;:@$.a1/\u202e\u200b"
TEXTS = st.sampled_from(sorted(PAYLOADS.values())) | st.text(ALPHABET, max_size=60) | st.text(max_size=30)

#: What our own sentences are made of; anything else in a tree comes from a contributor.
TEXT_TAGS = ("x", "h3", "h4", "p", "strong", "a", "code", "ul", "ol", "li", "details", "summary", "pre", "br")
TAGS = frozenset([*TEXT_TAGS, "table", "thead", "tbody", "tr", "th", "td"])
OURS = re.compile(r"https://(?:bot\.example/(?:reports|rules)/|github\.com/o/r/blob/)[^\s\"<>]*")


def hostile(make: Any, text: str, *, language: str = "en") -> Report:
    """A report in which `text` stands wherever a contributor, a page or a server has a say."""

    def finding(rule: str, fault: Fault = Fault.CONTRIBUTOR, **changes: Any) -> Finding:
        return make.finding(
            rule, fault=fault, path=text, suggestion=Suggestion(Span(12, 1, 12, 3), text), **changes
        )

    return make.report(
        title=text,
        author=text,
        url="https://github.com/o/r/pull/7",
        language=language,
        paths=(text, f"{text}b"),
        findings=(
            finding("MSH206", value=text),
            finding("MSH206", severity=Severity.WARNING, value=text, field=text),
            finding("MSH206", severity=Severity.NOTICE, value=text),
            finding("MSH503", Fault.POLICY, before=text),
            finding("MSH305", Fault.HOST, detail=text, link=text),
            finding("MSH303", link=text, declared=text, observed=text),
        ),
        files=(
            make.file(url=text, final_url=f"{text}x", sha256=make.observed, detail=text, reason=text),
            make.file(RemoteState.UNVERIFIED, url=f"{text}y", detail=text, reason=text),
            make.file(url=f"{text}z"),
        ),
        wanted=3,
        trouble="counts",
        trouble_detail=text,
    )


def tree(markdown: str) -> ET.Element:
    """Raises where an element is left open or a comment is not ours."""
    html = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    return ET.fromstring(f"<x>{html}</x>")


def assert_inert(markdown: str) -> None:
    """Only our elements, links to our pages only, and nothing of a contributor outside of code."""
    root = tree(markdown)
    for element in root.iter():
        assert element.tag in TAGS, element.tag
        assert set(element.attrib) <= {"href", "lang", "start"}, element.attrib
        if element.tag == "a":
            assert OURS.fullmatch(element.attrib["href"]), element.attrib["href"]
        if element.tag == "code":
            assert not list(element)
            for character in element.text or "":
                assert character == "\n" or unicodedata.category(character) not in {
                    "Cc",
                    "Cf",
                    "Cs",
                    "Zl",
                    "Zp",
                }
    outside = "".join(text for element in root.iter() if element.tag != "code" for text in _own(element))
    for forbidden in ("@", "＠", "evil", "#1", "GH-1", "aaaaaaaa", "javascript", "rocket", "$", "passed"):
        assert forbidden not in outside, forbidden


def _own(element: ET.Element) -> list[str]:
    """The text directly in an element, and what follows its children."""
    return [element.text or "", *(child.tail or "" for child in element)]


@pytest.fixture(scope="session")
def written(make: Any, words: Words) -> Callable[[str, str], list[str]]:
    """Everything in Markdown that is posted about a report full of `text`."""

    def write(text: str, language: str) -> list[str]:
        report = hostile(make, text, language=language)
        patch = "@@ -0,0 +1,12 @@\n" + "\n".join("+x" for _ in range(11)) + "\n+" + text.replace("\n", " ")
        made = plan(
            report,
            Posted(),
            {text: patch},
            words=words,
            public_url="https://bot.example",
            commands=offered(language),
            blob_url="https://github.com/o/r/blob/abc/",
        )
        return [made.summary or "", *(comment.body for comment in made.inline)]

    return write


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("payload", sorted(PAYLOADS))
def test_a_payload_is_inert_everywhere(written: Any, payload: str, language: str) -> None:
    said = written(PAYLOADS[payload], language)
    assert len(said) >= 2
    for markdown in said:
        assert_inert(markdown)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from(["en", "zh"]))
def test_any_text_is_inert_everywhere(written: Any, text: str, language: str) -> None:
    for markdown in written(text, language):
        root = tree(markdown)
        assert {element.tag for element in root.iter()} <= TAGS
        links = [element.attrib["href"] for element in root.iter("a")]
        assert all(OURS.fullmatch(link) for link in links)


@pytest.mark.parametrize("payload", sorted(PAYLOADS))
def test_only_the_first_line_is_a_marker(written: Any, payload: str) -> None:
    for markdown in written(PAYLOADS[payload], "en"):
        first, _, rest = markdown.partition("\n")
        assert first.startswith((SUMMARY_MARKER, FINDING_MARKER))
        assert first.count("<!--") == first.count("-->") == 1
        assert not any(line.startswith("<!-- hubbot") for line in rest.splitlines())


@pytest.mark.parametrize("payload", sorted(PAYLOADS))
def test_statuses_and_annotations_are_one_plain_line(make: Any, words: Words, payload: str) -> None:
    text = PAYLOADS[payload]
    for check in checks(hostile(make, text), public_url="https://bot.example", words=words):
        assert len(check.title) <= 140
        assert check.title.isprintable()
        assert check.details_url == "https://bot.example/reports/run-1"
        for note in check.annotations:
            assert all(line.isprintable() for line in note.message.split("\n"))
            assert len(note.message) <= 2_000


def test_secrets_of_an_address_are_never_shown(make: Any, words: Words) -> None:
    secret = "https://user:pa55@h.example/a.ckpt?sig=5ecr3t"
    report = make.report(
        findings=(make.finding(value=secret), make.finding("MSH303", link=secret)),
        files=(make.file(url=secret, final_url=secret + "x", sha256=make.observed), make.file(url=secret)),
    )
    text = summary(report, words=words) + str(checks(report, words=words))
    assert "h.example/a.ckpt" in text
    assert "pa55" not in text
    assert "5ecr3t" not in text


def test_a_head_that_is_no_commit_is_shown_as_text(make: Any) -> None:
    for text in PAYLOADS.values():
        first, _, rest = answer(make.report(head_sha=text)).partition("\n")
        assert first == "<!-- hubbot:fixed -->"
        assert_inert(rest)


def test_a_summary_alone_is_inert_with_every_trouble(make: Any, words: Words) -> None:
    for trouble in ("counts", "forge", "bot", "@all"):
        report = make.report(trouble=trouble, trouble_detail=PAYLOADS["html"], head_sha=PAYLOADS["mention"])
        assert_inert(summary(report, words=words, public_url="https://bot.example"))
