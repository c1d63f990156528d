"""`hubbot demo`: a made-up hub with pull requests, reviewed for real, without network or account."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.forges.demo.world import DemoWorld, prepare

WORKDIR = Path("var/demo")
#: Seconds by which files of the largest pull request begin late, so that one can watch them being read.
DELAY = 3.0

#: Runs the ordinary server on a prepared world, announces it once, and gives the exit code.
Supervise = Callable[[DemoWorld], int]


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("demo", description=__doc__)
    parser.add_argument(
        "--workdir", type=Path, default=WORKDIR, help=f"where the made-up hub lives (default: {WORKDIR})"
    )
    parser.add_argument(
        "--still", action="store_true", help="let nobody push or comment by himself while you watch"
    )


def run(args: argparse.Namespace, supervise: Supervise | None = None) -> int:
    """Prepares the world and serves it until the server ends; `supervise` is `bot.cli.serve.serve_demo`."""
    from bot.cli.serve import serve_demo  # which comes here for a first start without credentials

    with prepare(args.workdir, delay=0.0 if args.still else DELAY, still=args.still) as world:
        return (supervise or serve_demo)(world)
