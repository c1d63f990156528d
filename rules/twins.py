"""Indexes of all pages' paths, made once for a whole check, for rules that look for near-equal names."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

from rules.page import ROOT

Paths = tuple[str, ...]
_SEPARATORS = str.maketrans("", "", "_-.")


def folded(path: str) -> str:
    """A path as file systems see it that ignore case."""
    return unicodedata.normalize("NFC", path).casefold()


def squeezed(path: str) -> str:
    """A path without case and without separators in the file's name."""
    folder, _, name = path.removesuffix(".md").rpartition("/")
    return f"{folder}/{folded(name).translate(_SEPARATORS)}"


@lru_cache(maxsize=8)
def grouped(paths: Paths, key: Callable[[str], str]) -> Mapping[str, Paths]:
    """The paths that have the same key, for keys that several have."""
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(key(path), []).append(path)
    return {key: tuple(alike) for key, alike in found.items() if len(alike) > 1}


@lru_cache(maxsize=8)
def first_words(paths: Paths) -> frozenset[str]:
    """The models that the pages' names begin with: their first word, and their first two."""
    found: set[str] = set()
    for path in paths:
        words = folded(path.removeprefix(ROOT).rpartition("/")[2].removesuffix(".md")).split("_")
        found |= {"".join(words[:count]).translate(_SEPARATORS) for count in (1, 2)}
    return frozenset(found)
