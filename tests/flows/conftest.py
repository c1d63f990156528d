"""A story on an SQLite file of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.store.database import open_database, upgrade
from tests.flows.story import Story
from tests.store.conftest import postgresql_url

__all__ = ["postgresql_url"]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path / 'hubbot.sqlite'}")
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def story(engine: Engine) -> Story:
    return Story(engine)


@pytest.fixture
def dry(engine: Engine) -> Callable[[], Story]:
    return lambda: Story(engine, dry_run=True)
