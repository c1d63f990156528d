"""`hubbot web`: the receiver of webhooks and the pages, under gunicorn."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import logs, settings, settingsfile

if TYPE_CHECKING:
    from flask import Flask

    from bot.web.stored import StoredWorld


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("web", description=__doc__)
    parser.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--demo", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--socket", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--setup", type=int, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # it has no types

    from bot.cli.lifeline import follow
    from bot.web.gunicorn import options

    environment = dict(os.environ) if args.demo else settingsfile.environment(os.environ)
    # Beside the set-up the demo is shown, while the environment is that of the bot which is set up.
    shown = _of_demo(environment, args.demo) if args.demo else environment
    chosen = settings.load(shown, credentials=False)
    logs.configure(settings.secrets(chosen))

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in options(chosen.host, chosen.port).items():
                self.cfg.set(name, value)
            if args.socket is not None:
                # The supervisor's: what comes while we are away waits for whoever is next.
                self.cfg.set("bind", f"fd://{args.socket}")
            if args.setup is not None:
                # The set-up lives in the memory of one process, for as long as it takes.
                self.cfg.set("workers", 1)
                self.cfg.set("max_requests", 0)
            self.cfg.set("when_ready", lambda _server: follow(args.lifeline))

        def load(self) -> Any:
            # In each gunicorn worker, after the fork: database connections must not be shared.
            from bot.web.app import create_app
            from bot.web.stored import StoredWorld
            from bot.wiring import receiver

            world = StoredWorld(receiver(chosen, args.demo))
            return create_app(world) if args.setup is None else _set_up(world, environment, args.setup)

    Server().run()
    return 0


def _of_demo(environment: dict[str, str], workdir: Path) -> dict[str, str]:
    from bot.forges.demo.world import database_url

    return {**settings.demo_environment(environment), "DATABASE_URL": database_url(workdir)}


def _set_up(world: StoredWorld, environment: dict[str, str], supervisor: int) -> Flask:
    """The application with its set-up; who reads the terminal or the log may enter it, once."""
    from bot import setup
    from bot.setup.door import LINK_LIFE

    def go_live() -> None:
        os.write(supervisor, b"!")

    app, link = setup.opened(world, environment, go_live)
    minutes = int(LINK_LIFE / 60)
    print(
        f"Set hubbot up for your repositories (the link works once, for {minutes} minutes): {link}",
        flush=True,
    )
    return app
