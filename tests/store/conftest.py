"""Both databases, real: an SQLite file, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.store.database import open_database, upgrade
from tests.store.postgres import PROGRAMS, empty, server


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    if not PROGRAMS:
        pytest.skip("PostgreSQL's server programs are not installed")
    with server("-c fsync=off") as url:
        yield url


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
        empty(opened)
    opened.dispose()
