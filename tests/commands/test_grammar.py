"""A command counts only where Markdown shows it as plain text at the start of a line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import parse
from bot.commands.command import Command

SILENT = {
    "empty": "",
    "prose": "please recheck this",
    "mid-line": "please /recheck",
    "indented by a blank": " /recheck",
    "quote": "> /recheck",
    "quote without a blank": ">/recheck",
    "nested quote": "> > /recheck",
    "lazy line of a quote": "> somebody said\n/recheck",
    "quote in a list": "- a\n\n  > b\n/recheck",
    "list item": "- /recheck",
    "fence": "```\n/recheck\n```",
    "tilde fence": "~~~\n/recheck\n~~~",
    "fence with words": "```sh\n/recheck\n```",
    "unclosed fence": "```\n/recheck",
    "longer fence": "````\n```\n/recheck\n````",
    "indented code": "    /recheck",
    "indented by a tab": "\t/recheck",
    "inline code": "`/recheck`",
    "inline code over lines": "`a\n/recheck\nb`",
    "inline code that begins on the line before": "`\n/recheck\n`",
    "HTML comment": "<!-- /recheck -->",
    "HTML comment over lines": "<!--\n/recheck\n-->",
    "HTML comment in a paragraph": "a <!--\n/recheck\n--> b",
    "unclosed HTML comment": "<!--\n/recheck",
    "HTML block": "<details>\n/recheck\n</details>",
    "pre": "<pre>\n/recheck\n\n</pre>",
    "attribute over lines": 'a <b title="\n/recheck\n">',
    "link text": "[/recheck](https://example.org)",
    "link text over lines": "[a\n/recheck\nb](https://example.org)",
    "link target": "[a]:\n/recheck",
    "image text over lines": "![a\n/recheck\nb](https://example.org)",
    "heading": "# /recheck",
    "escaped": r"\/recheck",
    "two slashes": "//recheck",
    "blank after the slash": "/ recheck",
    "full-width slash": "／recheck",
    "zero-width before": "\u200b/recheck",
    "zero-width inside": "/re\u200bcheck",
    "soft hyphen inside": "/re\u00adcheck",
    "zero-width after": "/recheck\u200b",
    "no-break space": "/recheck\u00a0all",
    "Kelvin sign": "/rechec\u212a",
    "long s": "/\u017ftatus",
    "Cyrillic look-alike": "/r\u0435check",
    "longer word": "/rechecking",
    "longer word in capitals": "/recheckX",
    "path": "/recheck/all",
    "line separator": "a\u2028/recheck",
    "form feed": "a\x0c/recheck",
    "mark of our own": "\U0010fffd0\U0010fffdrecheck",
    "lgtm": "/lgtm",
    "approved": "/approved",
    "kind": "/kind bug",
    "check-cla": "/check-cla",
    "test": "/test all",
    "template in a quote": "> /kind bug\n> /recheck\n",
}


@pytest.mark.parametrize("body", SILENT.values(), ids=SILENT)
def test_no_command(body: str) -> None:
    assert parse(body) == ()


HEARD = {
    "alone": ("/recheck", [("recheck", ())]),
    "upper case": ("/ReCheck ALL", [("recheck", ("ALL",))]),
    "alias": ("/retest", [("recheck", ())]),
    "Chinese alias": ("/重新检查", [("recheck", ())]),
    "Chinese status": ("/状态", [("status", ())]),
    "CRLF": ("Hello\r\n\r\n/recheck\r\nthanks\r\n", [("recheck", ())]),
    "CR": ("a\r/recheck\rb", [("recheck", ())]),
    "after prose": ("I uploaded it again.\n/recheck", [("recheck", ())]),
    "before prose": ("/recheck\nI uploaded it again.", [("recheck", ())]),
    "trailing blanks": ("/recheck \t ", [("recheck", ())]),
    "arguments": ("/recheck failed --fresh", [("recheck", ("failed", "--fresh"))]),
    "capitals in arguments": ("/recheck X yX", [("recheck", ("X", "yX"))]),
    "many blanks": ("/recheck   failed\t--fresh", [("recheck", ("failed", "--fresh"))]),
    "Markdown in arguments": ("/recheck `a_b_c.md` *x*", [("recheck", ("`a_b_c.md`", "*x*"))]),
    "several": ("/status\n/help\n", [("status", ()), ("help", ())]),
    "said twice": ("/recheck\n\n/recheck", [("recheck", ())]),
    "beside other robots": ("/lgtm\n/recheck\n/kind bug", [("recheck", ())]),
    "after a quote": ("> what now?\n\n/recheck", [("recheck", ())]),
    "after a fence": ("```\n/status\n```\n/recheck", [("recheck", ())]),
    "after a list": ("- one\n- two\n/recheck", [("recheck", ())]),
    "after an HTML comment": ("<!-- /status -->\n/recheck", [("recheck", ())]),
    "in emphasis over lines": ("**a\n/recheck\nb**", [("recheck", ())]),
    "after a link": ("see [a](https://example.org)\n/recheck", [("recheck", ())]),
    "in open details": ("<details>\n\n/recheck\n\n</details>", [("recheck", ())]),
    "after an unclosed backtick": ("a ` b\n/recheck", [("recheck", ())]),
}


@pytest.mark.parametrize(("body", "expected"), HEARD.values(), ids=HEARD)
def test_commands(body: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(command.name, command.arguments) for command in parse(body)] == expected


def test_a_backslash_at_the_end_belongs_to_the_word() -> None:
    assert parse("a  \n/recheck\\\n/status") == (Command("status", (), 3),)


def test_lines_are_counted_from_one() -> None:
    assert [command.line for command in parse("a\n\n/status\r\n\r\n/help")] == [3, 5]


def test_everything_is_bounded() -> None:
    many = "\n\n".join(f"/recheck {n}.md" for n in range(100))
    assert len(parse(many)) == 5
    (command,) = parse("/recheck " + "a " * 100)
    assert command.arguments == ("a",) * 8
    (command,) = parse("/recheck " + "a" * 5_000)
    assert command.arguments == ("a" * 300,)
    assert command.text == "a" * 500
    assert parse("x\n" * 50_000 + "/recheck") == ()


@pytest.mark.parametrize("cut", range(16_370, 16_390))
def test_a_cut_line_is_not_obeyed(cut: int) -> None:
    body = "x" * (cut - 1) + "\n/recheck all-of-it.md" + "\n" * 200
    assert parse(body) in ((), (Command("recheck", ("all-of-it.md",), 2),))


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "![",
        "*",
        "**a ",
        "`",
        "``a`",
        "<a",
        "<!--",
        "> ",
        "- ",
        "&",
        "[a](",
        "_a",
        "~~~\n",
        "[x]:\n",
        "](",
        "a*_",
    ],
)
def test_a_hostile_body_is_read_in_bounded_time(unit: str) -> None:
    started = time.perf_counter()
    parse("/recheck\n\n" + unit * (16_000 // len(unit)))
    assert time.perf_counter() - started < 5


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                [
                    "/recheck",
                    "/status a",
                    ">",
                    "`",
                    "```",
                    "\n",
                    "\r\n",
                    "<!--",
                    "-->",
                    "[",
                    "](x)",
                    " ",
                    "- ",
                ]
            )
        ).map("".join),
        st.text(alphabet=st.characters(codec=None, exclude_categories=())).map(
            lambda text: "/recheck " + text
        ),
    )
)
def test_any_body_is_read(body: str) -> None:
    for command in parse(body):
        line = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")[command.line - 1]
        assert line.startswith("/")
