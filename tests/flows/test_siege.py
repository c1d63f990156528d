"""Receiver and workers killed at work: nothing is lost, nothing said twice, little read twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.database import open_database, upgrade
from tests.flows.siege import Siege, Tally

#: Seconds: a machine with busy cores, and on PostgreSQL the leases of the dead, which last twenty.
WITHIN = 240.0


def besiege(url: str, workers: int) -> Tally:
    engine = open_database(url)
    upgrade(engine)
    engine.dispose()
    return Siege(url, deliveries=80, pulls=6, kills=12, workers=workers, seed=5).run(WITHIN)


@pytest.mark.parametrize("workers", [1, 3])
def test_kills_lose_nothing(workers: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    # An SQLite file has one worker; PostgreSQL any number.
    sqlite = f"sqlite:///{tmp_path / 'hubbot.sqlite'}"
    tally = besiege(sqlite if workers == 1 else request.getfixturevalue("postgresql_url"), workers)
    assert tally.wrong == []
    assert tally.killed >= 12
    assert tally.read_again <= tally.killed
