"""A page offers a file to download.

Without an `asset` list nothing can be loaded from the hub. For models whose weights lie elsewhere that is
intended, so this is only a note.

Right:

    asset:

    -
        file-format: ckpt
        asset-link: <https://download.mindspore.cn/models/r1.10/resnet50.ckpt>
        asset-sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

Not reported: pages whose header could not be read; an `asset` that is no list, which MSH201 reports.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point


@rule("MSH307", "no-asset", changed="notice", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    listed = page.fields.get("asset")
    if page.assets or page.troubles or page.is_cn or (listed is not None and listed.text.strip()):
        return
    place = listed.key_span if listed else point(page.header_lines[1] + 1, 1)
    yield Problem(place, key="asset", values={"name": page.text("model-name") or page.name})
