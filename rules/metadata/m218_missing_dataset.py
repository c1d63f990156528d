"""A page says what its model was trained on.

`train-dataset` is optional, since some models have none to name; a page says so with `N/A`. Where the file
name ends in one, the field was forgotten.

Wrong, in `gcn_cora.md`: no train-dataset

Right: `train-dataset: cora`

Not reported: a misspelt field, which unknown-field explains.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.datasets import known_datasets, split_name
from rules.finding import Problem
from rules.metadata.m201_missing_field import is_empty, is_gibberish, misspelt
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point


@rule("MSH218", "missing-dataset", changed="warning", untouched="off")
def check(page: Page, context: Context) -> Iterator[Problem]:
    policy = context.policy
    field = page.fields.get("train-dataset")
    if field is not None and not is_empty(field):
        return
    if is_gibberish(page, policy.fields) or (field is None and _is_misspelt(page, policy.fields)):
        return
    named = split_name(page.name, context.once(known_datasets)).dataset if page.name else ""
    place = point(page.header_lines[1] + 1, 1) if field is None else field.key_span
    yield Problem(place, key="train-dataset", variant="named" if named else "unsaid", values={"named": named})


def _is_misspelt(page: Page, known: tuple[str, ...]) -> bool:
    """Whether an unknown field stands for the missing one, which unknown-field explains."""
    return bool(misspelt(page, ("train-dataset",), known))
