"""`update-time` is a date, written YYYY-MM-DD.

The website sorts by it. Without its zeros a date is read as text by YAML, where others are dates.

Wrong: `update-time: 2020-12.21`, `update-time: 2023-2-17`

Right: `update-time: 2020-12-21`, `update-time: 2023-02-17`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.metadata.m208_placeholder import is_placeholder
from rules.page import Page
from rules.rule import Context, levels, rule

_WRITTEN = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Year first, so that day and month cannot be taken for each other.
_DATE = re.compile(r"([0-9]{4})[-./\u5e74 ]{1,2}([0-9]{1,2})[-./\u6708 ]{1,2}([0-9]{1,2})\u65e5?")
_RUN_TOGETHER = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
_UNPADDED = re.compile("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")


@rule(
    "MSH210",
    "update-time",
    changed="error",
    untouched="warning",
    variants={"padding": levels("warning", "off")},
)
def check(page: Page, _context: Context) -> Iterator[Problem]:
    field = page.fields.get("update-time")
    if field is None or is_empty(field) or field.shape != "scalar" or is_placeholder(field.text):
        return
    text = field.text.strip()
    meant = _meant(text)
    if meant and _WRITTEN.fullmatch(text):
        return
    variant = "other"
    if meant:
        variant = "padding" if _UNPADDED.fullmatch(text) else "form"
    elif _DATE.fullmatch(text):
        variant = "impossible"
    yield Problem(
        field.span,
        key="update-time",
        variant=variant,
        values={"value": text, "date": meant},
        suggestion=Suggestion(field.span, meant) if meant else None,
    )


def _meant(text: str) -> str:
    """The date as it should be written; empty where the text is none or the calendar does not have it."""
    match = _DATE.fullmatch(text) or _RUN_TOGETHER.fullmatch(text)
    if match is None:
        return ""
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return ""
