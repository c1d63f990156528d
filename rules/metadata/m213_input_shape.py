"""`input-shape` is a list of whole numbers, or a list of such lists.

Tools that try a model out make an input of this shape.

Wrong: `input-shape: 224*224*3`

Right: `input-shape: [224, 224, 3]`

Not reported: `N/A` and a dash; -1 for a dimension of any length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.datasets import says_none
from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.metadata.m208_placeholder import is_placeholder
from rules.page import Page
from rules.rule import Context, rule

_NUMBER = re.compile(r"-?[0-9]{1,9}")
_BARE = re.compile(
    r"[(\[]?\s{0,5}([0-9]{1,9}(?:\s{0,5}[,*xX\u00d7\uff0c]\s{0,5}[0-9]{1,9}){0,8})\s{0,5}[)\]]?"
)
_DASH = re.compile(r"^[ \t]{0,40}-[ \t]", re.MULTILINE)
_MARKS = re.compile(r"[\[\],\s]{1,500}")


@rule("MSH213", "input-shape", changed="error", untouched="warning")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    field = page.fields.get("input-shape")
    if field is None or is_empty(field):
        return
    text = field.text.strip()
    words = [word for word in _MARKS.split(_DASH.sub(" ", text)) if word]
    listed = field.shape == "list" or (text.startswith("[") and _is_scanned(page))
    if listed and words and all(_NUMBER.fullmatch(word) for word in words):
        return
    if field.shape == "scalar" and (
        text == "-" or says_none(text) or (text != "[]" and is_placeholder(text))
    ):
        return
    bare = _BARE.fullmatch(text) if field.shape == "scalar" else None
    meant = f"[{', '.join(re.findall('[0-9]+', bare[1]))}]" if bare else ""
    yield Problem(
        field.span,
        key="input-shape",
        variant="near" if meant else "other",
        values={"value": text, "meant": meant},
        suggestion=Suggestion(field.span, meant) if meant and "\n" not in text else None,
    )


def _is_scanned(page: Page) -> bool:
    """Whether the header was read line by line, so that a list is seen as its text."""
    return page.is_cn or bool(page.troubles)
