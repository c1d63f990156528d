"""`accuracy` is one number.

The website compares models by it. What belongs to several metrics goes into `evaluation`.

Wrong: `accuracy: 76.5%`, `accuracy: top1 76.5`

Right: `accuracy: 76.5`

Not reported: `N/A` and a dash; values that made the header unreadable, which unreadable-header explains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.datasets import says_none
from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.metadata.m208_placeholder import is_placeholder
from rules.page import Page
from rules.rule import Context, levels, rule

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(?:[eE][+-]?[0-9]{1,3})?")
_DRESSED = re.compile(r"[~\u2248]?\s{0,5}([0-9]{1,12}(?:\.[0-9]{1,12})?)\s{0,5}[%\uff05]")
_SEVERAL = re.compile(
    r"[0-9]{1,12}\.[0-9]{1,12}[^0-9]{1,60}(?:[a-zA-Z@-][0-9]{0,3}[^0-9]{1,60})?[0-9]{1,12}\."
)


@rule(
    "MSH211",
    "accuracy",
    changed="error",
    untouched="warning",
    variants={"several": levels("warning", "notice")},
)
def check(page: Page, _context: Context) -> Iterator[Problem]:
    field = page.fields.get("accuracy")
    if field is None or is_empty(field) or field.shape != "scalar":
        return
    text = field.text.strip()
    if _NUMBER.fullmatch(text) or text == "-" or says_none(text) or is_placeholder(text):
        return
    if any(trouble.span.line == field.span.line for trouble in page.troubles):
        return
    dressed = _DRESSED.fullmatch(text)
    variant = "dressed" if dressed else "several" if _SEVERAL.search(text[:200]) else "other"
    yield Problem(
        field.span,
        key="accuracy",
        variant=variant,
        values={"value": text, "plain": dressed[1] if dressed else ""},
        suggestion=Suggestion(field.span, dressed[1]) if dressed else None,
    )
