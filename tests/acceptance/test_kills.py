"""SIGKILL in the middle of a download loses nothing and says nothing twice."""

from __future__ import annotations

import pytest

from tests.acceptance.world import World, is_green, states, summaries

pytestmark = pytest.mark.network

#: A dead worker's run is taken up again when its lease has run out.
FINISHED_WITHIN = 120.0


@pytest.mark.parametrize("role", ["worker", "web"])
def test_a_killed_half_comes_back_and_the_review_is_finished(world: World, role: str) -> None:
    slow, broken = world.take(2)
    slow_page, rule = world.serve(slow, size=600_000, drip=150_000)
    # A warning-free page would leave no summary to find twice.
    bad = world.serve(broken)[0].changed("mindspore-version:", "mindspore-version: v1.9")
    pull = world.open([slow_page, bad])
    world.seen(pull, lambda _: rule.usage.active > 0)
    world.bot.kill(role)
    outcome = world.final(pull, FINISHED_WITHIN)
    assert states(outcome) == {
        "hubbot/format": "failure",
        "hubbot/assets": "success",
        "hubbot/gate": "failure",
    }
    assert len(summaries(outcome)) == 1
    places = [(comment["path"], comment["line"]) for comment in outcome["inline"]]
    assert len(places) == len(set(places))


def test_killed_again_and_again_it_still_finishes(world: World) -> None:
    page, rule = world.serve(world.take(1)[0], size=600_000, drip=150_000)
    pull = world.open([page])
    for _ in range(2):
        world.seen(pull, lambda _: rule.usage.active > 0, FINISHED_WITHIN)
        world.bot.kill("worker")
    outcome = world.wait(pull, is_green, FINISHED_WITHIN)
    assert len(summaries(outcome)) <= 1


def test_what_was_accepted_before_both_were_killed_is_reviewed_after(world: World) -> None:
    page, rule = world.serve(world.take(1)[0], latency=2.0)
    pull = world.open([page])
    world.seen(pull, lambda _: rule.usage.requests > 0 or any(d.ok for d in deliveries(world, pull)))
    world.bot.kill("web")
    world.bot.kill("worker")
    assert is_green(world.wait(pull, is_green, FINISHED_WITHIN))


def deliveries(world: World, pull):
    return [d for d in world.forge.dispatcher.deliveries if d.pull == pull.number]
