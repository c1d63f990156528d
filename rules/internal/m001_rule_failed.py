"""The linter itself failed on a page.

A rule raised an error that it should not have. The other rules were run all the same, but since nobody knows
what this one would have said, the gate stays closed until we have mended it. There is nothing for the
publisher to do.

This rule finds nothing by itself: the engine reports under its code.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Fault, Problem
from rules.page import Page
from rules.rule import Context, rule


@rule("MSH001", "rule-failed", changed="error", untouched="error", fault=Fault.BOT)
def check(_page: Page, _context: Context) -> Iterator[Problem]:
    yield from ()
