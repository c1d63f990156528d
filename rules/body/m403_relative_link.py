"""Links and images in the body are whole addresses.

The hub shows a page by itself, away from any repository: a relative link that worked in the model's own
README leads nowhere here.

Wrong: `[configuration](./yolov8n.yaml)`, `![network](../images/net.png)`

Right: `[configuration](https://github.com/mindspore-lab/mindyolo/blob/v0.5.0/configs/yolov8/yolov8n.yaml)`

Not reported: links to a heading of the page itself (`#usage`), mail addresses, and code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.artifacts.repository import bare, place
from rules.finding import Problem
from rules.markdown import links
from rules.page import Page
from rules.rule import Context, rule

_PATH = re.compile(r"(?:(?:\.{1,2}/){1,20}|/(?!/))?[\w@%+~-][\w@%+~./-]{0,500}(?:#.{0,200})?")
_ADDRESSES = ("https://", "http://")
_ADDRESS = re.compile(r"[a-z]{1,20}(?:[:;]|//)|www\.", re.IGNORECASE)


@rule("MSH403", "relative-link", changed="warning", untouched="notice")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    seen = set()
    for link in links(page):
        target = bare(link.target)
        if target.startswith(_ADDRESSES) or target in seen:
            continue
        if not _PATH.fullmatch(target) or _ADDRESS.match(target):
            continue
        seen.add(target)
        yield Problem(
            link.span,
            key="body",
            variant="image" if link.is_image else "link",
            values={"target": target, "base": _base(page)},
            identity=target,
        )


def _base(page: Page) -> str:
    """What to put before a relative link."""
    link = bare(page.text("repo-link"))
    repository = place(link)
    return link if repository and repository.kind else "https://…"
