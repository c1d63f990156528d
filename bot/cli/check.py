"""`hubbot check`: judges asset pages on this machine by the rules that the bot judges pull requests by."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.cli.ending import FINDINGS, OK, UNFINISHED, told
from bot.cli.gather import from_branch, from_hubs, from_paths
from bot.cli.terminal import columns, has_colour, spoken
from bot.cli.words import say
from bot.errors import CouldNotVerify, UserError
from rules import engine, policy
from rules.facts import ConfFile, Facts, RemoteFile
from rules.output.result import Result, counts
from rules.rule import Subject

FORMATS = ("text", "concise", "json", "sarif", "rdjson", "github", "markdown")


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    parser = commands.add_parser("check", description=__doc__)
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="pages or directories, judged as new or changed"
    )
    parser.add_argument("--diff", metavar="BASE", help="the pages changed since the merge base with BASE")
    parser.add_argument(
        "--staged", action="store_true", help="what a commit made now would hold (the index, not the files)"
    )
    parser.add_argument(
        "--all", action="store_true", help="every page of the hub (at PATH or here), as untouched"
    )
    parser.add_argument(
        "--remote",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="download the files and verify them",
    )
    parser.add_argument(
        "--format",
        action="append",
        metavar="FORMAT[:FILE]",
        help=f"one of {', '.join(FORMATS)}; repeatable with a FILE to write to (default: text)",
    )
    parser.add_argument("--lang", choices=("zh", "en"), default=spoken(), help="language of the findings")
    parser.add_argument("--watch", action="store_true", help="check again after every change, until Ctrl-C")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning"),
        default="error",
        help="the least severity that gives exit code 1",
    )


def arguments(*given: str) -> argparse.Namespace:
    """What `run` is called with, for other commands that check a page."""
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return parser.parse_args(["check", *given])


def run(args: argparse.Namespace) -> int:
    """Returns 0 clean, 1 findings, 2 usage, 3 could not finish or could not verify."""
    if args.watch and args.staged:
        raise UserError(say(args.lang, "watch-staged"))
    if args.watch:
        watch = importlib.import_module("bot.cli.watch").watch
        places = args.paths or (["."] if args.all else [])
        return int(watch(lambda: told(lambda: _once(args)), places, args.lang))
    return _once(args)


def _once(args: argparse.Namespace) -> int:
    outputs = _outputs(args.format or ["text"], args.lang)
    subjects, facts = _subjects(args)
    if args.remote:
        facts = replace(facts, files=_measured(subjects, args.lang), confs=_confs(subjects, args.lang))
    findings = engine.check(subjects, facts, policy.default())
    lines = {subject.page.path: subject.page.lines for subject in subjects}
    result = Result(tuple(findings), len(subjects), args.lang, lines)
    for name, target in outputs:
        _write(result, name, target)
    if not subjects and ("text", "") in outputs:
        print(say(args.lang, "nothing-staged" if args.staged else "nothing-changed"), file=sys.stderr)
    return _exit_code(result, args.fail_on)


def _outputs(formats: Sequence[str], lang: str) -> list[tuple[str, str]]:
    """Format and file of each `--format`; the screen, named by an empty file, can take one."""
    outputs = []
    for text in formats:
        name, _, target = text.partition(":")
        if name not in FORMATS:
            raise UserError(say(lang, "bad-format", format=name, known=", ".join(FORMATS)))
        outputs.append((name, target))
    if sum(not target for _, target in outputs) > 1:
        raise UserError(say(lang, "two-outputs"))
    return outputs


def _subjects(args: argparse.Namespace) -> tuple[list[Subject], Facts]:
    if (args.diff is not None or args.staged) and (args.all or args.paths):
        raise UserError(say(args.lang, "conflict"))
    if args.staged:
        from bot.cli.staged import from_index  # only here: most checks are of files

        return from_index(args.diff or "", args.lang)
    if args.all:
        return from_hubs(args.paths or ["."], args.lang), Facts()
    if args.paths:
        return from_paths(args.paths, args.lang), Facts()
    return from_branch(args.diff or "", args.lang)


def _measured(subjects: Sequence[Subject], lang: str) -> dict[str, RemoteFile]:
    """What the links of the pages lead to. The downloader and the settings are loaded only here."""
    wanted = engine.wanted(subject.page for subject in subjects)
    from bot import settings
    from bot.cli.progress import Progress
    from bot.downloads import Fetcher

    connect_to, ca_bundle = settings.for_downloads(os.environ)
    progress = Progress(len(wanted), lang)
    fetcher = Fetcher(connect_to=connect_to, ca_bundle=ca_bundle or None, progress=progress.read)
    files: dict[str, RemoteFile] = {}
    with closing(progress), closing(fetcher):
        for file in fetcher.measure(wanted, lambda: False):
            files[file.url] = file
            progress.finished()
    if len(files) < len(wanted):
        raise CouldNotVerify(say(lang, "not-measured", done=len(files), all=len(wanted)))
    return files


def _confs(subjects: Sequence[Subject], lang: str) -> Mapping[str, ConfFile]:
    """The conf files of the pages' repositories; one that cannot be read is named, and blamed on nobody."""
    from bot import settings
    from bot.downloads import Fetcher
    from bot.downloads.confs import conf_files

    connect_to, ca_bundle = settings.for_downloads(os.environ)
    wanted = engine.wanted_confs(subject.page for subject in subjects if not subject.removed)
    with closing(Fetcher(connect_to=connect_to, ca_bundle=ca_bundle or None)) as fetcher:
        found, unread = conf_files(fetcher, wanted, lambda: False)
    for url, reason in unread.items():
        print(say(lang, "conf-unread", url=url, reason=reason), file=sys.stderr)
    return found


def _write(result: Result, name: str, target: str) -> None:
    render = importlib.import_module(f"rules.output.{name}").render
    if target:
        try:
            Path(target).write_text(render(result), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise CouldNotVerify(
                say(result.lang, "cannot-write", path=target, detail=error.strerror)
            ) from None
    elif name == "text":
        sys.stdout.write(render(result, colour=has_colour(sys.stdout), columns=columns(sys.stdout)))
    else:
        sys.stdout.write(render(result))


def _exit_code(result: Result, fail_on: str) -> int:
    numbers = counts(result)
    if numbers["error"] or (fail_on == "warning" and numbers["warning"]):
        return FINDINGS
    return UNFINISHED if numbers["unverified"] else OK
