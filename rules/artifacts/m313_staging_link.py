"""The link does not lead to a temporary or test directory.

What lies there is moved or deleted without notice; every user of the page then gets an error.

Wrong: `https://download.mindspore.cn/model_zoo/r1.3/temp/bert_ascend_v130.ckpt`

Right: `https://download.mindspore.cn/model_zoo/r1.3/bert_ascend_v130.ckpt`

Not reported: such words in the file's own name or as part of a longer one.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem
from rules.links import parse_link
from rules.page import Page
from rules.rule import Context, rule

#: Directories that are not meant to last.
STAGING = ("temp", "tmp", "staging", "test", "testing", "draft", "debug")


@rule("MSH313", "staging-link", changed="error", untouched="warning")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    for asset in page.assets:
        link = parse_link(asset.link)
        if link is None:
            continue
        found = next((part for part in link.path.split("/")[:-1] if part.lower() in STAGING), "")
        if found:
            yield Problem(
                asset.link_span,
                asset.key("asset-link"),
                values={"directory": found, "link": asset.link},
                identity=asset.link,
            )
