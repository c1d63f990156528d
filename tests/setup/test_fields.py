"""What people type: what is understood, and which sentence stands beside what is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.setup import fields
from bot.setup.fields import Unfit
from bot.web.language import LANGUAGES, catalogue

FIT: list[tuple[Callable[[str], str], str, str]] = [
    (fields.address, " https://hubbot.example.org/ ", "https://hubbot.example.org"),
    (fields.address, "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    (fields.address, "http://[::1]:8000", "http://[::1]:8000"),
    (fields.app_name, " hubbot of us ", "hubbot of us"),
    (fields.app_name, "a" * 34, "a" * 34),
    (fields.account, "mindspore-ai", "mindspore-ai"),
    (fields.credential, " ghp_0123456789 \n", "ghp_0123456789"),
    (fields.secret, "0123456789abcdef", "0123456789abcdef"),
    (fields.number, " 12 ", "12"),
]
UNFIT: list[tuple[Callable[[str], str], str, str]] = [
    (fields.address, "", "empty"),
    (fields.address, "hubbot.example.org", "scheme"),
    (fields.address, "ftp://hubbot.example.org", "scheme"),
    (fields.address, "javascript:alert(1)", "scheme"),
    (fields.address, "https://", "address"),
    (fields.address, "https://me:secret@hubbot.example.org", "user"),
    (fields.address, "https://hubbot.example.org/path", "path"),
    (fields.address, "https://hubbot.example.org?x=1", "address"),
    (fields.address, "https://hubbot.example.org:99999", "address"),
    (fields.address, "https://hub bot", "address"),
    (fields.address, "https://[::1", "address"),
    (fields.address, 'https://a";form-action', "address"),
    (fields.app_name, "", "empty"),
    (fields.app_name, "a" * 35, "app_name_long"),
    (fields.app_name, "<b>", "app_name"),
    (fields.account, "../other", "account"),
    (fields.account, "", "account"),
    (fields.credential, "", "empty"),
    (fields.credential, "two words", "credential"),
    (fields.credential, "line\nbreak", "credential"),
    (fields.credential, "令牌", "credential"),
    (fields.secret, "short", "secret"),
    (fields.secret, "a" * 40, "secret"),
    (fields.number, "12a", "number"),
    (fields.number, "", "number"),
    (fields.number, "１２", "number"),
]


@pytest.mark.parametrize(("fit", "typed", "expected"), FIT)
def test_what_fits(fit: Callable[[str], str], typed: str, expected: str) -> None:
    assert fit(typed) == expected


@pytest.mark.parametrize(("fit", "typed", "key"), UNFIT)
def test_what_does_not_has_words_in_both_languages(fit: Callable[[str], str], typed: str, key: str) -> None:
    with pytest.raises(Unfit) as told:
        fit(typed)
    assert told.value.key == key
    assert all(f"setup.wrong.{key}" in catalogue(lang) for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ""),
        ("mindspore-ai/hub", "mindspore-ai/hub"),
        (" a/b, c/d，e/f\n", "a/b,c/d,e/f"),
        ("https://github.com/mindspore-ai/hub.git", "mindspore-ai/hub"),
        ("http://www.github.com/a/b/ a/B", "a/b"),
    ],
)
def test_repositories(typed: str, expected: str) -> None:
    assert fields.repositories(typed, "github.com") == expected


@pytest.mark.parametrize("typed", ["hub", "a/b/c", "a/..", "https://gitee.com/a/b", "a/<script>", "a/b;c/d"])
def test_what_is_no_repository(typed: str) -> None:
    with pytest.raises(Unfit) as told:
        fields.repositories(typed, "github.com")
    assert told.value.key == "repository"


def test_repositories_have_a_limit() -> None:
    with pytest.raises(Unfit) as told:
        fields.repositories(" ".join(f"a/{n}" for n in range(21)), "github.com")
    assert told.value.key == "repositories"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:8000", True),
        ("https://hubbot.example.org", False),
        ("https://127.0.0.1.example.org", False),
    ],
)
def test_what_leads_to_this_machine_only(url: str, expected: bool) -> None:
    assert fields.is_loopback(url) is expected
