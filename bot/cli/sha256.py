"""`hubbot sha256`: prints the digest of a file or of a remote file, as a page declares it."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from bot.cli.terminal import spoken

if TYPE_CHECKING:
    from rules.facts import RemoteFile

#: Draws the progress: bytes so far, and the whole length if it is known.
Show = Callable[[int, int | None], None]

#: The fastest size of a piece, measured.
BUFFER = 256 << 10
#: Redrawing more often than this costs more than it shows, in seconds.
REDRAW = 0.1
OK, WRONG, UNFINISHED = 0, 1, 3
BAR = 24

#: Here and not in a catalogue: this command is to start at once, without a YAML parser.
WORDS = {
    "en": {
        "missing": "There is no file {name}.",
        "directory": "{name} is a directory, not a file.",
        "unreadable": "{name} cannot be read: {why}.",
        "wrong": "There is no model file to be had at {url}: {reason} ({detail}).",
        "unverified": "{url} could not be read just now: {reason} ({detail}). Please try again later.",
        "stopped": "Stopped.",
    },
    "zh": {
        "missing": "找不到文件 {name}。",
        "directory": "{name} 是目录，不是文件。",
        "unreadable": "无法读取 {name}：{why}。",
        "wrong": "在 {url} 取不到模型文件：{reason}（{detail}）。",
        "unverified": "暂时未能完整读取 {url}：{reason}（{detail}）。请稍后再试。",
        "stopped": "已停止。",
    },
}


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("sha256", help="print the sha256 of a file or of a remote file")
    parser.add_argument("source", metavar="FILE|URL", help="a local file, or an https address")
    parser.add_argument(
        "--write", metavar="PAGE", help="put the digest into the entry of this file on a page"
    )
    parser.add_argument("--lang", choices=("zh", "en"), default=spoken(), help="language of messages")


def run(args: argparse.Namespace) -> int:
    """Prints `sha256: <hex>`; returns 0, 1 when there is no such file, 3 when it could not be read now."""
    if getattr(args, "write", None):
        return int(importlib.import_module("bot.cli.digests").run(args))
    source: str = args.source
    words = WORDS[getattr(args, "lang", "en") or "en"]
    show, end = _progress_bar()
    try:
        if source.lower().startswith(("https://", "http://")):
            return _remote(source, words, show, end)
        return _local(source, words, show, end)
    finally:
        end()


def digest_of(path: str, show: Show) -> str:
    """The sha256 of a local file, in constant memory. Raises `OSError`."""
    digest, buffer = hashlib.sha256(), memoryview(bytearray(BUFFER))
    with open(path, "rb", buffering=0) as stream:
        total, count = os.fstat(stream.fileno()).st_size, 0
        while size := stream.readinto(buffer):
            digest.update(buffer[:size])
            count += size
            show(count, total or None)
    return digest.hexdigest()


def _local(path: str, words: dict[str, str], show: Show, end: Callable[[], None]) -> int:
    name = _visible(path)
    try:
        digest = digest_of(path, show)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return _fail(words["missing"].format(name=name), end, WRONG)
    except IsADirectoryError:
        return _fail(words["directory"].format(name=name), end, WRONG)
    except OSError as error:
        return _fail(words["unreadable"].format(name=name, why=error.strerror), end, UNFINISHED)
    return _print(digest, end)


def _remote(url: str, words: dict[str, str], show: Show, end: Callable[[], None]) -> int:
    """Reads a remote file as the review does, checks and all."""
    file = _measured(url, show)
    if file is None:
        return _fail(words["stopped"], end, UNFINISHED)
    if file.state == "measured":
        return _print(file.sha256, end)
    wrong = file.state == "wrong"
    text = words["wrong" if wrong else "unverified"]
    detail = _visible(file.detail or "-")
    return _fail(
        text.format(url=_visible(url), reason=file.reason, detail=detail), end, WRONG if wrong else UNFINISHED
    )


def _measured(url: str, show: Show) -> RemoteFile | None:
    # Loaded here: hashing a local file needs neither the settings nor a client for the net.
    connect_to, ca_bundle = importlib.import_module("bot.settings").for_downloads(os.environ)
    fetcher = importlib.import_module("bot.downloads").Fetcher(
        connect_to=connect_to,
        ca_bundle=ca_bundle or None,
        progress=lambda _url, count, total: show(count, total),
    )
    wanted = importlib.import_module("rules.facts").Wanted(url)
    with closing(fetcher):
        result: RemoteFile | None = next(fetcher.measure([wanted], lambda: False), None)
    return result


def _print(digest: str, end: Callable[[], None]) -> int:
    end()
    print(f"sha256: {digest}")
    return OK


def _fail(message: str, end: Callable[[], None], code: int) -> int:
    end()
    print(f"hubbot: {message}", file=sys.stderr)
    return code


def _progress_bar() -> tuple[Show, Callable[[], None]]:
    """What draws the bar, and what wipes it away; both do nothing unless standard error is a terminal."""
    if not sys.stderr.isatty():
        return _draw_nothing, lambda: None
    started = drawn = time.monotonic()

    def show(count: int, total: int | None) -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - drawn >= REDRAW:
            drawn = now
            print(f"\r{bar(count, total, now - started)}\x1b[K", end="", file=sys.stderr, flush=True)

    def end() -> None:
        if drawn > started:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    return show, end


def _draw_nothing(_count: int, _total: int | None) -> None:
    pass


def bar(count: int, total: int | None, seconds: float) -> str:
    """One line of progress: a bar where the length is known, the bytes, and the rate in MB/s."""
    rate = f"{count / 1e6 / max(seconds, 1e-3):,.1f} MB/s"
    if not total:
        return f"{count / 1e6:,.1f} MB  {rate}"
    part = min(1.0, count / total)
    full = round(part * BAR)
    return (
        f"[{'#' * full}{'.' * (BAR - full)}] {part:4.0%}  {count / 1e6:,.1f} of {total / 1e6:,.1f} MB  {rate}"
    )


def _visible(text: str) -> str:
    """Text of others for a terminal: control characters are shown, never obeyed."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text[:500]
    )
