"""Text that others wrote, and figures for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from bot.web import text


@pytest.mark.parametrize("plain", ["", "googlenet", "模型 页面（说明）", "naïve – café", "a b", "👍"])
def test_what_can_be_seen_is_left_alone(plain: str) -> None:
    assert text.visible(plain) == plain


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("a\u00a0b", "a⟨U+00A0⟩b"),
        ("a\x00\x1b", "a⟨U+0000⟩⟨U+001B⟩"),
        ("a\n\tb", "a↵⇥b"),
        ("\ud800", "⟨U+D800⟩"),
        ("\u3164\ufe0f\u2800", "⟨U+3164⟩⟨U+FE0F⟩⟨U+2800⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\ue000x\ue001", "⟨U+E000⟩x⟨U+E001⟩"),
    ],
)
def test_what_cannot_be_seen_is_written_out(hidden: str, shown: str) -> None:
    assert text.visible(hidden) == shown


def test_long_text_is_cut() -> None:
    assert text.visible("x" * 11, 10) == "x" * 10 + "…"


@given(st.text())
def test_every_text_becomes_printable_and_encodable(value: str) -> None:
    assert text.visible(value).isprintable()
    text.visible(value).encode()


@given(st.text(), st.text())
def test_a_value_cannot_leave_its_code(value: str, other: str) -> None:
    said = text.prose(f"Before {text.mark(value)} between {text.mark(other)} after `word`.")
    code = [Markup("<code>") + escape(text.visible(v)) + Markup("</code>") for v in (value, other)]
    assert said == Markup("Before {} between {} after <code>word</code>.").format(*code)


@pytest.mark.parametrize(
    ("said", "html"),
    [
        ("", ""),
        ("one", "one"),
        ("one\n\ntwo `x`", "<p>one</p><p>two <code>x</code></p>"),
        ("a ` b", "a ` b"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_prose(said: str, html: str) -> None:
    assert text.prose(said) == html if said else text.prose(said) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://download.mindspore.cn/a",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "https://user@host/a",
        "https://host/a?Signature=1",
        "https://host/a#b",
        "https://host/\u202e",
        "https://host/a b",
        "https://host/a\n",
        "https://höst/",
        "//host/a",
        " https://host/a",
        "https://host/" + "a" * 3000,
        "",
    ],
)
def test_what_may_not_be_a_link(url: str) -> None:
    assert text.https_link(url) == ""


@pytest.mark.parametrize("url", ["https://a.cn", "https://a.cn:8443/x_y-z~(1)/a%20b.ckpt"])
def test_what_may_be_a_link(url: str) -> None:
    assert text.https_link(url) == url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.cn/x", "https://a.cn/x"),
        ("https://u:p@a.cn/x?Signature=s#f", "https://a.cn/x?…"),
        ("https://a.cn/x#f", "https://a.cn/x"),
        ("https://[bad/x?s=1", "https://[bad/x"),
    ],
)
def test_signed_parts_of_an_address_are_not_shown(url: str, shown: str) -> None:
    assert text.without_query(url) == shown


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("mshub_res/a.md", True),
        ("a;reboot", False),
        ("$(x)", False),
        ("--post", False),
        ("a b", False),
        ("", False),
    ],
)
def test_what_may_stand_in_a_command(value: str, kept: bool) -> None:
    assert text.command_word(value) == (value if kept else "")


def test_times_are_told_in_both_zones() -> None:
    assert ">2025-11-25 00:15 UTC+8</time>" in text.moment(1_764_000_900, "zh")
    assert ">2025-11-24 16:15 UTC</time>" in text.moment(1_764_000_900, "en")


@pytest.mark.parametrize(
    ("url", "name"), [("https://a.cn/m/x.ckpt", "x.ckpt"), ("https://a.cn/", "a.cn"), ("x?y", "x"), ("", "")]
)
def test_file_names(url: str, name: str) -> None:
    assert text.file_name(url) == name
