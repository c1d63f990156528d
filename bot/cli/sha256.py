"""`hubbot sha256`: prints the digest of a file or of a remote file, as a page declares it."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import sys
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from bot.cli.ending import FINDINGS, OK, UNFINISHED
from bot.cli.progress import Progress
from bot.cli.terminal import spoken
from rules.output.visible import visible

if TYPE_CHECKING:
    from rules.facts import RemoteFile

#: Shows the progress of a file: its name, bytes so far, and the whole length if it is known.
Show = Callable[[str, int, int | None], None]

#: The fastest size of a piece, measured.
BUFFER = 256 << 10
PREFIX = "sha256: "

#: Here and not in a catalogue: this command is to start at once, without a YAML parser.
WORDS = {
    "en": {
        "missing": "There is no file {name}.",
        "directory": "{name} is a directory, not a file.",
        "unreadable": "{name} cannot be read: {why}.",
        "why": "{sentence} ({reason}: {detail})",
        "later": " Please try again later.",
        "stopped": "Stopped.",
    },
    "zh": {
        "missing": "找不到文件 {name}。",
        "directory": "{name} 是目录，不是文件。",
        "unreadable": "无法读取 {name}：{why}。",
        "why": "{sentence}（{reason}：{detail}）",
        "later": "请稍后再试。",
        "stopped": "已停止。",
    },
}


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("sha256", description=__doc__)
    parser.add_argument("source", metavar="FILE|URL", help="a local file, or an https address")
    parser.add_argument(
        "--write", metavar="PAGE", help="put the digest into the entry of this file on a page"
    )
    parser.add_argument("--lang", choices=("zh", "en"), default=spoken(), help="language of messages")


def run(args: argparse.Namespace) -> int:
    """Prints `sha256: <hex>`; returns 0, 1 when there is no such file, 3 when it could not be read now."""
    if args.write:
        return int(importlib.import_module("bot.cli.digests").run(args))
    code, digest = measured(args.source, args.lang)
    if digest:
        print(f"{PREFIX}{digest}")
    return code


def measured(source: str, lang: str) -> tuple[int, str]:
    """The exit code of `hubbot sha256 SOURCE` and its digest; where that is empty, why has been printed."""
    with closing(Progress(lang=lang)) as progress:
        if source.lower().startswith(("https://", "http://")):
            return _remote(source, lang, progress)
        return _local(source, WORDS[lang], progress)


def digest_of(path: str, show: Show) -> str:
    """The sha256 of a local file, in constant memory. Raises `OSError`."""
    digest, buffer = hashlib.sha256(), memoryview(bytearray(BUFFER))
    with open(path, "rb", buffering=0) as stream:
        total, count = os.fstat(stream.fileno()).st_size, 0
        while size := stream.readinto(buffer):
            digest.update(buffer[:size])
            count += size
            show(path, count, total or None)
    return digest.hexdigest()


def _local(path: str, words: dict[str, str], progress: Progress) -> tuple[int, str]:
    name = visible(path)
    try:
        digest = digest_of(path, progress.read)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return _fail(words["missing"].format(name=name), progress, FINDINGS)
    except IsADirectoryError:
        return _fail(words["directory"].format(name=name), progress, FINDINGS)
    except OSError as error:
        return _fail(words["unreadable"].format(name=name, why=error.strerror), progress, UNFINISHED)
    return OK, digest


def _remote(url: str, lang: str, progress: Progress) -> tuple[int, str]:
    """Reads a remote file as the review does, checks and all."""
    file = _fetched(url, progress)
    if file is None:
        return _fail(WORDS[lang]["stopped"], progress, UNFINISHED)
    if file.state == "measured":
        return OK, file.sha256
    return _fail(_why(file, lang), progress, FINDINGS if file.state == "wrong" else UNFINISHED)


def _why(file: RemoteFile, lang: str) -> str:
    """What a review says of such a file, with the stable word for it and the evidence."""
    # Loaded here: only a file that could not be had needs words, and a YAML parser for them.
    finding, words = importlib.import_module("rules.finding"), importlib.import_module("rules.words")
    variant, fault = importlib.import_module("rules.artifacts.m305_link_unreachable").case(file)
    reason = file.reason.removeprefix("status-")
    values = {"link": file.url, "reason": reason, "detail": file.detail or "-", "final": file.final_url}
    place = finding.Span(1, 1, 1, 1)
    told = finding.Finding(
        "MSH305", "link-unreachable", finding.Severity.ERROR, fault, "", place, "", variant, values
    )
    said = words.message(told, lang, visible)
    text = WORDS[lang]["why"].format(
        sentence=said, reason=file.reason or "-", detail=visible(file.detail or "-")
    )
    if file.state != "wrong":
        return text + WORDS[lang]["later"]
    return f"{text}{'' if lang == 'zh' else ' '}{words.help_text(told, lang, visible)}"


def _fetched(url: str, progress: Progress) -> RemoteFile | None:
    # Loaded here: hashing a local file needs neither the settings nor a client for the net.
    connect_to, ca_bundle = importlib.import_module("bot.settings").for_downloads(os.environ)
    fetcher = importlib.import_module("bot.downloads").Fetcher(
        connect_to=connect_to, ca_bundle=ca_bundle or None, progress=progress.read
    )
    wanted = importlib.import_module("rules.facts").Wanted(url)
    with closing(fetcher):
        result: RemoteFile | None = next(fetcher.measure([wanted], lambda: False), None)
    return result


def _fail(message: str, progress: Progress, code: int) -> tuple[int, str]:
    progress.close()
    print(f"hubbot: {message}", file=sys.stderr)
    return code, ""
