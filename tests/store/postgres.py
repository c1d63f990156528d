"""A PostgreSQL server of our own, for tests and measurements."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from bot.store.schema import metadata

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@contextmanager
def server(*options: str) -> Iterator[str]:
    """The address of a fresh database on a Unix socket, gone afterwards; `options` as for `postgres`."""
    programs = PROGRAMS[-1].parent
    home = Path(tempfile.mkdtemp(prefix="hubbot-pg-"))
    if os.getuid() == 0:
        shutil.chown(home, "postgres")
    data = str(home / "data")
    _run(
        home,
        _as_server(str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "hubbot", "-N", "-E", "UTF8"),
    )
    chosen = ["-c listen_addresses=''", f"-c unix_socket_directories={home}", *options]
    control = _as_server(str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(home / "log"))
    _run(home, [*control, "-o", " ".join(chosen), "start"])
    try:
        yield f"postgresql://hubbot@/postgres?host={home}"
    finally:
        _run(home, [*control, "-m", "immediate", "stop"])
        shutil.rmtree(home, ignore_errors=True)


def empty(engine: Engine) -> None:
    """Takes everything out of every table, also out of the audit, which refuses to delete."""
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(text(f"TRUNCATE {table.name}"))


def _as_server(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.getuid() == 0 else list(command)


def _run(home: Path, command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=home)
