"""The demo with its worker killed again and again: nothing is lost, nothing is said twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from bot.forges.demo.forge import DemoForge
from bot.forges.demo.stories import REPOSITORY
from bot.forges.demo.world import database_url
from bot.model import GATE
from bot.store.database import StoreUnavailable, open_database
from bot.store.queue import MAX_ATTEMPTS
from bot.store.store import Store
from tests.cli.processes import environment, leaders, running, until

pytestmark = pytest.mark.network

#: One death more, each before the job has finished a file, and the job is rightly parked as poison.
KILLS = MAX_ATTEMPTS - 1
#: One of the demo's file servers is down for good: that pull request stays unverified.
GATES = {1: "success", 2: "failure", 3: "failure", 4: "error", 5: "success", 6: "success"}


def gates(demo: Path) -> dict[int, str]:
    if not (demo / "edition").exists():
        return {}
    forge = DemoForge(demo)
    found = {}
    for pull in forge.open_pulls(REPOSITORY):
        state = forge.posted(pull).checks.get(GATE)
        found[pull.ref.number] = state[0].value if state else ""
    return found


def test_a_killed_worker_loses_and_repeats_nothing(tmp_path: Path) -> None:
    env, demo = environment(tmp_path), tmp_path / "demo"
    demo.mkdir()
    engine = open_database(database_url(demo))
    store = Store(engine)

    def reviewing() -> bool:
        try:
            return store.figures(0)["jobs_running"] > 0
        except StoreUnavailable:
            return False  # not yet upgraded

    with running(tmp_path, env, "demo", "--still", "--workdir", str(demo)) as process:
        killed: set[int] = set()
        for _ in range(KILLS):
            until(lambda: (leaders(process.pid, "worker") - killed) and reviewing(), 40, "a review", tmp_path)
            for pid in leaders(process.pid, "worker"):
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
        until(lambda: gates(demo) == GATES, 60, "every result", tmp_path)
        assert len(killed) == KILLS
    forge = DemoForge(demo)
    for pull in forge.open_pulls(REPOSITORY):
        assert len(forge.posted(pull).summaries) == 1
        places = [(c.path, c.line, c.fingerprints) for c in forge.conversation.inline_comments(pull.ref)]
        assert len(places) == len(set(places))
    assert all(summary.report.trouble == "" for summary in store.pulls())
    engine.dispose()
