"""The two languages say the same things, and numbers take the right form."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
import yaml

import bot
from bot.review.catalogue import Sentence, load
from bot.review.sentences import CATALOGUE

LOCALES = [Path(bot.__file__).parent / part / "locale" for part in ("review", "commands")]


#: Sentences that are the same letters in both languages, or punctuation only.
NO_WORDS = {"place", "said_at", "sentence"}


def placeholders(sentence: Sentence) -> set[str | None]:
    texts = [sentence] if isinstance(sentence, str) else list(sentence.values())
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("directory", LOCALES, ids=lambda path: path.parent.name)
def test_parity(directory: Path) -> None:
    sentences = load(directory).sentences
    assert list(sentences["en"]) == list(sentences["zh"])
    for key, english in sentences["en"].items():
        chinese = sentences["zh"][key]
        assert placeholders(english) == placeholders(chinese), key
        assert type(english) is type(chinese), key
        if not isinstance(english, str):
            assert list(english) == list(chinese) == ["one", "other"], key
        assert re.search("[\u4e00-\u9fff]", str(chinese)) or key in NO_WORDS, key
        assert not re.search("[\u4e00-\u9fff]", str(english)), key


@pytest.mark.parametrize("directory", LOCALES, ids=lambda path: path.parent.name)
def test_no_key_is_given_twice(directory: Path) -> None:
    for path in directory.glob("*.yaml"):
        keys = re.findall(r"^(\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(keys) == len(set(keys)) == len(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("directory", LOCALES, ids=lambda path: path.parent.name)
def test_the_tone_is_sober(directory: Path) -> None:
    for path in directory.glob("*.yaml"):
        sentences = str(yaml.safe_load(path.read_text(encoding="utf-8")))
        assert not re.search(r"[!！🎉😄]", sentences)


@pytest.mark.parametrize(
    ("language", "n", "expected"),
    [
        ("en", 1, "1 page in order"),
        ("en", 0, "0 pages in order"),
        ("en", 2, "2 pages in order"),
        ("zh", 1, "1 个页面符合规范"),
        ("fr", 1, "1 page in order"),
    ],
)
def test_numbers(language: str, n: int, expected: str) -> None:
    assert CATALOGUE.say(language, "title_format", n) == expected
