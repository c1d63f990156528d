"""Receiver and workers killed at work: nothing is lost, nothing said twice, little read twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.store.database import open_database, upgrade
from bot.store.queue import LEASE
from tests.flows.forge import WRITES
from tests.flows.siege import FINAL, Child, Siege
from tests.store.postgres import empty

#: Seconds: a machine with busy cores, and on PostgreSQL the leases of the dead, which last twenty.
WITHIN = 240.0


def emptied(url: str) -> str:
    engine = open_database(url)
    upgrade(engine)
    if engine.dialect.name == "postgresql":  # an SQLite file is each test's own
        empty(engine)
    engine.dispose()
    return url


@pytest.mark.parametrize("workers", [1, 3])
def test_kills_lose_nothing(workers: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    # An SQLite file has one worker; PostgreSQL any number.
    sqlite = f"sqlite:///{tmp_path / 'hubbot.sqlite'}"
    url = emptied(sqlite if workers == 1 else request.getfixturevalue("postgresql_url"))
    tally = Siege(url, deliveries=80, pulls=6, kills=12, workers=workers, seed=5).run(WITHIN)
    assert tally.wrong == []
    assert tally.killed >= 12
    assert tally.read_again <= tally.killed


class Pause(Siege):
    """Two workers, of which the one that begins a review is stopped in the middle of it, but not killed."""

    def __init__(self, url: str) -> None:
        super().__init__(url, deliveries=1, pulls=1, kills=0, workers=2, seed=1)
        self.calls: list[tuple[int, str]] = []
        self.stopped = 0

    def answer(self, worker: Child, method: str, *args: Any, **kwargs: Any) -> Any:
        self.calls.append((worker.pid, method))
        if method == "changes" and not self.stopped:
            self.stopped = worker.pid
            os.kill(worker.pid, signal.SIGSTOP)
        return super().answer(worker, method, *args, **kwargs)


def test_a_worker_that_wakes_after_its_lease_writes_nothing(postgresql_url: str) -> None:
    siege = Pause(emptied(postgresql_url))
    receiver = Child(siege.receive, None)
    workers = [Child(siege.work, siege.answer) for _ in range(2)]
    try:
        assert siege.accepted(receiver, *next(siege.history()))
        until(lambda: siege.forge.pulls[1].states().get("gate") in FINAL, LEASE + 60)
        taken_over = len(siege.calls)
        os.kill(siege.stopped, signal.SIGCONT)
        until(lambda: siege.stopped in {pid for pid, _ in siege.calls[taken_over:]}, 30)
        time.sleep(2)
        assert not {method for pid, method in siege.calls[taken_over:] if pid == siege.stopped} & set(WRITES)
        assert len(siege.forge.pulls[1].summaries) == 1
    finally:
        for child in (receiver, *workers):
            child.gone()


def until(condition: Callable[[], object], within: float) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)
