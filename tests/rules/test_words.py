"""Both languages say the same: same keys, same placeholders, for every rule and every case."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from pathlib import Path

import pytest

import rules
from rules import words
from rules.finding import Fault, Finding, Severity, Span
from rules.rule import catalogue

LOCALE = Path(rules.__file__).parent / "locale"
#: Rules whose page is shown in English to everybody until somebody writes it in Chinese.
WITHOUT_CHINESE_PAGE: set[str] = set()
FILES = sorted(LOCALE.glob("*.yaml"))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def flat(entries: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in entries.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = str(value)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_parity(file: Path) -> None:
    catalogues = words.phrases(file)
    assert set(catalogues) == set(words.LANGUAGES)
    english, chinese = (flat(catalogues[lang]) for lang in words.LANGUAGES)
    chinese.pop("page", None)  # the English one is the rule's docstring
    assert set(english) == set(chinese)
    for name, text in english.items():
        assert placeholders(text) == placeholders(chinese[name]), name
        assert re.search("[\u4e00-\u9fff]", chinese[name]), name
        assert not re.search("[\u4e00-\u9fff]", text), name


def test_every_rule_has_words_and_a_page() -> None:
    codes = {file.stem.upper() for file in FILES if file.stem.startswith("msh")}
    assert codes == {rule.code for rule in catalogue()}
    for rule in catalogue():
        assert set(words.words(rule.code, "en")) == {"summary", "why", "message", "help"}
        assert words.summary(rule.code, "zh")
        assert words.why(rule.code, "zh")
        assert rule.page.strip()


def test_every_rule_has_a_chinese_page_but_those_that_are_listed() -> None:
    without = {rule.code for rule in catalogue() if not words.own_page(rule, "zh")}
    assert without == WITHOUT_CHINESE_PAGE, "write `page:` below `zh:` in the rule's words, or list the rule"
    for rule in catalogue():
        assert rule.page.strip() == words.page(rule, "en") == words.page(rule, "fr")
        page = words.page(rule, "zh")
        if rule.code in without:
            assert page == words.page(rule, "en")
            continue
        assert re.search("[\u4e00-\u9fff]", page), rule.code
        for english, chinese in (("Wrong", "错误"), ("Right", "正确"), ("Not reported", "不会报告")):
            said = any(line.startswith(english) for line in rule.page.split("\n"))
            assert said == any(line.startswith(chinese) for line in page.split("\n")), (rule.code, english)
        assert code(rule.page) == code(page), rule.code


def code(page: str) -> list[str]:
    """The indented lines of a page, which are the same in every language."""
    return [line for line in page.split("\n") if line.startswith("    ")]


def test_help_is_there_for_every_message() -> None:
    for rule in catalogue():
        entries = words.words(rule.code, "en")
        message, advice = entries["message"], entries["help"]
        if isinstance(message, Mapping) and isinstance(advice, Mapping) and "other" not in advice:
            assert set(advice) == set(message), rule.code


def finding(**more: str) -> Finding:
    return Finding(
        "MSH202", "x", Severity.ERROR, Fault.CONTRIBUTOR, "p", Span(1, 1, 1, 1), variant="near", values=more
    )


def test_values_are_shown_through_the_given_function_and_never_formatted_themselves() -> None:
    text = words.message(finding(field="{meant}{0.__class__}", meant="b"), "en", lambda value: f"<{value}>")
    assert text == "The hub does not know the field <{meant}{0.__class__}>. Did you mean <b>?"


def test_a_value_that_is_not_given_leaves_a_gap() -> None:
    assert "{meant}" in words.message(finding(field="a"), "en")


def test_an_unknown_language_gets_english_and_an_unknown_code_a_key_error() -> None:
    assert words.message(finding(field="a", meant="b"), "fr") == words.message(
        finding(field="a", meant="b"), "en"
    )
    with pytest.raises(KeyError):
        words.words("../policy", "en")
