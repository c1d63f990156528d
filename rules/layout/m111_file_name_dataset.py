"""A page's file name says what the model was trained on: `model_dataset.md`.

One model is published for several data sets, and the UID must tell them apart: the page of the next data set
would need the same name.

Wrong, with `train-dataset: imagenet2012`: `efficientnet.md`

Right: `efficientnet_imagenet2012.md`

Where the hub does not know the data set, or the page names none, it is only noted.

Not reported: pages whose train-dataset is `N/A` (generative models often have none to name); a data set that
the name shortens or spells a little differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.datasets import in_name, is_family, known_datasets, pieces, says_none, split_name
from rules.finding import Problem
from rules.metadata.m201_missing_field import is_gibberish
from rules.metadata.m208_placeholder import is_placeholder
from rules.page import Page
from rules.rule import Context, levels, rule
from rules.source import point

#: What a file name does not have.
_OTHER = re.compile("[^A-Za-z0-9._-]")


@rule(
    "MSH111",
    "file-name-dataset",
    changed="warning",
    untouched="off",
    variants={"unsaid": levels("notice", "off"), "unknown": levels("notice", "off")},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    known = context.once(known_datasets)
    written = page.text("train-dataset")
    if not page.name or is_gibberish(page, context.policy.fields):
        return
    place = point(1, 1, len(page.lines[0]))
    if written and (says_none(written) or is_placeholder(written)):
        return
    if not written:
        if not split_name(page.name, known).dataset:
            yield Problem(place, key="path", variant="unsaid", values={"name": page.name})
        return
    parts = pieces(written, known)
    if not any(in_name(piece, page.name, known) for piece in parts):
        target = f"{page.name}_{_OTHER.sub('', '_'.join(parts))}.md"
        values = {"name": page.name, "dataset": written, "target": target}
        variant = "lacking" if any(is_family(piece, known) for piece in parts) else "unknown"
        yield Problem(place, key="path", variant=variant, values=values)
