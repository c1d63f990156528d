"""A page's header can be read by everybody alike.

The header is the YAML between the first two lines that are `---`, after the title. The hub's website, its
client and this linter all read it; where one of them stumbles, the model cannot be found or loaded. The
header holds plain text in lists and mappings only: anchors, aliases, tags and merge keys are refused, since
they cost a reader unbounded time and no page needs them. Pages are UTF-8.

Wrong (a colon and a blank inside a value start a new mapping):

    accuracy: vit-base: 83.78

Right:

    accuracy: "vit-base: 83.78"

Not reported: a bare `evaluation: -`, Windows line ends, a byte order mark, further `---` lines in the body,
and Chinese keys in `_cn` pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.page import Page
from rules.rule import Context, levels, rule
from rules.source import Trouble, point

_LEGACY = levels("error", "warning")
_LEGACY_CASES = ("colon", "syntax", "not-mapping", "chinese-keys", "wide-colon")


@rule(
    "MSH101",
    "unreadable-header",
    changed="error",
    untouched="error",
    variants=dict.fromkeys(_LEGACY_CASES, _LEGACY),
)
def check(page: Page, _context: Context) -> Iterator[Problem]:
    for trouble in page.troubles:
        yield Problem(
            trouble.span,
            key="header",
            variant=_variant(trouble),
            values={"detail": trouble.detail, "line": str(trouble.span.line)},
            suggestion=_repair(page, trouble),
            identity=f"{trouble.reason}\0{_line(page, trouble)}",
        )


def _variant(trouble: Trouble) -> str:
    if trouble.reason == "not-utf-8" and trouble.detail:
        return "not-utf-8-but"
    if trouble.reason == "not-delimited" and trouble.detail == "1":
        return "not-closed"
    return trouble.reason


def _line(page: Page, trouble: Trouble) -> str:
    return page.lines[trouble.span.line - 1] if trouble.span.line <= len(page.lines) else ""


def _repair(page: Page, trouble: Trouble) -> Suggestion | None:
    """A full-width colon as an ASCII one, or a value in quotes where that changes nothing of its text."""
    line = _line(page, trouble)
    if trouble.reason == "wide-colon":
        blank = line[trouble.span.end_column - 1 :].startswith(" ")
        return Suggestion(trouble.span, ":" if blank else ": ")
    key, colon, value = line.partition(":")
    text = value.strip()
    if trouble.reason != "colon" or not text or any(character in text for character in "\"\\'#"):
        return None
    column = len(key) + len(colon) + len(value) - len(value.lstrip()) + 1
    return Suggestion(point(trouble.span.line, column, len(text)), f'"{text}"')
