"""The digest of a published file does not change under the same link.

Whoever loaded the model before has the old file; after the change everybody gets another one from the same
address. Either the digest was wrong from the beginning, or the file was replaced. A maintainer decides which,
and whether the new file needs a name of its own.

Wrong: `asset-sha256` changed, `asset-link` not

Right: the new file under a new name, with a new link and its digest

Not reported: a short digest made whole; another spelling of the same digest.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.artifacts.digest import repaired
from rules.change.entries import differ, same_link
from rules.finding import Fault, Problem
from rules.page import Page
from rules.rule import Context, rule


@rule("MSH503", "digest-replaced", changed="error", untouched="off", fault=Fault.POLICY)
def check(page: Page, context: Context) -> Iterator[Problem]:
    before = context.bases.get(page.path)
    if before is None:
        return
    for old, new in same_link(before, page):
        if differ(old, new):
            digests = repaired(old.sha256), repaired(new.sha256)
            yield Problem(
                new.place("asset-sha256"),
                new.key("asset-sha256"),
                values={"before": digests[0], "declared": digests[1], "link": new.link},
                identity="\0".join((*digests, new.link)),
            )
