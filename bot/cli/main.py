"""The `hubbot` command: finds the command's module and runs it, importing no other."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from collections.abc import Sequence
from types import ModuleType

from bot.cli.terminal import prepare
from bot.errors import UserError

#: Command, its module, and what it does. Publishers' commands first, operators' after them.
COMMANDS = {
    "new": ("bot.cli.new", "write a new page by answering a few questions"),
    "check": ("bot.cli.check", "check asset pages and say how to fix what is wrong"),
    "fix": ("bot.cli.fix", "make the repairs by which nothing can be lost"),
    "sha256": ("bot.cli.sha256", "print the sha256 of a file or of a remote file"),
    "explain": ("bot.cli.explain", "explain a rule"),
    "rules": ("bot.cli.rules", "list all rules"),
    "schema": ("bot.cli.schema", "print the JSON Schema of a page's header"),
    "index": ("bot.cli.index", "print the JSON that the hub's site is built from"),
    "completion": ("bot.cli.completion", "print the completion script of a shell"),
    "audit": ("bot.cli.audit", "verify every page of a hub: links, digests, formats"),
    "review": ("bot.cli.review", "review one pull request and print the result"),
    "demo": ("bot.cli.demo", "serve sample pull requests with real reviews: no account, no network"),
    "serve": ("bot.cli.serve", "run receiver and worker in one go"),
    "web": ("bot.cli.web", "run the receiver and the pages"),
    "worker": ("bot.cli.worker", "run the worker"),
    "downloader": ("bot.cli.downloader", "run the downloader, where DOWNLOADS=separate"),
    "db": ("bot.cli.db", "upgrade the database"),
    "doctor": ("bot.cli.doctor", "look the deployment over and say how to mend it"),
    "deliveries": ("bot.cli.deliveries", "list, show and replay what forges delivered"),
}

OK, FINDINGS, USAGE, UNFINISHED = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns 0 clean, 1 findings, 2 usage or configuration, 3 could not finish."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    prepare(sys.stdout, sys.stderr)
    name = next((a for a in given if not a.startswith("-")), "")
    try:
        module = importlib.import_module(COMMANDS[name][0]) if name in COMMANDS else None
        parser = _parser(name, module)
        args = parser.parse_args(given)
    except SystemExit as stop:
        return int(stop.code or 0)
    except ModuleNotFoundError as error:
        return _not_installed(name, error)
    if module is None:
        parser.print_help()
        return OK if not given else USAGE
    try:
        return int(module.run(args))
    except UserError as error:
        print(f"hubbot: {error}", file=sys.stderr)
        return USAGE
    except ModuleNotFoundError as error:
        return _not_installed(name, error)
    except KeyboardInterrupt:
        if sys.stderr.isatty():  # the terminal has written ^C, and our next word begins a line
            print(file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of our output has seen enough; what is still buffered has nowhere to go.
        sys.stderr.close()
        return OK


def _not_installed(name: str, error: ModuleNotFoundError) -> int:
    """The publishers' installation has no server: that is a matter of installing, not a defect."""
    if (error.name or "").partition(".")[0] in ("bot", "rules", ""):
        raise error
    print(f"hubbot: `{name}` needs {error.name}, which comes with hubbot[server].", file=sys.stderr)
    return USAGE


def _parser(name: str, module: ModuleType | None) -> argparse.ArgumentParser:
    """A parser that knows the whole of one command and a line of every other."""
    parser = argparse.ArgumentParser(
        prog="hubbot", description="Reviews pull requests that add pretrained models to MindSpore Hub."
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    for command, (_, text) in COMMANDS.items():
        if command == name and module is not None:
            module.add_parser(commands)
        else:
            commands.add_parser(command, help=text, add_help=False)
    return parser
