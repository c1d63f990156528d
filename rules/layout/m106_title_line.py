"""A page begins with one line `# Title`, and nothing else stands before its header.

The website takes the title from there, and the client takes the first block of the page for it.

Wrong:

    ResNet50
    A network for images.

    ---

Right:

    # ResNet50

    ---

Not reported: blank lines around the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point

_TITLE = re.compile(r"# {0,9}\S")
_NEARLY = re.compile(r"\s{0,9}#{1,6}\s{0,9}(?=[^\s#])")


@rule("MSH106", "title-line", changed="error", untouched="warning")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    if any(trouble.reason == "not-delimited" for trouble in page.troubles):
        return
    before = page.lines[: page.header_lines[0] - 2]
    written = [(number, line) for number, line in enumerate(before, 1) if line.strip()]
    if not written:
        yield Problem(point(1, 1), key="title", variant="missing", values={"name": _example(page)})
        return
    number, first = written[0]
    if not (first.startswith("# ") and _TITLE.match(first)):
        yield _not_a_title(page, number, first)
    if len(written) > 1:
        number, line = written[1]
        place = point(number, 1, len(line))
        yield Problem(place, key="title", variant="more", values={"written": line.strip()}, identity="more")


def _not_a_title(page: Page, number: int, line: str) -> Problem:
    nearly = _NEARLY.match(line)
    values = {"written": line.strip(), "name": _example(page)}
    if nearly is None:
        return Problem(point(number, 1, len(line)), key="title", variant="other", values=values)
    place = point(number, 1, nearly.end())
    return Problem(place, key="title", variant="level", values=values, suggestion=Suggestion(place, "# "))


def _example(page: Page) -> str:
    """A title line as this page might have it."""
    return f"# {page.name or 'Title'}"
