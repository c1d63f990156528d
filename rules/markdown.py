"""Tells the code of a page's body from its prose, and finds the headings and links of the prose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rules.finding import Span
from rules.page import Page
from rules.source import point

#: Longer lines are data, not prose; the longest real one with a link has 1,300 characters.
MAX_LINE = 5_000
#: Pages read lately: the rules ask after one page in turn, and after its base version.
KEPT = 4
_FENCE = re.compile(r"\s{0,40}(?:>\s{0,3})?(`{3,200}|~{3,200})([^\n]{0,500})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.{1,300})")
_CODE = re.compile(r"`[^`]{1,500}`")
#: One level of brackets in the address, as Markdown allows and as `((https://…))` has.
_LINK = re.compile(
    r"\[(?P<text>[^\[\]]{0,300}(?:\[[^\[\]]{0,300}\][^\[\]]{0,300})?)\]"
    r"\((?P<target>(?:[^()\s]|\([^()\s]{0,1000}\)){0,1500})"
    r"(?:[ \t]+[\"'][^\"']{0,300}[\"'])?[ \t]{0,5}\)"
)
#: What was meant as a link but is none for Markdown: the target has blanks in it, and no title.
_LOOSE = re.compile(r"\[([^\[\]]{0,300})\]\((?=[^()\s]{1,1000}[ \t])([^()\"']{1,1500})\)")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the body: its level, its words without marks, and where those stand."""

    level: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class BodyLink:
    """A Markdown link or image: its target as written, and where that stands."""

    target: str
    text: str
    span: Span
    is_image: bool


@dataclass(frozen=True, slots=True)
class Code:
    """Which lines of a body belong to fenced blocks, their fences included, by index in the body; and the
    index of the fence that opens a block which never ends.
    """

    indexes: frozenset[int]
    unclosed: int | None


def code(page: Page) -> Code:
    return _code(page.lines, page.body_line)


def headings(page: Page) -> Iterator[Heading]:
    for number, line in _prose(page.lines, page.body_line, "#"):
        match = _HEADING.match(line)
        if match:
            text = match[2].rstrip().rstrip("#").rstrip()
            if text:
                yield Heading(len(match[1]), text, point(number, match.start(2) + 1, len(text)))


def links(page: Page) -> tuple[BodyLink, ...]:
    return _links(page.lines, page.body_line)


@lru_cache(maxsize=KEPT)
def _code(lines: tuple[str, ...], first: int) -> Code:
    body = lines[first - 1 :]
    found: set[int] = set()
    fence, start = "", 0
    for index in [index for index, line in enumerate(body) if "```" in line or "~~~" in line]:
        after = _after(body[index], fence)
        if after and not fence:
            start = index
        elif fence and not after:
            found.update(range(start, index + 1))
        fence = after
    if fence:
        found.update(range(start, len(body)))
    return Code(frozenset(found), start if fence else None)


def _after(line: str, fence: str) -> str:
    """The fence that is open after a line."""
    match = _FENCE.match(line)
    if match is None:
        return fence
    mark, rest = match[1], match[2]
    if not fence:
        return "" if mark[0] == "`" and "`" in rest else mark
    closes = mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip()
    return "" if closes else fence


def _prose(lines: tuple[str, ...], first: int, mark: str) -> Iterator[tuple[int, str]]:
    """The lines with a mark outside fenced code, with their numbers; code spans are blanked out so that
    columns hold.
    """
    fenced = _code(lines, first).indexes
    for index, line in enumerate(lines[first - 1 :]):
        if mark in line and len(line) <= MAX_LINE and index not in fenced:
            blanked = _CODE.sub(lambda span: " " * len(span[0]), line) if "`" in line else line
            yield first + index, blanked


@lru_cache(maxsize=KEPT)
def _links(lines: tuple[str, ...], first: int) -> tuple[BodyLink, ...]:
    return tuple(_each_link(_prose(lines, first, "](")))


def _each_link(prose: Iterable[tuple[int, str]]) -> Iterator[BodyLink]:
    for number, line in prose:
        for match in _LINK.finditer(line):
            span = point(number, match.start("target") + 1, len(match["target"]))
            is_image = match.start() > 0 and line[match.start() - 1] == "!"
            yield BodyLink(match["target"], match["text"], span, is_image)
        for match in _LOOSE.finditer(line) if " " in line else ():
            span = point(number, match.start(2) + 1, len(match[2]))
            yield BodyLink(match[2], match[1], span, match.start() > 0 and line[match.start() - 1] == "!")
