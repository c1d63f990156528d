"""Finds the word that somebody meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

#: Out of 100. `licence` must find `license` (85.7), `vit-repo-link` must not find `repo-link` (84.2).
LIKENESS = 85.0
#: `link` stands for `asset-link` where nothing else ends like it; shorter parts stand for too much.
SHORTEST_PART = 4
#: Nobody misspells a word of the vocabulary into something longer.
MAX_WORD = 60
_SEPARATORS = str.maketrans("", "", " _-.")


def normal(word: str) -> str:
    """A word without case, separators and typographic variants."""
    cut = word[:MAX_WORD]
    folded = cut.lower() if cut.isascii() else unicodedata.normalize("NFKC", cut).casefold()
    return folded.translate(_SEPARATORS)


def unmasked(word: str) -> str:
    """A word with the letters of other scripts among its ASCII ones shown by number: they pose as those."""
    if word.isascii() or not any(letter.isascii() and letter.isalpha() for letter in word):
        return word
    return "".join(letter if letter.isascii() else f"<U+{ord(letter):04X}>" for letter in word[:MAX_WORD])


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice that `word` most likely stands for, empty when none is near."""
    if not word or len(word) > MAX_WORD:
        return ""
    by_normal = {normal(choice): choice for choice in choices}
    wanted = normal(word)
    if wanted in by_normal:
        return by_normal[wanted]
    from rapidfuzz import process  # only here: most pages have nothing misspelt
    from rapidfuzz.fuzz import ratio

    best = process.extractOne(wanted, list(by_normal), scorer=ratio, score_cutoff=LIKENESS)
    if best:
        return by_normal[best[0]]
    holding = [choice for choice in by_normal if len(wanted) >= SHORTEST_PART and wanted in choice]
    return by_normal[holding[0]] if len(holding) == 1 else ""
