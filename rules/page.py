"""An asset page as text with places: `parse` reads any bytes whatever and never raises."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules import scan, source
from rules.finding import Span
from rules.header import Node, Unreadable, load
from rules.scan import ASSET_KEYS
from rules.source import Trouble, point

ROOT = "mshub_res/assets/"
FENCE = "---"
#: Longer lines of a body are not code that anybody types.
MAX_USAGE_LINE = 500
_MODEL = re.compile(r"""^\s{0,40}(?:model|module|uid|model_uid|hub_uid)\s{0,40}=\s{0,40}["']([^"']{1,300})["']""")
_LOAD = re.compile(r"""(?:mshub|hub|mindspore_hub)\.load\(\s{0,40}["']([^"']{1,300})["']""")


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a header: its text, untyped, where it stands and where its key stands.

    `key` is the key as rules know it; `shape` is `scalar`, `list` or `mapping`.
    """

    key: str
    text: str
    span: Span
    key_span: Span
    shape: str = "scalar"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that is given again: the path of the key, and the two places."""

    key: str
    first: Field
    again: Field


@dataclass(frozen=True, slots=True)
class Asset:
    """One entry of the asset list. `link` is without blanks and angle brackets; `sha256` and `file_format` as written."""

    index: int
    fields: Mapping[str, Field]
    span: Span

    @property
    def link(self) -> str:
        text = self._text("asset-link")
        return text[1:-1].strip() if text.startswith("<") and text.endswith(">") else text

    @property
    def link_span(self) -> Span:
        """Where the address itself stands, inside its angle brackets."""
        field = self.fields.get("asset-link")
        if field is None:
            return self.span
        start = field.text.find(self.link)
        if start < 0 or field.span.line != field.span.end_line or not self.link:
            return field.span
        return point(field.span.line, field.span.column + start, len(self.link))

    @property
    def sha256(self) -> str:
        return self._text("asset-sha256")

    @property
    def file_format(self) -> str:
        return self._text("file-format")

    def key(self, name: str) -> str:
        """The path of one of this entry's fields, as findings name it."""
        return f"asset[{self.index}].{name}"

    def place(self, name: str) -> Span:
        """Where a field's value stands, or the entry when the field is missing."""
        field = self.fields.get(name)
        return self.span if field is None else field.span

    def _text(self, name: str) -> str:
        field = self.fields.get(name)
        return field.text.strip() if field else ""


@dataclass(frozen=True, slots=True)
class Usage:
    """A UID that the body's example hands to the client."""

    uid: str
    span: Span


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that rules look at. Lines count from 1: line n is `lines[n - 1]`, without its end.

    `publisher`, `backend` (of the old layout, else empty), `version` and `name` come from the path alone and are empty
    where it is not that of a page; `uid` is what the client loads the page by.
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

    @property
    def body(self) -> tuple[str, ...]:
        return self.lines[self.body_line - 1 :]

    def text(self, key: str) -> str:
        """The text of a header field, empty when it is missing."""
        field = self.fields.get(key)
        return field.text.strip() if field else ""


def parse(path: str, data: bytes | str) -> Page:
    """Reads a page from its bytes; `path` is that in the repository. Never raises; takes time linear in the input."""
    text = source.read(data)
    lines = text.lines
    troubles = list(text.troubles)
    fences = _fences(lines)
    first, last, body_line = _extent(lines, fences, troubles)
    parts = path.removesuffix(".md").split("/")
    top, is_cn = _header(lines[first - 1 : last], first, parts[-1].endswith("_cn"), troubles)
    duplicates: list[Duplicate] = []
    fields = _fields(top, "", duplicates)
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
        assets=_assets(top, fields, duplicates),
        duplicates=tuple(duplicates),
        troubles=tuple(troubles),
        lines=lines,
        header_lines=(first, last),
        body_line=body_line,
        usages=_usages(lines[body_line - 1 :], body_line),
        is_cn=is_cn,
        newline=text.newline,
        has_bom=text.has_bom,
    )


def _fences(lines: Sequence[str]) -> list[int]:
    """Indexes of the first two lines that are `---`; blanks after it do not count."""
    found = []
    for index, line in enumerate(lines):
        if line.startswith(FENCE) and line.rstrip() == FENCE:
            found.append(index)
            if len(found) == 2:
                break
    return found


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


def _header(
    lines: Sequence[str], first: int, named_cn: bool, troubles: list[Trouble]
) -> tuple[Node, bool]:
    """The header's mapping and whether it is a Chinese page; what makes it unreadable goes to `troubles`."""
    delimited = all(trouble.reason != "not-delimited" for trouble in troubles)
    failure: Unreadable | None = None
    if delimited:
        try:
            return load(lines, first), False
        except Unreadable as error:
            failure = error
    top, chinese = scan.scan(lines, first)
    is_cn = named_cn and chinese > 0
    if failure is not None and not (is_cn and failure.reason in ("not-mapping", "syntax", "colon")):
        reason = "chinese-keys" if chinese and failure.reason == "not-mapping" else failure.reason
        troubles.append(Trouble(reason, failure.span, failure.detail))
    return top, is_cn


def _fields(mapping: Node, prefix: str, duplicates: list[Duplicate]) -> dict[str, Field]:
    """The fields of a mapping; of a repeated key the last counts, as for the hub's client."""
    fields: dict[str, Field] = {}
    for key, value in mapping.pairs:
        field = Field(key.text, value.text, value.span, key.span, value.shape)
        if key.text in fields:
            duplicates.append(Duplicate(prefix + key.text, fields[key.text], field))
        fields[key.text] = field
    return fields


def _assets(top: Node, fields: Mapping[str, Field], duplicates: list[Duplicate]) -> tuple[Asset, ...]:
    """The entries of the asset list, also of a lone mapping or of keys that stand beside the list by mistake."""
    value = next((value for key, value in reversed(top.pairs) if key.text == "asset"), None)
    entries = [] if value is None else [value] if value.shape == "mapping" else list(value.items)
    assets = []
    for index, entry in enumerate(entry for entry in entries if entry.shape == "mapping"):
        assets.append(Asset(index, _fields(entry, f"asset[{index}].", duplicates), entry.span))
    stray = {key: field for key, field in fields.items() if key in ASSET_KEYS}
    if "asset-link" in stray:
        assets.append(Asset(len(assets), stray, stray["asset-link"].span))
    return tuple(assets)


def _title(lines: Sequence[str]) -> tuple[str, Span]:
    for number, line in enumerate(lines, 1):
        if line.startswith("# "):
            return line[2:].strip(), point(number, 1, len(line))
    return "", point(1, 1)


def _names(path: str) -> tuple[str, str, str, str]:
    """Publisher, backend, version and name from `publisher/[backend/]version/name.md` under the hub's root."""
    if not path.startswith(ROOT) or not path.endswith(".md"):
        return "", "", "", ""
    parts = path.removeprefix(ROOT).removesuffix(".md").split("/")
    if len(parts) not in (3, 4) or not all(parts):
        return "", "", "", ""
    return parts[0], parts[1] if len(parts) == 4 else "", parts[-2], parts[-1]


def _usages(lines: Sequence[str], first_line: int) -> tuple[Usage, ...]:
    found = []
    for number, line in enumerate(lines, first_line):
        if "=" in line or "load(" in line:
            match = _MODEL.match(line[:MAX_USAGE_LINE]) or _LOAD.search(line[:MAX_USAGE_LINE])
            if match and "/" in match[1]:
                found.append(Usage(match[1], point(number, match.start(1) + 1, len(match[1]))))
    return tuple(found)
