"""Finds the commands in a comment, where its Markdown shows them as plain text at the start of a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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

#: Written in place of a candidate's slash while the Markdown is parsed; the comment itself then has none.
MARK = "\U0010fffd"
MARKED = re.compile(f"{MARK}(\\d+){MARK}")
CANDIDATE = re.compile(r"/([^ \t]{1,40})(?:[ \t]+(.*))?")
NEWLINE = re.compile(r"\r\n?")

_MARKDOWN = MarkdownIt("commonmark")


def parse(body: str) -> tuple[Command, ...]:
    """The commands of a comment in the order of their lines, each one once.

    A command stands at column 0 of a line that Markdown shows as plain text: not in a quote, code, an HTML
    comment or block, or a link. Words that are not ours are left to other robots in silence. Never raises.
    """
    lines = NEWLINE.sub("\n", body[:READ_AT_MOST]).replace(MARK, "\ufffd").split("\n")
    if len(body) > READ_AT_MOST:
        lines.pop()
    candidates = {number: command for number, line in enumerate(lines) if (command := read(line, number))}
    if not candidates:
        return ()
    marked = [f"{MARK}{n}{MARK}{line[1:]}" if n in candidates else line for n, line in enumerate(lines)]
    shown = set(shown_lines(_MARKDOWN.parse("\n".join(marked))))
    found: dict[tuple[str, tuple[str, ...]], Command] = {}
    for number, command in candidates.items():
        if number in shown:
            found.setdefault((command.name, command.arguments), command)
    return tuple(found.values())[:MAX_COMMANDS]


def read(line: str, number: int) -> Command | None:
    """The command that a line would be if Markdown shows it as text."""
    match = CANDIDATE.fullmatch(line.rstrip(" \t"))
    if match is None:
        return None
    word, rest = match.groups()
    name = NAMES.get(word.lower() if word.isascii() else word)
    if name is None:
        return None
    words = re.split(r"[ \t]+", rest or "", maxsplit=MAX_ARGUMENTS)[:MAX_ARGUMENTS]
    return Command(name, tuple(word[:MAX_WORD] for word in words if word), number + 1)


def shown_lines(tokens: Sequence[Token]) -> Iterator[int]:
    """Numbers of the marked lines that are text outside quotes."""
    quotes = 0
    for token in tokens:
        if token.type in ("blockquote_open", "blockquote_close"):
            quotes += token.nesting
        elif token.type == "inline" and quotes == 0:
            yield from marked_texts(token.children or ())


def marked_texts(children: Sequence[Token]) -> Iterator[int]:
    """Numbers of the marked lines that begin a line of text outside links, code and HTML."""
    links, begins = 0, True
    for child in children:
        if child.type in ("link_open", "link_close"):
            links += child.nesting
        elif child.type == "text" and child.content:
            match = MARKED.match(child.content) if begins and links == 0 else None
            if match is not None:
                yield int(match.group(1))
        begins = child.type in ("softbreak", "hardbreak") or (begins and not child.content)
