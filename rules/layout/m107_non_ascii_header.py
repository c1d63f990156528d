"""An English page's header is written in ASCII.

The hub's tools compare these values as text. A full-width comma, a dash from a word processor or a letter of
another alphabet looks right and is another value. Descriptions may have the accents of names.

Wrong: `module-type: cv－classification`, `model-name: rеsnet` with a Cyrillic letter

Right: `module-type: cv-classification`, `model-name: resnet`

Not reported: `_cn` pages; names of data sets that the hub knows; Latin letters with accents in `author` and
`summary`; what invisible-character, placeholder and the rules about asset entries explain.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from rules.datasets import is_known, known_datasets
from rules.finding import Problem, Suggestion
from rules.metadata.m208_placeholder import is_placeholder
from rules.page import Field, Page
from rules.rule import Context, levels, rule
from rules.source import point

#: Characters that a message names.
SHOWN = 5
#: Fields that people read and nothing compares.
_PROSE = ("author", "summary", "evaluation")
_TWINS = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2010": "-", "\u2011": "-", "\u2013": "-"}
    | {"\u2014": "-", "\u2212": "-", "\u2026": "...", "\u3001": ",", "\u3002": ".", "\u00d7": "x"}
    | {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
)
#: What a plain YAML value must not begin with.
_INDICATORS = "\"'[]{}>|*&!%#`@,?:-"


@rule(
    "MSH107",
    "non-ascii-header",
    changed="error",
    untouched="warning",
    variants={
        "prose": levels("warning", "off"),
        "prose-twin": levels("warning", "off"),
        "foreign": levels("warning", "off"),
    },
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    if page.is_plain or page.is_cn or page.path.endswith("_cn.md"):
        return
    for field in page.fields.values():
        if field.text.isascii() or field.shape != "scalar":
            continue
        if field.key not in context.policy.fields or is_placeholder(field.text):
            continue
        strangers = [letter for letter in field.text if not letter.isascii() and not _is_unseen(letter)]
        if strangers and not is_known(field.text, context.once(known_datasets)):
            yield from _problem(page, field, strangers)


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def _problem(page: Page, field: Field, strangers: list[str]) -> Iterator[Problem]:
    prose = field.key in _PROSE
    fixed = field.text.translate(_TWINS)
    if all(_is_latin(letter) for letter in strangers) and prose:
        return
    posing = [letter for letter in strangers if unicodedata.name(letter, "").startswith("CYRILLIC")]
    variant = "prose" if prose else "foreign"
    if fixed.isascii():
        variant = "prose-twin" if prose else "twin"
    elif posing and any(letter.isascii() and letter.isalpha() for letter in field.text):
        variant = "posing"
    yield Problem(
        field.span,
        key=field.key,
        variant=variant,
        values={"field": field.key, "characters": listed(strangers)},
        suggestion=_repair(page, field) if fixed.isascii() else None,
        identity=field.text,
    )


def listed(characters: Iterable[str]) -> str:
    """The first few characters, each once, with its number; one that nobody sees is its number alone."""
    shown = list(dict.fromkeys(characters))[:SHOWN]
    return ", ".join(f"U+{ord(one):04X}" if _is_unseen(one) else f"{one} (U+{ord(one):04X})" for one in shown)


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def _repair(page: Page, field: Field) -> Suggestion | None:
    """The value with ASCII twins, where it stays the plain one-line value that it is."""
    span = field.span
    if (
        span.line != span.end_line
        or page.lines[span.line - 1][span.column - 1 : span.end_column - 1] != field.text
    ):
        return None
    fixed = field.text.translate(_TWINS)
    if fixed[0] in _INDICATORS or ": " in fixed or " #" in fixed or fixed.endswith(":"):
        return None
    return Suggestion(point(span.line, span.column, len(field.text)), fixed)
