"""Finds the commands in a comment, where its Markdown shows them as plain text at the start of a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.commands.catalogue import NAMES
from bot.commands.command import Command

#: Characters of a comment that are read; GitHub takes 65,536, and nobody types a command below so much text.
READ_AT_MOST = 16_384
#: Commands of one comment that are obeyed, and words of one command that are kept.
MAX_COMMANDS, MAX_ARGUMENTS = 5, 8
#: Characters of a word: a path of the hub is at most 120.
MAX_WORD = 300
#: Characters of what follows a command's name: a reason is a sentence or two.
MAX_TEXT = 500
#: A word shorter than this is not taken for a slip of another, and one of this length may have two slips.
SHORTEST_NEAR, LONG_WORD = 4, 7
#: What is typed after a command by habit.
TRAILING = "。.!！,，:：;；?？"
#: Names that are ours only where the operator wants them, so that nobody is led to them.
UNOFFERED = frozenset({"merge"})
#: Written in place of a candidate's slash while the Markdown is parsed; the comment itself then has none.
MARK = "\U0010fffd"
MARKED = re.compile(f"{MARK}(\\d+){MARK}")
CANDIDATE = re.compile(r"/([^ \t]{1,40})(?:[ \t]+(.*))?")
#: A slash, also a full-width one or one with a blank behind it, and the word that follows.
NEARLY = re.compile(r"[/\uff0f][ \t]?([^\s/\uff0f]{1,40})(?=[ \t]|$)")
NEWLINE = re.compile(r"\r\n?")

Said = TypeVar("Said")

_MARKDOWN = MarkdownIt("commonmark")


def parse(body: str) -> tuple[Command, ...]:
    """The commands of a comment in the order of their lines, each one once.

    A command stands at column 0 of a line that Markdown shows as plain text: not in a quote, code, an HTML
    comment or block, or a link. Words that are not ours are left to other robots in silence. Never raises.
    """
    found: dict[tuple[str, tuple[str, ...]], Command] = {}
    for command in spoken(body, read):
        found.setdefault((command.name, command.arguments), command)
    return tuple(found.values())[:MAX_COMMANDS]


def near_misses(body: str) -> tuple[tuple[str, str], ...]:
    """The words that look like commands and are nobody's, each with the name of ours that was likely meant.

    Only the first: one answer helps whoever misspells two. No word of another robot is near to one of ours.
    """
    return tuple(spoken(body, read_near))[:1]


def spoken(body: str, reader: Callable[[str, int], Said | None]) -> list[Said]:
    """What `reader` makes of the lines that Markdown shows as plain text."""
    lines = NEWLINE.sub("\n", body[:READ_AT_MOST]).replace(MARK, "\ufffd").split("\n")
    if len(body) > READ_AT_MOST:
        lines.pop()
    candidates = {
        number: said for number, line in enumerate(lines) if (said := reader(line, number)) is not None
    }
    if not candidates:
        return []
    marked = [f"{MARK}{n}{MARK}{line[1:]}" if n in candidates else line for n, line in enumerate(lines)]
    shown = set(shown_lines(_MARKDOWN.parse("\n".join(marked))))
    return [said for number, said in candidates.items() if number in shown]


def read(line: str, number: int) -> Command | None:
    """The command that a line would be if Markdown shows it as text."""
    match = CANDIDATE.fullmatch(line.rstrip(" \t"))
    if match is None:
        return None
    word, rest = match.groups()
    name = NAMES.get(word.lower() if word.isascii() else word)
    if name is None:
        return None
    text = (rest or "").strip(" \t")
    words = re.split(r"[ \t]+", text, maxsplit=MAX_ARGUMENTS)[:MAX_ARGUMENTS]
    arguments = tuple(word[:MAX_WORD] for word in words if word)
    return Command(name, arguments, number + 1, text[:MAX_TEXT])


def read_near(line: str, number: int) -> tuple[str, str] | None:  # noqa: ARG001 - the shape of a reader
    """The word at the start of a line that is none of ours but nearly, with the name that it is near to."""
    match = NEARLY.match(line)
    if match is None or read(line, 0) is not None:
        return None
    word = unicodedata.normalize("NFKC", match[1]).casefold().rstrip(TRAILING)
    if word in UNOFFERED or len(word) < SHORTEST_NEAR:
        return None
    meant = NAMES.get(word) or nearest_name(word)
    return (match[0].strip()[:MAX_WORD], meant) if meant else None


def nearest_name(word: str) -> str:
    """The name that a word is misspelt from: one slip in a short word, two in a long one."""
    from rapidfuzz.distance import OSA  # only here: hardly anybody misspells a command

    if not word.isascii() or not word.replace("-", "").isalpha():
        return ""
    most = 1 if len(word) < LONG_WORD else 2
    names = [name for name in NAMES if name.isascii() and name not in UNOFFERED]
    near = [(OSA.distance(word, name), name) for name in names]
    distance, name = min(near)
    return NAMES[name] if distance <= most else ""


def shown_lines(tokens: Sequence[Token]) -> Iterator[int]:
    """Numbers of the marked lines that are text outside quotes."""
    quotes = 0
    for token in tokens:
        if token.type in ("blockquote_open", "blockquote_close"):
            quotes += token.nesting
        elif quotes == 0:
            yield from marked_texts(token.children or ())


def marked_texts(children: Sequence[Token]) -> Iterator[int]:
    """Numbers of the marked lines that are text outside links, code and HTML: a mark begins its line."""
    links = 0
    for child in children:
        if child.type in ("link_open", "link_close"):
            links += child.nesting
        elif child.type == "text" and links == 0 and (match := MARKED.match(child.content)):
            yield int(match[1])
