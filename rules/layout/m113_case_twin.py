"""No two pages differ in the case of their path only.

On Windows and macOS both are one file: a checkout of the hub shows one of the two as changed, and loses it.

Wrong: `1.8/LeNet_mnist.md` beside `1.8/lenet_mnist.md`

Right: one page
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point
from rules.twins import folded, same_but_for_case


@rule("MSH113", "case-twin", changed="error", untouched="error")
def check(page: Page, context: Context) -> Iterator[Problem]:
    alike = context.once(same_but_for_case).get(folded(page.path), ())
    for other in alike:
        if other != page.path:
            values = {"path": page.path, "other": other}
            yield Problem(point(1, 1, len(page.lines[0])), key="path", values=values)
