"""A page is plain UTF-8 text: no byte order mark, Unix line ends, no trailing blanks, a newline at the end.

Nobody sees these, yet they make whole files appear in a diff, and the next change of the page with them.

Wrong: lines that end in a carriage return, `author: MindSpore team` with blanks after it

Right: what editors write with "trim trailing whitespace", "insert final newline" and "LF" switched on

Not reported: two blanks at the end of a line of text in the body, which are Markdown's line break.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point

_BLANKS = " \t"


@rule("MSH103", "line-ends", changed="notice", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    if page.has_bom:
        yield Problem(point(1, 1), key="text", variant="mark")
    if page.newline != "\n":
        yield Problem(point(1, 1), key="text", variant="mixed" if page.newline == "mixed" else "windows")
    for number, line in enumerate(page.lines, 1):
        bare = line.rstrip(_BLANKS)
        if bare != line and not _is_break(page, number, line, bare):
            place = point(number, len(bare) + 1, len(line) - len(bare))
            yield Problem(
                place, key="text", variant="blanks", suggestion=Suggestion(place, ""), identity=bare
            )
    end = point(len(page.lines), len(page.lines[-1]) + 1)
    if page.lines[-1].rstrip(_BLANKS):
        yield Problem(end, key="text", variant="unfinished", suggestion=Suggestion(end, "\n"))


def _is_break(page: Page, number: int, line: str, bare: str) -> bool:
    """Whether the blanks are Markdown's hard line break: at least two, after text that goes on."""
    follows = number < len(page.lines) and bool(page.lines[number].strip())
    return number >= page.body_line and bool(bare) and line.endswith("  ") and follows
