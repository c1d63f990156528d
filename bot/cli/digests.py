"""Digests for pages: `hubbot sha256 --write PAGE`, and the digest of a page that is being written."""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from pathlib import Path
from urllib.parse import urlsplit

from bot.cli import sha256
from bot.cli.ending import OK
from bot.cli.fix import write
from bot.cli.gather import hub_path, read_bytes
from bot.cli.words import say
from bot.errors import UserError
from rules.fields import Asset
from rules.finding import Span, Suggestion
from rules.fix import apply
from rules.output.visible import visible
from rules.page import Page, parse
from rules.source import point

PREFIX = "sha256: "


def run(args: argparse.Namespace) -> int:
    """Prints the digest and writes it into the page; the codes are those of the command itself."""
    page, before = _page(args.write, args.lang)
    asset = chosen(page, args.source, args.lang)
    code, digest = digest_of(args.source, args.lang)
    if not digest:
        return code
    print(f"{PREFIX}{digest}")
    after = apply(before, [_edit(page, asset, digest)])
    if after != before:
        write(Path(args.write).resolve(), before, after, args.lang)
    print(say(args.lang, "digest-written", "new", path=args.write, entry=asset.index + 1), file=sys.stderr)
    return OK


def digest_of(source: str, lang: str) -> tuple[int, str]:
    """The exit code of `hubbot sha256 SOURCE` and its digest, empty where there is none.

    The command itself is asked, so that its progress, its words and its checks are the same here.
    """
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = sha256.run(argparse.Namespace(source=source, lang=lang, write=None))
    text = printed.getvalue().strip()
    return code, text.removeprefix(PREFIX) if code == OK and text.startswith(PREFIX) else ""


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
    if not path.is_file():
        raise UserError(say(lang, "no-such-path", path=name))
    data = read_bytes(path, lang)
    return parse(hub_path(path, path.resolve()), data), data


def _edit(page: Page, asset: Asset, digest: str) -> Suggestion:
    """The digest in the place of the old one, or on a line of its own below the link."""
    field = asset.fields.get("asset-sha256")
    if field is not None and field.text:
        return Suggestion(field.span, digest)
    if field is not None:
        line = page.lines[field.key_span.line - 1]
        return Suggestion(
            Span(field.key_span.line, 1, field.key_span.line, len(line) + 1), _line(line, digest)
        )
    place = asset.fields["asset-link"].span.line
    line = page.lines[place - 1]
    return Suggestion(point(place, len(line) + 1), f"\n{_line(line.replace('-', ' ', 1), digest)}")


def _line(like: str, digest: str) -> str:
    """A line of the header with a digest, indented like another one."""
    indent = like[: len(like) - len(like.lstrip())]
    return f"{indent}asset-sha256: {digest}"
