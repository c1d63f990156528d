"""No two pages of a directory differ in `_`, `-` and `.` only.

Nobody remembers which of two such UIDs is which; mostly one model was published twice.

Wrong: `resnet50triplet_sop.md` beside `resnet50_triplet_sop.md`

Right: one page

Not reported: pages that differ in case only, which case-twin explains; other directories.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point
from rules.twins import folded, same_but_for_separators, squeezed


@rule("MSH114", "near-twin", changed="warning", untouched="notice")
def check(page: Page, context: Context) -> Iterator[Problem]:
    alike = context.once(same_but_for_separators).get(squeezed(page.path), ())
    for other in alike:
        if folded(other) != folded(page.path):
            values = {"path": page.path, "other": other}
            yield Problem(point(1, 1, len(page.lines[0])), key="path", values=values)
