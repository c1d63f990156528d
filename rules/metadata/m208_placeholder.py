"""No field still says what a template or a neighbour left there.

A value in square brackets, dots, `TODO` or `xxx` is a place where something was to be written; `N·A` is
neither `N/A` nor a name.

Wrong: `author: [your-name]`, `train-dataset: N·A`

Right: `author: MindSpore team`, `train-dataset: N/A`

Not reported: `N/A`, `None` and a lone dash, which say that there is nothing to say; lists where a list
belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rules.finding import Problem, Suggestion
from rules.nearest import MAX_WORD
from rules.page import Page
from rules.rule import Context, rule

#: Values judged lately: several rules ask after those of one page, and pages have many in common.
KEPT = 1_024
#: `N/A` with another sign between its letters.
_NEARLY_NA = re.compile(r"[nN][\u00b7\u2022\u30fb\uff0f\u2215\\|][aA]")
_WORDS = re.compile(
    r"to-?do|fix-?me|tbd|x{3,60}|\?{1,60}|\uff1f{1,60}|\.{2,60}|\u2026{1,60}|(?:bla){2,20}h?"
    r"|foo|foobar|lorem ipsum|placeholder|(?:model|dataset|author|file)[-_ ]name"
    r"|your[-_ ](?:[a-z]{1,20}[-_ ]){0,2}(?:name|model|dataset|link|repo|id|email|summary)"
    r"|\u5f85(?:\u5b9a|\u8865\u5145|\u586b\u5199)",
    re.IGNORECASE,
)
#: `[network-fo]`, `[]`, `<model name>`, `{author}`: one name for something, in brackets.
_BRACKETS = re.compile(r"\[[^\[\]:/,0-9]{0,60}\]|<[^<>:/.@]{0,60}>|\{[^{}:/,0-9]{0,60}\}")


@rule("MSH208", "placeholder", changed="error", untouched="warning")
def check(page: Page, context: Context) -> Iterator[Problem]:
    known, lists = context.policy.fields, context.policy.list_fields
    for field in page.fields.values():
        text = field.text.strip()
        if not is_placeholder(text) or field.key not in known or field.key in lists:
            continue
        nearly = bool(_NEARLY_NA.fullmatch(text)) and field.span.line == field.span.end_line
        whole = (
            page.lines[field.span.line - 1][field.span.column - 1 : field.span.end_column - 1] == field.text
        )
        yield Problem(
            field.span,
            key=field.key,
            variant="nearly" if nearly else "left",
            values={"field": field.key, "value": text},
            suggestion=Suggestion(field.span, "N/A") if nearly and whole else None,
        )


def is_placeholder(text: str) -> bool:
    """Whether a value was left by a template rather than written."""
    text = text.strip()
    return len(text) <= MAX_WORD and _is_left(text)


@lru_cache(maxsize=KEPT)
def _is_left(text: str) -> bool:
    return any(shape.fullmatch(text) for shape in (_NEARLY_NA, _WORDS, _BRACKETS))
