"""`train-dataset` names datasets by the names that the hub knows.

The website filters by it. The list grows: a new dataset is welcome, and so is a line for it in the policy.

Wrong: `train-dataset: imagnet2012`

Right: `train-dataset: imagenet2012`

A name that the file name bears too is noted only: it is no slip.

Not reported: other case and separators; `N/A`; another release of a known dataset (`ava2.2`); several known
datasets separated by `,`, `|`, `/` or `_`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.datasets import in_name, is_family, known_datasets, pieces, says_none
from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.metadata.m208_placeholder import is_placeholder
from rules.nearest import nearest
from rules.page import Page
from rules.rule import Context, levels, rule


@rule(
    "MSH216",
    "unknown-dataset",
    changed="warning",
    untouched="off",
    variants={"named": levels("notice", "off")},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    field = page.fields.get("train-dataset")
    if field is None or is_empty(field) or field.shape != "scalar" or page.is_cn:
        return
    text = field.text.strip()
    if text == "-" or says_none(text) or is_placeholder(text):
        return
    known = context.once(known_datasets)
    for piece in pieces(text, known):
        if is_family(piece, known) or says_none(piece):
            continue
        meant = nearest(piece, known.values())
        named = bool(page.name) and in_name(piece, page.name, known)
        sure = piece == field.text and bool(meant) and _digits(piece) == _digits(meant)
        yield Problem(
            field.span,
            key="train-dataset",
            variant="near" if meant else "named" if named else "unknown",
            values={"value": piece, "meant": meant},
            suggestion=Suggestion(field.span, meant) if sure else None,
        )


def _digits(text: str) -> list[str]:
    """coco2014 and coco2017 are near, and two datasets."""
    return re.findall("[0-9]+", text)
