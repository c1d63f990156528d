"""Receiver, worker and downloader apart: what is true of one machine is true of three processes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import PYTHON, started
from tests.acceptance.pages import Hub
from tests.acceptance.world import (
    ASSETS,
    COULD_NOT_VERIFY,
    FORMAT,
    GATE,
    MODES,
    World,
    is_green,
    states,
    summaries,
)

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def world(hub: Hub, app_key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("apart")
    with started(World(MODES[0], hub, folder, PYTHON, app_key, {"DOWNLOADS": "separate"})) as made:
        yield made


def test_green_mismatch_and_a_failing_host(world: World) -> None:
    good, bad, down = world.take(3)
    assert world.bot.processes("downloader")
    green = world.open([world.serve(good)[0]])
    differs = world.open([world.serve(bad)[0].declaring(hashlib.sha256(b"another file").hexdigest())])
    failing = world.open([world.serve(down, status=503)[0]])
    assert is_green(world.wait(green, is_green))
    assert states(world.final(differs)) == {FORMAT: "success", ASSETS: "failure", GATE: "failure"}
    closed = world.final(failing, within=150.0)
    assert states(closed) == {FORMAT: "success", ASSETS: "error", GATE: "error"}
    (said,) = summaries(closed)
    assert COULD_NOT_VERIFY.search(said["body"])


def test_a_killed_downloader_costs_no_review(world: World) -> None:
    page, rule = world.serve(world.take(1)[0], size=600_000, drip=150_000)
    pull = world.open([page])
    world.seen(pull, lambda _: rule.usage.active > 0)
    world.bot.kill("downloader")
    assert is_green(world.wait(pull, is_green, 120.0))
