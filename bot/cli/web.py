"""`hubbot web`: the receiver of webhooks and the pages, under gunicorn."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from bot import logs, settings


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("web", help="run the receiver and the pages")
    parser.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--demo", type=Path, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # it has no types

    from bot.cli.lifeline import follow
    from bot.web.gunicorn import options

    chosen = settings.load(os.environ, credentials=False)
    logs.configure(settings.secrets(chosen))

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in options(chosen).items():
                self.cfg.set(name, value)
            self.cfg.set("when_ready", lambda _server: follow(args.lifeline))

        def load(self) -> Any:
            # In each gunicorn worker, after the fork: database connections must not be shared.
            from bot.web.app import create_app
            from bot.web.stored import StoredWorld
            from bot.wiring import receiver

            return create_app(StoredWorld(receiver(chosen, args.demo)))

    Server().run()
    return 0
