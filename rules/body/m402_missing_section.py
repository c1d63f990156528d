"""The body has the sections Introduction, Citation and Disclaimer.

Readers look for what the model is, for the paper to cite, and for the terms of the datasets.

Wrong: `## Summary` instead of `## Introduction`; no word of the paper

Right:

    ## Introduction

    ## Citation

    ## Disclaimer

Not reported: these headings in Chinese, or at another level; `References` instead of `Citation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rules.finding import Problem, Suggestion
from rules.markdown import Heading, headings
from rules.nearest import nearest, normal
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point

#: Each section with the other headings that stand for it.
SECTIONS = {
    "Introduction": ("Abstract", "Overview", "简介", "介绍"),
    "Citation": ("Citations", "Reference", "References", "Bibtex", "参考论文", "参考文献", "引用"),
    "Disclaimer": ("免责声明", "声明"),
}
_NORMAL = {name: frozenset(map(normal, (name, *others))) for name, others in SECTIONS.items()}
_KNOWN = frozenset().union(*_NORMAL.values())
#: More headings than these are not looked through for a misspelt one.
MAX_HEADINGS = 200


@rule("MSH402", "missing-section", changed="notice", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    found = {normal(heading.text): heading for heading in headings(page)}
    for name, spellings in _NORMAL.items():
        if spellings.isdisjoint(found):
            strangers = [found[text] for text in islice(found, MAX_HEADINGS) if text not in _KNOWN]
            meant = _misspelt(name, strangers)
            if meant is None:
                place = point(min(page.body_line, len(page.lines)), 1)
                yield Problem(place, key="body", variant="missing", values={"section": name})
            else:
                values = {"section": name, "written": meant.text}
                suggestion = Suggestion(meant.span, name)
                yield Problem(meant.span, key="body", variant="near", values=values, suggestion=suggestion)


def _misspelt(name: str, found: list[Heading]) -> Heading | None:
    return next((one for one in found if one.level <= 3 and nearest(one.text, (name,)) == name), None)
