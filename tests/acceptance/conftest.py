"""The world of the acceptance cases; where no simulator is at hand none of them is collected."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.pages import Hub
    from tests.acceptance.world import World

AT_HAND = importlib.util.find_spec("forgesim") is not None
if not AT_HAND:
    collect_ignore_glob = ["test_*.py"]

SHELF = 60
#: Modules in parts that take about as long as all the others together.
PARTS = {"test_bad_input": 1, "test_faults": 2, "test_kills": 2, "test_bulk": 3, "test_rulings": 3}
#: Interpreter that the bot runs with: its dependencies are not the simulator's.
PYTHON = os.environ.get("HUBBOT_PYTHON", sys.executable)


def pytest_configure() -> None:
    # A run that is cut short by a time limit must still end the bots that it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    import forgesim

    from tests.acceptance.pages import prepare

    data = Path(forgesim.__file__).parents[1] / "hub"
    return prepare(data, tmp_path_factory.mktemp("hub"), SHELF)


@pytest.fixture(scope="session")
def app_key() -> str:
    from forgesim.github.access import new_key

    key: str = new_key()
    return key


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "running" in metafunc.fixturenames:
        from tests.acceptance.world import MODES

        # Four worlds a mode: they wait more than they work, for the pace at which a forge may be written to.
        part = PARTS.get(metafunc.module.__name__.rpartition(".")[2], 0)
        groups = {mode: pytest.mark.xdist_group(f"{mode} {part}") for mode in MODES}
        modes = [pytest.param(mode, id=str(mode), marks=group) for mode, group in groups.items()]
        metafunc.parametrize("running", modes, indirect=True, scope="session")


@pytest.fixture(scope="session")
def running(
    request: pytest.FixtureRequest, hub: Hub, app_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    from tests.acceptance.world import World

    folder = tmp_path_factory.mktemp(str(request.param))
    with started(World(request.param, hub, folder, PYTHON, app_key)) as made:
        yield made


@contextmanager
def started(made: World) -> Iterator[World]:
    """The world with its bot running; which must end in good order."""
    with made.sim:
        try:
            made.bot.start()
            yield made
        finally:
            code = made.bot.stop()
    assert code == 0, f"`hubbot serve` ended with {code} after SIGTERM"


@pytest.fixture
def world(running: World) -> Iterator[World]:
    """The running world for one case, which fails over whatever the forges would complain of."""
    with case(running) as made:
        yield made


@contextmanager
def case(running: World) -> Iterator[World]:
    """A world for one case: whatever the forges complain of meanwhile fails it."""
    since = time.time()
    running.pulls.clear()
    running.tolerated.clear()
    if not running.bot.running():
        running.bot.start()
    yield running
    running.sim.faults.clear()
    running.forge.dispatcher.faults.clear()
    running.sim.wait_quiet(0.5, 15)
    complaints = running.violations(since)
    for pull in running.pulls:
        if pull.state == "open":
            running.forge.close(pull)
    assert complaints == []
