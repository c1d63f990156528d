"""`hubbot index`: prints the JSON that the hub's site is built from, one object a page and line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.cli.ending import FINDINGS, OK
from bot.cli.gather import page_files, read_bytes
from bot.cli.terminal import is_utf_8, spoken
from bot.cli.words import say
from bot.errors import CouldNotVerify
from rules.header import HeaderError, Node, load
from rules.page import Page, parse

#: Pages that describe a directory, not a model.
READMES = ("README.md", "README_CN.md", "README_cn.md")
#: The only fields whose values are no text: true or false, and a number where it is one.
_FLAGS, _NUMBER = ("fine-tunable", "allow-cache-ckpt"), "accuracy"
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    parser = commands.add_parser("index", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="pages or directories (default: .)")
    parser.add_argument("--output", "-o", metavar="FILE", help="write to a file instead of the screen")
    parser.add_argument("--lang", choices=("zh", "en"), default=spoken(), help="language of messages")


def run(args: argparse.Namespace) -> int:
    """Returns 0, 1 when the header of a page cannot be read and it was left out, 2 usage, 3 not finished."""
    left_out: list[str] = []
    text = "".join(f"{line}\n" for line in _lines(args, left_out))
    if args.output:
        _save(Path(args.output), text, args.lang)
    else:
        sys.stdout.write(text)
    for path in left_out:
        print(f"hubbot: {say(args.lang, 'left-out', path=path)}", file=sys.stderr)
    return FINDINGS if left_out else OK


def _save(file: Path, text: str, lang: str) -> None:
    try:
        # JSON itself writes a byte of a file name that is no UTF-8 in this way.
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CouldNotVerify(say(lang, "cannot-write", path=file, detail=error.strerror)) from None


def _lines(args: argparse.Namespace, left_out: list[str]) -> Iterator[str]:
    """A Chinese page repeats the English one beside it, and has no entry of its own."""
    ascii_only = not args.output and not is_utf_8(sys.stdout)
    for path, file in sorted(page_files(args.paths or ["."], args.lang).items()):
        if path.endswith("_cn.md") or Path(path).name in READMES:
            continue
        found = entry(parse(path, read_bytes(file, args.lang)))
        if found is None:
            left_out.append(path)
        else:
            yield json.dumps(found, ensure_ascii=ascii_only)


def entry(page: Page) -> dict[str, Any] | None:
    """A page's object: its header, `markdown_name`, `uid` and `asset-id`. None where there is no header.

    Versions stay text (`1.10` is not `1.1`), and `uid` is what `mshub.load` takes.
    """
    first, last = page.header_lines
    try:
        top = load(page.lines[first - 1 : last], first)
    except HeaderError:
        return None
    if any(trouble.reason == "not-delimited" for trouble in page.troubles):
        return None
    found = {key.text: _value(key.text, value) for key, value in top.pairs}
    if isinstance(kind := found.get("module-type"), str):
        found["module-type"], _, detail = kind.partition("-")
        found |= {"module-type-detail": detail} if detail else {}
    found |= {"markdown_name": page.path.rpartition("/")[2].removesuffix(".md"), "uid": page.uid}
    if page.assets:
        checkpoints = [a.index for a in page.assets if a.file_format.lower() == "ckpt"]
        found["asset-id"] = checkpoints[-1] if checkpoints else 0
    return found


def _value(key: str, node: Node) -> Any:
    if node.shape == "mapping":
        return {name.text: _value(name.text, value) for name, value in node.pairs}
    if node.shape == "list":
        return [_value("", item) for item in node.items]
    word = node.text.strip()
    if key in _FLAGS and word.lower() in (*_TRUE, *_FALSE):
        return word.lower() in _TRUE
    if key == _NUMBER:
        return _number(word)
    return word


def _number(word: str) -> int | float | str:
    try:
        number = float(word)
    except ValueError:
        return word
    finite = number - number == 0
    return (int(number) if number.is_integer() and word.lstrip("-").isdigit() else number) if finite else word
