"""A page keeps the main type, dataset and backbone that it was published with.

These say what the model is. Where they change, it is often a correction, and sometimes a page made from the
wrong template; so this is only a note to whoever reads the change.

Wrong, where the base branch has `train-dataset: imagenet2012`: `train-dataset: mnist`

Right: a new page for the model that was trained on another dataset

Not reported: another spelling of the same value; a value that was empty before.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem
from rules.nearest import normal
from rules.page import Page
from rules.rule import Context, rule

FIELDS = ("module-type", "train-dataset", "backbone-name")


@rule("MSH501", "kind-changed", changed="notice", untouched="off")
def check(page: Page, context: Context) -> Iterator[Problem]:
    before = context.bases.get(page.path)
    if before is None:
        return
    for name in FIELDS:
        field, was, now = page.fields.get(name), before.text(name), page.text(name)
        if field is not None and was and now and _kind(name, was) != _kind(name, now):
            yield Problem(field.span, key=name, values={"field": name, "before": was, "value": now})


def _kind(name: str, value: str) -> str:
    """What counts of a value: of a type its main part, of all others their letters and digits."""
    return normal(value.partition("-")[0] if name == "module-type" else value)
