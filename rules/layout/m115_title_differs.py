"""The title names the model of the page.

Title, `model-name` and file name need not be spelt alike, but a title in which neither of the others is found
was most likely copied from another page.

Wrong: `# AlexNet` above `model-name: ghostnet`

Right: `# GhostNet`

Not reported: differences of case, separators and single letters; a title that agrees with the file name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem
from rules.nearest import LIKENESS, normal
from rules.page import Page
from rules.rule import Context, rule

#: What tells one model of a family from another: `x2`, `50`.
_SIZE = re.compile("[vx]?[0-9]{1,4}")


@rule("MSH115", "title-differs", changed="notice", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    model = page.text("model-name")
    if not page.title or not model or page.is_cn:
        return
    if not any(name and _same(normal(page.title), normal(name)) for name in (model, page.name)):
        values = {"title": page.title, "model": model}
        yield Problem(page.title_span, key="title", values=values)


def _same(title: str, name: str) -> bool:
    """Whether one of two names holds the other, up to a size, or they differ in a letter or two."""
    if title in name:
        return True
    if name in title:
        return not _SIZE.fullmatch(title.replace(name, "", 1))
    from rapidfuzz.fuzz import ratio  # only here: most titles are the model's name

    return ratio(title, name) >= LIKENESS
