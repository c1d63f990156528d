"""Indexes of all pages' paths, made once for a whole check, for rules that look for near-equal names."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

from rules.page import ROOT
from rules.rule import Context

Paths = tuple[str, ...]
_SEPARATORS = str.maketrans("", "", "_-.")


def folded(path: str) -> str:
    """A path as file systems see it that ignore case."""
    return unicodedata.normalize("NFC", path).casefold()


def squeezed(path: str) -> str:
    """A path without case and without separators in the file's name."""
    folder, _, name = path.removesuffix(".md").rpartition("/")
    return f"{folder}/{folded(name).translate(_SEPARATORS)}"


def same_but_for_case(context: Context) -> Mapping[str, Paths]:
    """The paths that are equal when folded, for those that several are."""
    return _grouped(context.paths, folded)


def same_but_for_separators(context: Context) -> Mapping[str, Paths]:
    """The paths that are equal when squeezed, for those that several are."""
    return _grouped(context.paths, squeezed)


def _grouped(paths: Paths, key: Callable[[str], str]) -> Mapping[str, Paths]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(key(path), []).append(path)
    return {key: tuple(alike) for key, alike in found.items() if len(alike) > 1}


def first_words(context: Context) -> frozenset[str]:
    """The models that the pages' names begin with: their first word, and their first two."""
    found: set[str] = set()
    for path in context.paths:
        words = folded(path.removeprefix(ROOT).rpartition("/")[2].removesuffix(".md")).split("_")
        found |= {"".join(words[:count]).translate(_SEPARATORS) for count in (1, 2)}
    return frozenset(found)
