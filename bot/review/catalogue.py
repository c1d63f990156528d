"""Sentences in two languages, read once from YAML files beside the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

LANGUAGES = ("en", "zh")
FALLBACK = "en"

#: A sentence, or the two forms `one` and `other` of a sentence with a number in it.
Sentence = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sentences of one part of the program, by language and key."""

    sentences: Mapping[str, Mapping[str, Sentence]]

    def say(self, language: str, key: str, n: int | None = None, **values: object) -> str:
        """The sentence of `key`, filled in with values as they are: show contributor text by `span` first."""
        sentence = self.sentences[known_language(language)][key]
        if not isinstance(sentence, str):
            sentence = sentence["one" if n == 1 else "other"]
        return sentence.format(n=n, **values)

    def has(self, key: str) -> bool:
        return key in self.sentences[FALLBACK]


def known_language(language: str) -> str:
    """One of `LANGUAGES`: English for anything else."""
    return language if language in LANGUAGES else FALLBACK


@cache
def load(directory: Path) -> Catalogue:
    """The catalogue in `directory`/en.yaml and zh.yaml."""
    return Catalogue(
        {
            language: yaml.safe_load((directory / f"{language}.yaml").read_text(encoding="utf-8"))
            for language in LANGUAGES
        }
    )
