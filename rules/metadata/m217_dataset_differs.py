"""`train-dataset` is the dataset that the file name ends in.

People choose a page by its name. Where the two differ, one was forgotten when the page was copied.

Wrong, in `resnet18_cifar10.md`: `train-dataset: imagenet2012`

Right: `train-dataset: cifar10`

Not reported: aliases and other spellings (`agnews` and `AG`, `veir` and `VeRi`); datasets that the hub does
not know.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.datasets import in_name, is_known, known_datasets, pieces, says_none, split_name
from rules.finding import Problem
from rules.page import Page
from rules.rule import Context, rule


@rule("MSH217", "dataset-differs", changed="warning", untouched="off")
def check(page: Page, context: Context) -> Iterator[Problem]:
    field = page.fields.get("train-dataset")
    known = context.once(known_datasets)
    if field is None or field.shape != "scalar" or not page.name or says_none(field.text):
        return
    named = split_name(page.name, known).dataset
    written = pieces(field.text.strip(), known)
    if not named or not written or not all(is_known(piece, known) for piece in written):
        return
    if not any(in_name(piece, page.name, known) for piece in written):
        values = {"value": field.text, "named": named, "name": page.name}
        yield Problem(field.span, key="train-dataset", values=values)
