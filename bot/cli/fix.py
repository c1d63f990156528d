"""`hubbot fix`: makes the repairs by which nothing can be lost, and leaves every other byte as it is."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.cli.ending import FINDINGS, OK
from bot.cli.gather import from_branch, page_files, read_bytes
from bot.cli.repository import top
from bot.cli.terminal import spoken
from bot.cli.words import say
from bot.errors import CouldNotVerify
from rules import policy
from rules.facts import Facts
from rules.finding import Severity
from rules.fix import Fixed, fix
from rules.output.visible import visible
from rules.page import Page

#: Longer lines of a page are cut on the screen; the repairs stand in the header, whose lines are short.
MAX_LINE = 500
NO_END = "\\ No newline at end of file\n"


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    parser = commands.add_parser("fix", description=__doc__)
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="pages or directories (default: what the branch changes)"
    )
    parser.add_argument("--diff", action="store_true", help="print the repairs and write nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask before writing")
    parser.add_argument("--lang", choices=("zh", "en"), default=spoken(), help="language of messages")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when the pages are clean now, 1 when errors remain or the repairs were not written, 2 usage,
    3 could not finish.
    """
    files, bases, facts = _chosen(args)
    pages = {path: read_bytes(file, args.lang) for path, file in files.items()}
    fixed = fix(pages, facts, policy.default(), bases=bases)
    written = _deliver(args, files, pages, fixed)
    errors = sum(finding.severity is Severity.ERROR for finding in fixed.findings)
    return FINDINGS if errors or not written else OK


def _chosen(args: argparse.Namespace) -> tuple[dict[str, Path], dict[str, Page], Facts]:
    """The pages' files, their versions on the base branch, and what the rest of the hub says."""
    if args.paths:
        return page_files(args.paths, args.lang), {}, Facts()
    subjects, facts = from_branch("", args.lang)
    root = top(args.lang)
    files = {subject.page.path: root / subject.page.path for subject in subjects if not subject.removed}
    return files, {s.page.path: s.base for s in subjects if s.base is not None}, facts


def _deliver(
    args: argparse.Namespace, files: Mapping[str, Path], pages: Mapping[str, bytes], fixed: Fixed
) -> bool:
    """Shows or writes the repairs; False when there are some that were not written."""
    asks = not args.yes and not args.diff and sys.stdin.isatty() and sys.stdout.isatty()
    if args.diff or asks:
        for path, data in fixed.changed.items():
            _show(path, pages[path], data)
    if args.diff:
        return not fixed.changed
    if asks and fixed.changed and not _agreed(args.lang, len(fixed.changed)):
        print(say(args.lang, "not-written"), file=sys.stderr)
        return False
    for path, data in fixed.changed.items():
        write(files[path].resolve(), pages[path], data, args.lang)
    errors = sum(finding.severity is Severity.ERROR for finding in fixed.findings)
    told = [say(args.lang, "fixed", fixed=len(fixed.changed), files=len(files), errors=errors)]
    told += [say(args.lang, "fixed-left")] if errors else []
    print(("" if args.lang == "zh" else " ").join(told))
    return True


def _agreed(lang: str, count: int) -> bool:
    try:
        answer = input(say(lang, "ask-fix", count=count) + " ")
    except EOFError:
        print()  # Ctrl-D leaves the cursor behind the question
        return False
    return answer.strip().casefold() in ("y", "yes", "是", "好")


def _show(path: str, before: bytes, after: bytes) -> None:
    """A patch that `git apply` takes, byte for byte; on a terminal a page's text can do nothing to it."""
    lines = list(diff(path, before, after))
    if sys.stdout.isatty():
        lines = [visible(line.rstrip("\r\n"), MAX_LINE) + "\n" for line in lines]
    sys.stdout.flush()
    sys.stdout.buffer.write("".join(lines).encode())
    sys.stdout.buffer.flush()


def diff(path: str, before: bytes, after: bytes) -> Iterator[str]:
    """The lines of a unified diff of one page, each with its own end."""
    old, new = (data.decode("utf-8").split("\n") for data in (before, after))
    name = visible(path, len(path))
    for number, line in enumerate(
        difflib.unified_diff(_ended(old), _ended(new), f"a/{name}", f"b/{name}", n=3)
    ):
        yield line if line.endswith("\n") or number < 2 else f"{line}\n{NO_END}"


def _ended(lines: list[str]) -> list[str]:
    """Lines with their ends; only line feeds end a line of a page, whatever else Python takes for one."""
    return [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]


def write(file: Path, before: bytes, after: bytes, lang: str) -> None:
    """Puts a page's new bytes in place of the old ones, wholly or not at all; the permissions stay.

    Raises `CouldNotVerify` when the file is no longer what was read, or cannot be written.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name[:100]}.", dir=file.parent)
        with open(handle, "wb") as opened:
            opened.write(after)
            opened.flush()
            if hasattr(os, "fchmod"):  # Windows has none, nor the permissions
                os.fchmod(opened.fileno(), file.stat().st_mode & 0o7777)
            os.fsync(opened.fileno())
        if file.read_bytes() != before:
            raise CouldNotVerify(say(lang, "changed-meanwhile", path=file))
        os.replace(temporary, file)
        temporary = ""
        _sync(file.parent)
    except OSError as error:
        raise CouldNotVerify(say(lang, "cannot-write", path=file, detail=error.strerror)) from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Makes the replacement itself durable; Windows opens no directories, and needs no such thing."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
