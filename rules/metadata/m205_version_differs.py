"""The header's versions are those of the directory, compared as text.

The client asks for a page by its directory. As numbers 1.10 and 1.1 would be equal; they are two releases.

Wrong, in `mindspore/1.10/`:

    mindspore-version: 1.1

Right:

    mindspore-version: 1.10

Not reported: `model-version` of publishers who count their own models' versions.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem
from rules.layout.m102_misplaced_page import VERSION
from rules.metadata.m204_version_form import FIELDS
from rules.page import Page
from rules.rule import Context, rule


@rule("MSH205", "version-differs", changed="error", untouched="warning")
def check(page: Page, context: Context) -> Iterator[Problem]:
    if not VERSION.fullmatch(page.version):
        return
    follows = page.publisher in context.policy.model_version_follows and not page.backend
    for name in FIELDS:
        field = page.fields.get(name)
        if field is None or not VERSION.fullmatch(field.text) or field.text == page.version:
            continue
        if name == "mindspore-version" or follows:
            values = {"field": name, "value": field.text, "directory": page.version}
            yield Problem(field.span, key=name, values=values)
