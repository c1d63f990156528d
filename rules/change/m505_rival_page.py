"""One page is brought by one pull request.

Two open pull requests that add a page with the same UID cannot both be merged as they are: the second would
overwrite the first, or conflict with it.

Wrong: two pull requests that both add `mindspore/1.10/resnet50_imagenet2012.md`

Right: one of them is closed, or its page gets a name of its own

Not reported: pages that the base branch has already; pull requests that are closed.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Fault, Problem
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point


@rule("MSH505", "rival-page", changed="error", untouched="off", fault=Fault.POLICY)
def check(page: Page, context: Context) -> Iterator[Problem]:
    rivals = context.facts.rivals.get(page.path, ())
    if rivals and page.path not in context.bases:
        values = {"uid": page.uid or page.path, "pulls": ", ".join(rivals)}
        yield Problem(point(1, 1, len(page.lines[0])), key="path", values=values, identity="\0".join(rivals))
