"""`model-name` is the model's, not its family's.

The client builds the network by this name; the page of ResNet-50 needs another than that of ResNet-18. Some
networks have one builder for the whole family, therefore it is only noted.

Wrong, in `resnet50_cifar10.md`: `model-name: resnet`

Right: `model-name: resnet50`

Not reported: versions of a family that the file name separates (`yolox_s`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.datasets import known_datasets, split_name
from rules.finding import Problem
from rules.nearest import normal
from rules.page import Page
from rules.rule import Context, rule

_SIZE = re.compile("v?[0-9]{1,4}[a-z]?d?")


@rule("MSH220", "family-name", changed="notice", untouched="off")
def check(page: Page, context: Context) -> Iterator[Problem]:
    field = page.fields.get("model-name")
    if field is None or not page.name or page.is_cn:
        return
    family = normal(field.text)
    model = split_name(page.name, context.once(known_datasets)).model.split("_")[0]
    rest = normal(model).removeprefix(family)
    if family and rest != normal(model) and _SIZE.fullmatch(rest):
        values = {"family": field.text, "model": model, "name": page.name}
        yield Problem(field.span, key="model-name", values=values)
