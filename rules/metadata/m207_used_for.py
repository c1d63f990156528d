"""`used-for` says one of the purposes that the hub knows.

The website filters by it. Several purposes are separated by `,`, `|` or `/`.

Wrong: `used-for: Inferencing`

Right: `used-for: inference`

Not reported: Chinese words in `_cn` pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.nearest import nearest
from rules.page import Page
from rules.rule import Context, rule


@rule("MSH207", "used-for", changed="error", untouched="warning")
def check(page: Page, context: Context) -> Iterator[Problem]:
    field = page.fields.get("used-for")
    if field is None or is_empty(field) or field.shape != "scalar" or page.is_cn:
        return
    known = context.policy.used_for
    words = [word.strip() for word in re.split("[,|/]", field.text)]
    strangers = [word for word in words if word not in known]
    if strangers:
        meant = nearest(field.text, known)
        yield Problem(
            field.span,
            key="used-for",
            variant="near" if meant else "unknown",
            values={"value": strangers[0], "meant": meant, "known": ", ".join(known)},
            suggestion=Suggestion(field.span, meant) if meant else None,
        )
