"""Turns the bytes of a page into numbered lines and says what is wrong with the bytes."""

from __future__ import annotations

from dataclasses import dataclass

from rules.finding import Span

#: A page over 1 MiB is not a page: the largest real one has 78 kB. The forges hand over one byte more at
#: most.
MAX_PAGE = 1 << 20
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a page or its header could not be read as it should: a stable word, the place, plain evidence."""

    reason: str
    span: Span
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a page in lines without their ends; `newline` is `\\n`, `\\r\\n` or `mixed`."""

    lines: tuple[str, ...]
    newline: str
    has_bom: bool
    is_plain: bool
    troubles: tuple[Trouble, ...]


def read(data: bytes | str) -> Source:
    """Splits a page into lines; never raises. What is not UTF-8 is decoded as well as can be."""
    troubles: list[Trouble] = []
    if len(data) > MAX_PAGE:
        data = data[:MAX_PAGE]
        troubles.append(Trouble("too-large", point(1, 1), str(MAX_PAGE)))
    text = data if isinstance(data, str) else _decode(data, troubles)
    has_bom = text.startswith(_BOM)
    text = text.removeprefix(_BOM)
    if "\0" in text:
        troubles.append(Trouble("nul", _place(text, text.index("\0"))))
    windows = text.count("\r\n")
    newline = "\n" if not windows else "\r\n" if windows == text.count("\n") else "mixed"
    lines = tuple(text.split("\n"))
    if "\r" in text:
        lines = tuple(line.removesuffix("\r") for line in lines)
    is_plain = text.isascii() and "".join(lines).isprintable()
    return Source(lines, newline, has_bom, is_plain, tuple(troubles))


def point(line: int, column: int, length: int = 0) -> Span:
    """A span on one line; `length` in characters."""
    return Span(line, column, line, column + length)


def _decode(data: bytes, troubles: list[Trouble]) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = any(trouble.reason == "too-large" for trouble in troubles)
        if cut and error.start >= len(data) - 3:  # a character of up to four bytes, cut by our own limit
            return data[: error.start].decode("utf-8")
        text, encoding = _guess(data)
        before = data[: error.start].decode("utf-8")
        troubles.append(Trouble("not-utf-8", _place(before.removeprefix(_BOM) + "?", -1), encoding))
        return text


def _guess(data: bytes) -> tuple[str, str]:
    """The text in the encoding that the bytes most likely have, and that encoding's name if it is sure
    enough.
    """
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for name, codec, likely in (("UTF-16", "utf-16", marked), ("GBK", "gb18030", not marked)):
        if likely:
            try:
                return data.decode(codec), name
            except UnicodeDecodeError:
                break
    return data.decode("utf-8", "replace"), ""


def _place(text: str, index: int) -> Span:
    index = index % len(text)
    return point(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index), 1)
