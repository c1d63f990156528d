"""A code block ends, and a heading is no half sentence.

A fence that is never closed shows the rest of the page as code. The client stops at a heading that ends in a
colon.

Wrong: `## Usage:`

Right: `## Usage`

Not reported: a colon inside a heading; fences inside a longer fence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.markdown import code
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point

_HEADING = re.compile(r"#{1,6}[ \t]{1,9}[^\n]{0,500}?([ \t]{0,9}[:\uff1a])[ \t]{0,9}")


@rule("MSH109", "open-block", changed="warning", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    if any(trouble.reason == "not-delimited" for trouble in page.troubles):
        return
    body, fenced = page.body, code(page)
    if fenced.unclosed is not None:
        place = point(page.body_line + fenced.unclosed, 1, len(body[fenced.unclosed]))
        yield Problem(place, key="body", variant="fence", identity="fence")
    for index, line in enumerate(body):
        match = _HEADING.fullmatch(line) if line.startswith("#") and index not in fenced.indexes else None
        if match:
            place = point(page.body_line + index, match.start(1) + 1, len(match[1]))
            values = {"heading": line.strip("# \t")}
            yield Problem(
                place, key="body", variant="heading", values=values, suggestion=Suggestion(place, "")
            )
