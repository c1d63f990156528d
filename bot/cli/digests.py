"""Digests for pages: `hubbot sha256 --write PAGE`, and the digest of a page that is being written."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bot.cli import sha256
from bot.cli.ending import OK
from bot.cli.fix import write
from bot.cli.gather import hub_path, read_bytes, reading
from bot.cli.words import say
from bot.errors import UserError
from rules.fields import Asset
from rules.finding import Span, Suggestion
from rules.fix import apply
from rules.output.visible import visible
from rules.page import Page, parse
from rules.scan import WIDE_COLON
from rules.source import point

KEY = "asset-sha256"


def run(args: argparse.Namespace) -> int:
    """Prints the digest and writes it into the page; the codes are those of the command itself."""
    page, before = _page(args.write, args.lang)
    asset = chosen(page, args.source, args.lang)
    code, digest = sha256.measured(args.source, args.lang)
    if not digest:
        return code
    print(f"{sha256.PREFIX}{digest}")
    after = _with_digest(page, before, asset, digest, args)
    if after != before:
        write(Path(args.write).resolve(), before, after, args.lang)
    print(say(args.lang, "digest-written", "new", path=args.write, entry=asset.index + 1), file=sys.stderr)
    return OK


def chosen(page: Page, source: str, lang: str) -> Asset:
    """The entry of a page that a file belongs to: of its name, or the only one. Raises `UserError`."""
    name = _file_name(source)
    assets = [asset for asset in page.assets if asset.link]
    named = [asset for asset in assets if asset.link == source or _file_name(asset.link) == name]
    found = named if len(named) == 1 else assets
    if len(found) == 1:
        return found[0]
    links = ", ".join(visible(asset.link) for asset in assets)
    kind = "several-entries" if assets else "no-entries"
    raise UserError(say(lang, kind, "new", path=page.path, field=visible(name), links=links))


def _file_name(text: str) -> str:
    is_url = text.lower().startswith(("https://", "http://"))
    return (urlsplit(text).path if is_url else text.replace("\\", "/")).rpartition("/")[2]


def _page(name: str, lang: str) -> tuple[Page, bytes]:
    path = Path(name)
    with reading(path, lang):
        if not path.is_file():
            raise UserError(say(lang, "no-such-path", path=name))
    data = read_bytes(path, lang)
    return parse(hub_path(path, path.resolve()), data), data


def _with_digest(page: Page, before: bytes, asset: Asset, digest: str, args: argparse.Namespace) -> bytes:
    """The page with the digest in an entry and nothing else changed. Raises `UserError` where its layout has
    no line for it.
    """
    after = apply(before, [_edit(page, asset, digest)])
    if _says(parse(page.path, after)) == _says(page, {asset.index: digest}):
        return after
    values = {"path": args.write, "entry": asset.index + 1, "line": f"{KEY}: {digest}"}
    raise UserError(say(args.lang, "no-line", "new", **values))


def _says(page: Page, digests: Mapping[int, str] | None = None) -> list[object]:
    """What a page says, with other digests in some entries."""
    entries = [
        (asset.link, asset.file_format, (digests or {}).get(asset.index, asset.sha256))
        for asset in page.assets
    ]
    fields = [(key, field.text) for key, field in page.fields.items() if key not in ("asset", KEY)]
    return [entries, fields, page.body, len(page.troubles)]


def _edit(page: Page, asset: Asset, digest: str) -> Suggestion:
    """The digest in the place of the old one, or on a line of its own below the link."""
    field, link = asset.fields.get(KEY), asset.fields["asset-link"]
    if field is None:
        place, key = link.span.end_line, link.key_span
        indent = re.sub(r"\S", " ", page.lines[key.line - 1][: key.column - 1])
        return Suggestion(point(place, len(page.lines[place - 1]) + 1), f"\n{indent}{KEY}: {digest}")
    span = field.span
    first, last = page.lines[span.line - 1], page.lines[span.end_line - 1]
    blank = " " if first[: span.column - 1].endswith((":", WIDE_COLON)) else ""
    end = span.end_column if last[span.end_column - 1 :].strip() else len(last) + 1
    return Suggestion(Span(span.line, span.column, span.end_line, end), f"{blank}{digest}")
