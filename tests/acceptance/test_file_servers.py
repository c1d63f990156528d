"""A file server's fault closes the gate and blames nobody; /recheck opens it without a push."""

from __future__ import annotations

import pytest

from tests.acceptance.world import (
    ASSETS,
    AUTHOR,
    COULD_NOT_VERIFY,
    FORMAT,
    GATE,
    World,
    is_final,
    is_green,
    states,
    summaries,
    titles,
)

pytestmark = pytest.mark.network

ACKNOWLEDGED_WITHIN = 2.0
#: The downloader's own retries come first.
GIVES_UP_WITHIN = 150.0


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"reset": True}, {"size": 200_000, "cut_after": 50_000, "ranges": False}],
    ids=["status 503", "reset", "cut short"],
)
def test_could_not_verify_and_recheck(world: World, fault: dict[str, object]) -> None:
    page, failing = world.serve(world.take(1)[0], **fault)
    pull = world.open([page])
    closed = world.final(pull, within=GIVES_UP_WITHIN)
    assert states(closed) == {FORMAT: "success", ASSETS: "error", GATE: "error"}
    (said,) = summaries(closed)
    assert COULD_NOT_VERIFY.search(said["body"])
    assert COULD_NOT_VERIFY.search(titles(closed) or said["body"])
    assert closed["inline"] == []
    assert "hubbot:needs-fix" not in closed["labels"]
    world.sim.assets.remove(failing)
    world.serve(page, size=int(str(fault.get("size", 4096))))
    head = pull.head_sha
    world.forge.comment(pull, AUTHOR, "/recheck\r\n")
    answered = world.seen(pull, lambda o: o["first_feedback_s"] is not None, within=10)
    assert answered["first_feedback_s"] <= ACKNOWLEDGED_WITHIN
    green = world.wait(pull, is_green)
    assert pull.head_sha == head
    assert [comment["id"] for comment in summaries(green)] == [said["id"]]


def test_a_strangers_recheck_runs_nothing(world: World) -> None:
    page, rule = world.serve(world.take(1)[0])
    pull = world.open([page])
    before = world.final(pull)
    reads = rule.usage.requests
    world.forge.comment(pull, "passer-by", "/recheck all --fresh")
    assert world.sim.wait_quiet(2.0, 30)
    after = world.forge.outcome(pull)
    assert rule.usage.requests == reads
    assert states(after) == states(before)
    assert not [kind for _, kind, _ in after["writes"] if kind.startswith(("status", "check_run"))]


def test_a_missing_file_is_the_publishers(world: World) -> None:
    page, _ = world.serve(world.take(1)[0], status=404)
    outcome = world.wait(world.open([page]), is_final)
    assert states(outcome) == {FORMAT: "success", ASSETS: "failure", GATE: "failure"}


@pytest.mark.parametrize("kind", ["html", "lfs", "empty"])
def test_something_else_in_the_files_place_never_passes(world: World, kind: str) -> None:
    page, _ = world.serve(world.take(1)[0], kind=kind)
    outcome = world.final(world.open([page]), within=GIVES_UP_WITHIN)
    assert states(outcome)[ASSETS] != "success"
    assert states(outcome)[GATE] != "success"
