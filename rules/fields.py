"""The fields of a header and the entries of its asset list, as text with places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.finding import Span
from rules.header import Node
from rules.scan import ASSET_KEYS
from rules.source import point


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
    """One entry of the asset list. `link` is without blanks and angle brackets; `sha256` and `file_format` as
    written, without blanks around them; each is empty where its field is missing.
    """

    index: int
    fields: Mapping[str, Field]
    span: Span
    link: str
    sha256: str
    file_format: str

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

    def key(self, name: str) -> str:
        """The path of one of this entry's fields, as findings name it."""
        return f"asset[{self.index}].{name}"

    def place(self, name: str) -> Span:
        """Where a field's value stands, or the entry when the field is missing."""
        field = self.fields.get(name)
        return self.span if field is None else field.span


def read_fields(mapping: Node, prefix: str, duplicates: list[Duplicate]) -> dict[str, Field]:
    """The fields of a mapping; of a repeated key the last counts, as for the hub's client."""
    fields: dict[str, Field] = {}
    for key, value in mapping.pairs:
        field = Field(key.text, value.text, value.span, key.span, value.shape)
        if key.text in fields:
            duplicates.append(Duplicate(prefix + key.text, fields[key.text], field))
        fields[key.text] = field
    return fields


def read_assets(top: Node, fields: Mapping[str, Field], duplicates: list[Duplicate]) -> tuple[Asset, ...]:
    """The entries of the asset list, of a lone mapping, and of keys that stand beside the list by mistake."""
    value = next((value for key, value in reversed(top.pairs) if key.text == "asset"), None)
    entries = [] if value is None else [value] if value.shape == "mapping" else list(value.items)
    assets = []
    for index, entry in enumerate(entries):
        assets.append(_asset(index, read_fields(entry, f"asset[{index}].", duplicates), entry.span))
    stray = {key: field for key, field in fields.items() if key in ASSET_KEYS}
    if "asset-link" in stray:
        assets.append(_asset(len(assets), stray, stray["asset-link"].span))
    return tuple(assets)


def _asset(index: int, fields: Mapping[str, Field], span: Span) -> Asset:
    link, sha256, file_format = (
        fields[name].text.strip() if name in fields else ""
        for name in ("asset-link", "asset-sha256", "file-format")
    )
    if link.startswith("<") and link.endswith(">"):
        link = link[1:-1].strip()
    return Asset(index, fields, span, link, sha256, file_format)
