"""`hubbot db upgrade`: brings the database's schema up to date."""

from __future__ import annotations

import argparse
import os
from typing import Any

from bot import settings, settingsfile


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("db", description=__doc__)
    parser.add_argument("action", choices=["upgrade"], help="apply every migration that the database lacks")


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this form
    from bot.store.database import open_database, upgrade

    upgrade(open_database(settings.for_database(settingsfile.environment(os.environ))))
    print("The database is up to date.")
    return 0
