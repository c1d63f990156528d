"""Finds headings and links in the body of a page, outside its code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rules.finding import Span
from rules.page import Page
from rules.source import point

#: Longer lines are data, not prose; the longest real one with a link has 1,300 characters.
MAX_LINE = 5_000
#: Pages read lately: the rules ask after one page in turn, and after its base version.
KEPT = 4
_FENCE = re.compile(r" {0,3}(`{3,200}|~{3,200})")
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


def prose(page: Page) -> tuple[tuple[int, str], ...]:
    """The lines outside fenced code with their numbers, code spans blanked out so that columns hold."""
    return _prose(page.lines, page.body_line)


def headings(page: Page) -> Iterator[Heading]:
    for number, line in prose(page):
        match = _HEADING.match(line) if "#" in line[:10] else None
        if match:
            text = match[2].rstrip().rstrip("#").rstrip()
            if text:
                yield Heading(len(match[1]), text, point(number, match.start(2) + 1, len(text)))


def links(page: Page) -> tuple[BodyLink, ...]:
    return _links(page.lines, page.body_line)


@lru_cache(maxsize=KEPT)
def _prose(lines: tuple[str, ...], first: int) -> tuple[tuple[int, str], ...]:
    return tuple(_outside_code(lines[first - 1 :], first))


def _outside_code(lines: tuple[str, ...], first: int) -> Iterator[tuple[int, str]]:
    fence = ""
    for number, line in enumerate(lines, first):
        mark = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence:
            if mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence = ""
        elif mark:
            fence = mark[1]
        elif len(line) <= MAX_LINE:
            yield number, _CODE.sub(lambda code: " " * len(code[0]), line) if "`" in line else line


@lru_cache(maxsize=KEPT)
def _links(lines: tuple[str, ...], first: int) -> tuple[BodyLink, ...]:
    return tuple(_each_link(_prose(lines, first)))


def _each_link(prose: tuple[tuple[int, str], ...]) -> Iterator[BodyLink]:
    for number, line in prose:
        if "](" not in line:
            continue
        for match in _LINK.finditer(line):
            span = point(number, match.start("target") + 1, len(match["target"]))
            is_image = match.start() > 0 and line[match.start() - 1] == "!"
            yield BodyLink(match["target"], match["text"], span, is_image)
        for match in _LOOSE.finditer(line) if " " in line else ():
            span = point(number, match.start(2) + 1, len(match[2]))
            yield BodyLink(match[2], match[1], span, match.start() > 0 and line[match.start() - 1] == "!")
