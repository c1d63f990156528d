"""A page's file name begins with the model that it is about.

`model-name` may be another name, that of the function which builds the network. Where nothing of it is found
in the file name, one of the two may have been forgotten in a copy.

Wrong, with `model-name: alexnet`: `ghostnet_cifar10.md`

Right: `alexnet_cifar10.md`

Not reported: differences of case and separators; families (`resnet` in `resnet50_cifar10`); variants
(`bert_base` in `bertfinetune_squad`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem
from rules.nearest import normal
from rules.page import Page
from rules.rule import Context, rule

#: Out of 100: `bert_finetuning` in `bertfinetune_squad`.
ALIKE = 85.0
_BREAK = re.compile("[ _-]")


@rule("MSH112", "file-name-model", changed="notice", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    field = page.fields.get("model-name")
    if not page.name or field is None or not field.text.strip() or page.is_cn:
        return
    if not names_same(field.text, page.name):
        yield Problem(field.span, key="model-name", values={"model": field.text, "name": page.name})


def names_same(one: str, other: str) -> bool:
    """Whether one of two names holds the other, nearly, or the first word of the first is in the second."""
    first, second = normal(one), normal(other)
    if first in second or second in first or normal(_BREAK.split(one.strip())[0]) in second:
        return True
    from rapidfuzz.fuzz import partial_ratio  # only here: most names are found as they are

    return partial_ratio(first, second) >= ALIKE
