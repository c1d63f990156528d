"""A metric in the file's name is that of `evaluation`.

Where both give a number for the same metric and the numbers differ, either the page or the link is of another
training run.

Wrong:

    evaluation: acc92.5
    asset-link: <https://download.mindspore.cn/models/r1.10/lenet_ascend_v1100_mnist_research_cv_acc98.ckpt>

Right:

    evaluation: acc98

Not reported: metrics that only one of the two gives; a number that is the other one rounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from rules.artifacts.names import metrics, stem
from rules.finding import Problem
from rules.links import parse_link
from rules.page import Page
from rules.rule import Context, rule

#: Longer values are prose, not metrics.
MAX_EVALUATION = 500
_PARTS = re.compile(r"[|,;_]")


@rule("MSH312", "metric-differs", changed="warning", untouched="notice")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    field = page.fields.get("evaluation")
    if field is None or field.shape != "scalar" or len(field.text) > MAX_EVALUATION:
        return
    parts = [part.strip() for part in _PARTS.split(field.text)]
    links = [link for asset in page.assets if (link := parse_link(asset.link)) is not None]
    names = [stem(link.file_name).split("_") for link in links]
    if any(set(parts) <= set(name) for name in names):
        return
    declared = metrics(parts)
    found = [(link, metrics(name)) for link, name in zip(links, names, strict=True)] if declared else []
    for name, number in declared.items():
        given = [(link, numbers[name]) for link, numbers in found if name in numbers]
        if given and not any(_same(number, other) for _, other in given):
            link, other = given[0]
            values = {"metric": name, "declared": str(number), "found": str(other), "file": link.file_name}
            yield Problem(field.span, key="evaluation", values=values)


def _same(one: Decimal, other: Decimal) -> bool:
    """Whether two numbers are equal, or one is the other with fewer places."""
    places = max(int(one.as_tuple().exponent), int(other.as_tuple().exponent))
    unit = Decimal(1).scaleb(places)
    return any(one.quantize(unit, way) == other.quantize(unit, way) for way in (ROUND_DOWN, ROUND_HALF_UP))
