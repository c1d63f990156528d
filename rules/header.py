"""Reads a YAML header as a tree of texts with places, from parse events that are vetted one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import yaml

from rules.finding import Span
from rules.source import point

# The limits are ours; the real hub's largest header has 4 kB, 60 values and three levels.
MAX_HEADER = 64 * 1024
MAX_NODES = 5_000
MAX_DEPTH = 16
MAX_SCALAR = 16 * 1024
#: Opening brackets in the whole header: libyaml's loader dies of 200,000, and quotes may hide their ends.
MAX_BRACKETS = 500
#: The most bytes that UTF-8 needs for a character.
MAX_BYTES = 4

#: What YAML refuses to read or takes for a line break, though it does not end one of our lines.
_UNREADABLE = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
#: `evaluation: -` is the hub's own way to write "none", though YAML takes it for a list in the wrong place.
_BARE_DASH = re.compile(r"^([A-Za-z][\w-]{0,40}:[ ]{1,40})-[ ]{0,40}$", re.MULTILINE)


#: Events around the content, and those that may carry an anchor or a tag.
_FRAMES = frozenset({yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent})
_OPENING = frozenset({yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent})
#: PyYAML's and libyaml's words for what has a reason of its own here.
_PROBLEMS = {"mapping values": "colon", "document start": "documents"}


class HeaderError(Exception):
    """The header is refused: `reason` is a stable word, `span` the place, `detail` plain evidence."""

    def __init__(self, reason: str, span: Span, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span
        self.detail = detail


@dataclass(slots=True, eq=False)
class Node:
    """One YAML node: the text of a scalar, or the source text of a list or mapping with its parts.

    Not frozen, because of these alone there are many: forty a page, and to make a frozen one takes four times
    as long.
    """

    shape: str  # scalar, list or mapping
    text: str
    span: Span
    items: tuple[Node, ...] = ()
    pairs: tuple[tuple[Node, Node], ...] = ()


class Parser(Protocol):
    """What gives the events of a YAML text one by one."""

    def get_event(self) -> Any: ...


def load(lines: Sequence[str], first_line: int, parser: Callable[[str], Parser] | None = None) -> Node:
    """The header's top mapping. `first_line` is the page's number of the first of `lines`.

    `parser` is libyaml's where it is installed, else PyYAML's own. Raises `HeaderError`.
    """
    fastest: Callable[[str], Parser] = getattr(getattr(yaml, "cyaml", None), "CParser", pure_parser)
    text = "\n".join(lines) + "\n"
    _vet_text(text, lines, first_line)
    text = _readable(text)
    try:
        return _Reader(lines, first_line, (parser or fastest)(text)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = point(first_line, 1) if mark is None else point(first_line + mark.line, mark.column + 1, 1)
        problem = str(error.problem or "")
        known = (reason for words, reason in _PROBLEMS.items() if words in problem)
        raise HeaderError(next(known, "syntax"), span, problem) from None
    except (
        yaml.YAMLError,
        ValueError,
        LookupError,
        ArithmeticError,
        AttributeError,
        RecursionError,
    ) as error:
        # PyYAML's own parser leaks these on hostile input.
        raise HeaderError("syntax", point(first_line, 1), type(error).__name__) from None


def _vet_text(text: str, lines: Sequence[str], first_line: int) -> None:
    """What must be refused before the C parser sees a byte of it."""
    fits = len(text) * MAX_BYTES <= MAX_HEADER
    if fits and text.count("[") + text.count("{") <= MAX_BRACKETS and "%" not in text:
        return
    size = brackets = 0
    for number, line in enumerate(lines, first_line):
        size += (len(line) if line.isascii() else len(line.encode("utf-8", "replace"))) + 1
        if size > MAX_HEADER:
            raise HeaderError("header-too-large", point(number, 1), str(MAX_HEADER))
        brackets += line.count("[") + line.count("{")
        if brackets > MAX_BRACKETS:
            raise HeaderError("too-deep", point(number, 1), str(MAX_BRACKETS))
        if line.startswith("%"):
            raise HeaderError("directive", point(number, 1, len(line)))


def _readable(text: str) -> str:
    """The text with characters that YAML would stumble over replaced one by one, so that places stay true."""
    if not (text.isascii() and text.replace("\n", "").isprintable()):
        text = _UNREADABLE.sub("\ufffd", text)
    return _BARE_DASH.sub(r"\1_", text)


def pure_parser(text: str) -> Parser:
    """The parser for installations of PyYAML without libyaml."""
    from yaml.parser import Parser as Grammar
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class Pure(Reader, Scanner, Grammar):
        def __init__(self, stream: str) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Grammar.__init__(self)

    return Pure(text)


class _Reader:
    """Walks the events of one header once."""

    def __init__(self, lines: Sequence[str], first_line: int, parser: Parser) -> None:
        self._lines = lines
        self._first = first_line
        self._events = self._vetted(parser)

    def document(self) -> Node:
        start = point(self._first, 1)
        event = next(self._events, None)
        if event is None:
            raise HeaderError("empty", start)
        top = self._node(event, 1)
        for event in self._events:
            raise HeaderError("documents", self._span(event))
        if top.shape != "mapping":
            raise HeaderError("empty" if not top.text else "not-mapping", top.span, top.shape)
        return top

    def _vetted(self, parser: Parser) -> Iterator[Any]:
        """The content events, each refused when it is more than plain text in lists and mappings."""
        get_event, scalar = parser.get_event, yaml.ScalarEvent
        count = 0
        while True:
            event = get_event()
            kind = type(event)
            if kind is not scalar:
                if kind is yaml.StreamEndEvent:
                    return
                if kind is yaml.DocumentStartEvent and event.explicit:
                    raise HeaderError("documents", self._span(event))
                if kind in _FRAMES:
                    continue
            count += 1
            if count > MAX_NODES:
                raise HeaderError("too-many", self._span(event), str(MAX_NODES))
            if kind is yaml.AliasEvent:
                raise HeaderError("alias", self._span(event), f"*{event.anchor}")
            if kind in _OPENING:
                if event.anchor is not None:
                    raise HeaderError("alias", self._span(event), f"&{event.anchor}")
                if event.tag is not None:
                    raise HeaderError("tag", self._span(event), event.tag)
            yield event

    def _node(self, event: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise HeaderError("too-deep", self._span(event), str(MAX_DEPTH))
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if kind is yaml.SequenceStartEvent:
            items: list[Node] = []
            for inner in self._events:
                if type(inner) is yaml.SequenceEndEvent:
                    return Node("list", *self._source(event, inner), items=tuple(items))
                items.append(self._node(inner, depth + 1))
        return self._mapping(event, depth)

    def _mapping(self, event: Any, depth: int) -> Node:
        pairs: list[tuple[Node, Node]] = []
        events, scalar, kind = self._events, self._scalar, yaml.ScalarEvent
        for inner in events:
            if type(inner) is not kind:
                if type(inner) is yaml.MappingEndEvent:
                    return Node("mapping", *self._source(event, inner), pairs=tuple(pairs))
                raise HeaderError("complex-key", self._span(inner))
            key = scalar(inner)
            if key.text == "<<":
                raise HeaderError("merge-key", key.span, "<<")
            value = next(events)
            plain = type(value) is kind and depth < MAX_DEPTH
            pairs.append((key, scalar(value) if plain else self._node(value, depth + 1)))
        raise HeaderError("syntax", self._span(event), "unfinished")

    def _scalar(self, event: Any) -> Node:
        start, end = event.start_mark, event.end_mark
        text: str = event.value
        if len(text) > MAX_SCALAR:
            raise HeaderError("scalar-too-long", self._span(event), str(MAX_SCALAR))
        line, column, end_line, end_column = start.line, start.column, end.line, end.column
        if not event.style:
            if line == end_line and line < len(self._lines):
                text = self._lines[line][column:end_column]
        elif event.style in "|>":
            end_line, end_column = self._block_end(line, end_line)
        return Node(
            "scalar", text, Span(self._first + line, column + 1, self._first + end_line, end_column + 1)
        )

    def _block_end(self, line: int, end_line: int) -> tuple[int, int]:
        """Where the last line of a block scalar ends; YAML counts what follows up to the next line's text."""
        last = max(min(end_line, len(self._lines)) - 1, line)
        while last > line and not self._lines[last].strip():
            last -= 1
        return last, len(self._lines[last])

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        return Span(self._first + start.line, start.column + 1, self._first + end.line, end.column + 1)

    def _source(self, first: Any, last: Any) -> tuple[str, Span]:
        """The source text between two events without the blank lines that end a block, and its place."""
        start, end = first.start_mark, last.end_mark
        rows = list(self._lines[start.line : end.line + 1])
        if end.line - start.line < len(rows):
            rows[-1] = rows[-1][: end.column]
        while len(rows) > 1 and not rows[-1].strip():
            rows.pop()
        line = self._first + start.line
        last_line = line + max(len(rows) - 1, 0)
        end_column = len(rows[-1].rstrip()) + 1 if rows else 1
        if rows:
            rows[0] = rows[0][start.column :]
        return "\n".join(rows).rstrip(), Span(line, start.column + 1, last_line, end_column)
