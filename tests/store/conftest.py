"""Both databases, real: an SQLite file, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.store.database import open_database, upgrade
from bot.store.schema import metadata

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _as_server(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.getuid() == 0 else list(command)


def _run(home: Path, command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=home)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    if not PROGRAMS:
        pytest.skip("PostgreSQL's server programs are not installed")
    programs = PROGRAMS[-1].parent
    home = Path(tempfile.mkdtemp(prefix="hubbot-pg-"))
    if os.getuid() == 0:
        shutil.chown(home, "postgres")
    data = str(home / "data")
    _run(home, _as_server(str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "hubbot", "-N"))
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
    control = _as_server(str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(home / "log"))
    _run(home, [*control, "-o", options, "start"])
    try:
        yield f"postgresql://hubbot@/postgres?host={home}"
    finally:
        _run(home, [*control, "-m", "immediate", "stop"])
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path / 'hubbot.sqlite'}")
        upgrade(opened)
        yield opened
    else:
        opened = open_database(request.getfixturevalue("postgresql_url"))
        upgrade(opened)
        yield opened
        with opened.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(text(f"TRUNCATE {table.name}"))  # the audit refuses to delete
    opened.dispose()
