"""A published file that moves to another address keeps its digest.

The link is new and the digest is not: the file was moved or copied. That is fine where the old address goes
on working for those who have the older page; whoever reviews should know.

Wrong: the same digest under a new link, while the file at the old link is deleted

Right: both addresses go on working; the bot's download of the new one proves that the file is the same

Not reported: a new link with a new digest, which is a new file.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.change.entries import same_digest
from rules.finding import Problem
from rules.page import Page
from rules.rule import Context, rule


@rule("MSH502", "link-moved", changed="notice", untouched="off")
def check(page: Page, context: Context) -> Iterator[Problem]:
    before = context.bases.get(page.path)
    if before is None:
        return
    for old, new in same_digest(before, page):
        values = {"before": old.link, "link": new.link}
        yield Problem(new.link_span, new.key("asset-link"), values=values, identity=f"{old.link}\0{new.link}")
