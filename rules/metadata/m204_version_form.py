"""A version is written X.Y, without a letter before it.

Website and client compare versions as text with the directory of the page.

Wrong: `mindspore-version: v1.2`, `model-version: r1.10`

Right: `mindspore-version: 1.2`, `model-version: 1.10`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.layout.m102_misplaced_page import VERSION
from rules.metadata.m201_missing_field import is_empty
from rules.page import Page
from rules.rule import Context, rule

FIELDS = ("model-version", "mindspore-version")
_DRESSED = re.compile(
    r"(?:version)?[ \t]{0,5}[vVrR]?[ \t]{0,5}([0-9]{1,3}\.[0-9]{1,3})(?:\.0)?", re.IGNORECASE
)


@rule("MSH204", "version-form", changed="error", untouched="warning")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    for name in FIELDS:
        field = page.fields.get(name)
        if field is None or is_empty(field) or VERSION.fullmatch(field.text):
            continue
        plain = _DRESSED.fullmatch(field.text)
        values = {"field": name, "value": field.text, "version": plain[1] if plain else page.version or "X.Y"}
        yield Problem(
            field.span,
            key=name,
            variant="dressed" if plain else "form",
            values=values,
            suggestion=Suggestion(field.span, plain[1]) if plain else None,
        )
