"""An asset page as text with places: `parse` reads any bytes whatever and never raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from rules import scan, source
from rules.fields import Asset, Duplicate, Field, read_assets, read_fields
from rules.finding import Span
from rules.header import HeaderError, Node, load
from rules.source import Trouble, point
from rules.usage import Usage, find_usages

__all__ = ["ROOT", "Asset", "Duplicate", "Field", "Page", "Usage", "parse"]

ROOT = "mshub_res/assets/"
FENCE = "---"


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that rules look at. Lines count from 1: line n is `lines[n - 1]`, without its end.

    `publisher`, `backend` (of the old layout, else empty), `version` and `name` come from the path alone and
    are empty where it is not that of a page; `uid` is what the client loads the page by. `is_plain`: all
    characters are printable ASCII.
    """

    path: str
    publisher: str
    backend: str
    version: str
    name: str
    uid: str
    title: str
    title_span: Span
    fields: Mapping[str, Field]
    assets: tuple[Asset, ...]
    duplicates: tuple[Duplicate, ...]
    troubles: tuple[Trouble, ...]
    lines: tuple[str, ...]
    header_lines: tuple[int, int]
    body_line: int
    usages: tuple[Usage, ...]
    is_cn: bool
    newline: str
    has_bom: bool
    is_plain: bool

    @property
    def body(self) -> tuple[str, ...]:
        return self.lines[self.body_line - 1 :]

    def text(self, key: str) -> str:
        """The text of a header field, empty when it is missing."""
        field = self.fields.get(key)
        return field.text.strip() if field else ""


def parse(path: str, data: bytes | str) -> Page:
    """Reads a page from its bytes; `path` is that in the repository. Never raises; takes time linear in the
    input.
    """
    text = source.read(data)
    lines = text.lines
    troubles = list(text.troubles)
    fences = _fences(lines)
    first, last, body_line = _extent(lines, fences, troubles)
    parts = path.removesuffix(".md").split("/")
    top, is_cn = _header(lines[first - 1 : last], first, parts[-1].endswith("_cn"), troubles)
    duplicates: list[Duplicate] = []
    fields = read_fields(top, "", duplicates)
    title, title_span = _title(lines[: fences[0]] if fences else lines[:1])
    publisher, backend, version, name = _names(path)
    return Page(
        path=path,
        publisher=publisher,
        backend=backend,
        version=version,
        name=name,
        uid=path.removeprefix(ROOT).removesuffix(".md") if name else "",
        title=title,
        title_span=title_span,
        fields=fields,
        assets=read_assets(top, fields, duplicates),
        duplicates=tuple(duplicates),
        troubles=tuple(troubles),
        lines=lines,
        header_lines=(first, last),
        body_line=body_line,
        usages=find_usages(lines[body_line - 1 :], body_line),
        is_cn=is_cn,
        newline=text.newline,
        has_bom=text.has_bom,
        is_plain=text.is_plain,
    )


def _fences(lines: Sequence[str]) -> list[int]:
    """Indexes of the first two lines that are `---`; blanks after it do not count."""
    likely = (index for index, line in enumerate(lines) if line[:3] == FENCE)
    return list(islice((index for index in likely if lines[index].rstrip() == FENCE), 2))


def _extent(lines: Sequence[str], fences: list[int], troubles: list[Trouble]) -> tuple[int, int, int]:
    """First and last line of the header and first line of the body; guessed where the fences are missing."""
    if len(fences) == 2:
        return fences[0] + 2, fences[1], fences[1] + 2
    place = fences[0] + 1 if fences else 1
    troubles.append(Trouble("not-delimited", point(place, 1, len(lines[place - 1])), str(len(fences))))
    start = fences[0] + 1 if fences else 0
    headings = (i for i in range(start, len(lines)) if lines[i].startswith("## "))
    end = next(headings, len(lines))
    return start + 1, end, end + 1


def _header(lines: Sequence[str], first: int, named_cn: bool, troubles: list[Trouble]) -> tuple[Node, bool]:
    """The header's mapping and whether it is a Chinese page; what makes it unreadable goes to `troubles`."""
    delimited = all(trouble.reason != "not-delimited" for trouble in troubles)
    failure: HeaderError | None = None
    if delimited:
        try:
            top = load(lines, first)
        except HeaderError as error:
            failure = error
        else:
            if all(line.isascii() for line in lines):
                return top, False
            top, chinese = scan.english(top)
            if chinese and not named_cn:
                troubles.append(Trouble("chinese-keys", chinese[0]))
            return top, named_cn and bool(chinese)
    seen = scan.scan(lines, first)
    is_cn = named_cn and bool(seen.chinese)
    if failure is not None:
        trouble = _trouble(failure, seen, is_cn)
        troubles += [trouble] if trouble else []
    return seen.top, is_cn


def _trouble(failure: HeaderError, seen: scan.Scan, is_cn: bool) -> Trouble | None:
    """Why YAML refused the header; None where Chinese keys are the reason and are allowed."""
    if failure.reason in ("not-mapping", "syntax", "colon"):
        if is_cn:
            return None
        if seen.chinese:
            return Trouble("chinese-keys", seen.chinese[0])
        if seen.wide_colons:
            return Trouble("wide-colon", seen.wide_colons[0])
    return Trouble(failure.reason, failure.span, failure.detail)


def _title(lines: Sequence[str]) -> tuple[str, Span]:
    for number, line in enumerate(lines, 1):
        if line.startswith("# "):
            return line[2:].strip(), point(number, 1, len(line))
    return "", point(1, 1)


def _names(path: str) -> tuple[str, str, str, str]:
    """Publisher, backend, version and name from `publisher/[backend/]version/name.md` below the root."""
    if not path.startswith(ROOT) or not path.endswith(".md"):
        return "", "", "", ""
    parts = path.removeprefix(ROOT).removesuffix(".md").split("/")
    if len(parts) not in (3, 4) or not all(parts):
        return "", "", "", ""
    return parts[0], parts[1] if len(parts) == 4 else "", parts[-2], parts[-1]
