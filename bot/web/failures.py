"""The failures that are no mistake on a line of a page: what is seen, why, whose turn it is, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.commands.command import CATALOGUE as REPLIES
from bot.review.catalogue import Catalogue
from bot.review.sentences import CATALOGUE as SAID
from rules.finding import Finding
from rules.words import phrases, words

#: The rule whose findings are failures of files and servers.
UNREACHABLE = "MSH305"
_SOURCE = Path(__file__).with_name("failures.yaml")
#: Words of the command line, which these pages quote; nothing of it is imported.
_TERMINAL = Path(__file__).parents[1] / "cli" / "locale" / "check.yaml"
#: Where a sentence of a catalogue takes a value.
_VALUE = re.compile(r"\{[a-z_]+\}")


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure in one language. `seen` are the exact words, `…` where a value stands; `turn` is one of
    `author`, `maintainer`, `operator`, `nobody`.
    """

    name: str
    group: str
    title: str
    seen: tuple[str, ...]
    cause: str
    turn: str
    fix: str
    run: tuple[str, ...]


@cache
def failures(lang: str) -> tuple[Failure, ...]:
    """All of them, in the order in which they are listed."""
    return tuple(
        Failure(
            name,
            group,
            entry[lang]["title"],
            tuple(_VALUE.sub("…", quoted(reference, lang)) for reference in entry["see"]),
            entry[lang]["cause"],
            entry["turn"],
            entry[lang]["fix"],
            tuple(entry["run"]),
        )
        for group, entries in _source().items()
        for name, entry in entries.items()
    )


def named(name: str, lang: str) -> Failure | None:
    return next((failure for failure in failures(lang) if failure.name == name), None)


def groups(lang: str) -> Sequence[tuple[str, tuple[Failure, ...]]]:
    """The failures under the names of their groups."""
    found = failures(lang)
    return [(group, tuple(one for one in found if one.group == group)) for group in _source()]


def quoted(reference: str, lang: str) -> str:
    """The words that a reference names, as their catalogue has them. Raises `KeyError`."""
    kind, _, key = reference.partition(":")
    if kind == "said":
        return _of(SAID, lang, key)
    if kind == "reply":
        return _of(REPLIES, lang, key)
    if kind == "cli":
        return str(phrases(_TERMINAL)[lang][key])
    messages: Any = words(UNREACHABLE, lang)["message"]
    return str(messages[key])


def of_finding(finding: Finding) -> str:
    """The name of the failure that a finding tells of, empty for a mistake that a rule explains."""
    return _by_reference().get(f"link:{finding.variant}", "") if finding.rule == UNREACHABLE else ""


def of_condition(name: str) -> str:
    """The name of the failure in which a condition of the gate is not met, empty for an unknown one."""
    return _by_reference().get(f"said:gate_{name}", "")


def _of(catalogue: Catalogue, lang: str, key: str) -> str:
    sentence = catalogue.sentences[lang][key]
    return sentence if isinstance(sentence, str) else sentence["other"]


@cache
def _by_reference() -> Mapping[str, str]:
    return {
        reference: name
        for entries in _source().values()
        for name, entry in entries.items()
        for reference in entry["see"]
    }


@cache
def _source() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    loaded: Mapping[str, Mapping[str, Mapping[str, Any]]] = yaml.safe_load(
        _SOURCE.read_text(encoding="utf-8")
    )
    return loaded
