"""`license` is the hub's licence, or a deliberate other one.

The website shows it and people rely on it.

Wrong: `license: apache 2.0`

Right: `license: Apache2.0`

Another licence is noted only: some models come with their own.

Not reported: `_cn` pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.metadata.m208_placeholder import is_placeholder
from rules.nearest import nearest
from rules.page import Page
from rules.rule import Context, levels, rule


@rule("MSH209", "license", changed="warning", untouched="off", variants={"other": levels("notice", "off")})
def check(page: Page, context: Context) -> Iterator[Problem]:
    field = page.fields.get("license")
    known = context.policy.licences
    if field is None or field.shape != "scalar" or field.text.strip() in known:
        return
    if page.is_cn or is_empty(field) or is_placeholder(field.text):
        return
    meant = nearest(_bare(field.text), known)
    yield Problem(
        field.span,
        key="license",
        variant="near" if meant else "other",
        values={"value": field.text, "meant": meant, "known": ", ".join(known)},
        suggestion=Suggestion(field.span, meant) if meant else None,
    )


def _bare(text: str) -> str:
    """`Apache License, Version 2.0` as `Apache 2.0`."""
    words = text.casefold().replace(",", " ").split()
    return " ".join(word for word in words if word not in ("license", "licence", "version", "the"))
