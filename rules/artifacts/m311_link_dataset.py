"""The file's name says which dataset the model was trained on.

In the hub's own scheme (`model_backend_version_dataset_…`) the dataset tells two checkpoints of one model
apart.

Wrong, with `train-dataset: mnist`: `lenet_ascend_v1100_cifar10_research_cv_acc98.ckpt`

Right: `lenet_ascend_v1100_mnist_research_cv_acc98.ckpt`

Not reported: names that do not follow the scheme; pages without a dataset. Names may abbreviate, so this is
only a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.artifacts.names import squashed, version_tag
from rules.finding import Problem
from rules.links import parse_link
from rules.page import Page
from rules.rule import Context, rule

#: Ways to say that there is no dataset.
NONE = ("", "na", "none", "null")
_SPLIT = re.compile(r"[,|/&+]")


@rule("MSH311", "link-dataset", changed="notice", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    written = page.text("train-dataset")
    whole = squashed(written)
    if whole in NONE or page.is_cn:
        return
    parts = {squashed(part) for part in _SPLIT.split(written)} - {""}
    for asset in page.assets:
        link = parse_link(asset.link)
        if link is None or not version_tag(link.file_name):
            continue
        name = squashed(link.file_name)
        if whole not in name and not all(part in name for part in parts):
            yield Problem(
                asset.link_span,
                asset.key("asset-link"),
                values={"dataset": written, "file": link.file_name},
                identity=f"{written}\0{asset.link}",
            )
