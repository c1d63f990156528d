"""Deliveries come twice, out of order, forged, and while a run is under way."""

from __future__ import annotations

import pytest

from tests.acceptance.world import AUTHOR, GATE, World, is_green, states, summaries

pytestmark = pytest.mark.network

#: Seconds after which GitHub's log says how a delivery ended, and a little more.
KNOWN_AFTER = 17.0

#: A run that its pull request's author has overtaken gives way within this, whatever it was downloading.
OVERTAKEN_WITHIN = 20.0


def opening(world: World, pull):
    """The delivery that told of the opening."""
    return next(d for d in world.forge.dispatcher.deliveries if d.pull == pull.number)


def test_a_delivery_that_comes_twice_runs_once(world: World) -> None:
    page, rule = world.serve(world.take(1)[0])
    world.forge.dispatcher.fault("duplicate", times=1)
    pull = world.open([page])
    first = world.final(pull)
    again = world.forge.dispatcher.redeliver(opening(world, pull))
    assert again.done.wait(15)
    assert again.status_code == 200
    assert world.sim.wait_quiet(1.5, 20)
    assert rule.usage.requests == 1
    assert world.forge.outcome(pull)["writes"] == first["writes"]


def test_a_forged_delivery_is_refused_and_does_nothing(world: World) -> None:
    page, rule = world.serve(world.take(1)[0])
    world.forge.dispatcher.fault("corrupt_signature", times=10)
    pull = world.open([page])
    assert opening(world, pull).done.wait(15)
    assert world.sim.wait_quiet(1.5, 20)
    assert opening(world, pull).status_code in (401, 403)
    assert rule.usage.requests == 0
    assert world.forge.outcome(pull)["writes"] == []
    world.forge.dispatcher.faults.clear()
    world.forge.close(pull)
    world.forge.reopen(pull)
    assert is_green(world.final(pull))


def test_deliveries_out_of_order_end_on_the_newest_head(world: World) -> None:
    first, second = world.take(2)
    bad = world.serve(first)[0].declaring("f" * 64)
    good = world.serve(second)[0]
    world.forge.dispatcher.fault("reorder", times=1, seconds=1.0)
    pull = world.open([bad])
    world.push(pull, {bad.path: None, good.path: good.text})
    outcome = world.final(pull)
    assert is_green(outcome), states(outcome)
    assert len(summaries(outcome)) <= 1


def test_a_push_overtakes_a_run_in_the_middle_of_a_download(world: World) -> None:
    slow, quick = world.take(2)
    slow_page, slow_rule = world.serve(slow, size=4_000_000, drip=50_000)
    wrong = slow_page.declaring("e" * 64)
    quick_page, _ = world.serve(quick)
    pull = world.open([wrong])
    world.seen(pull, lambda _: slow_rule.usage.active > 0)
    old = pull.head_sha
    world.push(pull, {wrong.path: None, quick_page.path: quick_page.text})
    outcome = world.wait(pull, is_green, OVERTAKEN_WITHIN)
    assert world.sim.wait_quiet(1.5, 20)
    assert set(world.history(pull, pull.head_sha, GATE)) <= {"pending", "success"}
    assert set(world.history(pull, old, GATE)) <= {"pending"}
    assert slow_rule.usage.active == 0
    assert outcome["inline"] == []
    assert len(summaries(outcome)) <= 1


def test_pushes_in_a_burst_are_reviewed_at_the_last(world: World) -> None:
    # A head may move between any reading of it and the write that follows: no bot can do better.
    world.tolerated.add("stale-head")
    page, _ = world.serve(world.take(1)[0])
    pull = world.open([page.declaring("0" * 64)])
    for number in range(6):
        world.push(pull, {page.path: page.declaring(f"{number:064x}").text})
    world.push(pull, [page])
    outcome = world.final(pull)
    assert is_green(outcome), states(outcome)
    assert set(world.history(pull, pull.head_sha, GATE)) <= {"pending", "success"}
    assert len(summaries(outcome)) <= 1


def test_closing_stops_the_run(world: World) -> None:
    page, rule = world.serve(world.take(1)[0], size=4_000_000, drip=50_000)
    pull = world.open([page])
    world.seen(pull, lambda _: rule.usage.active > 0)
    world.forge.close(pull, by=AUTHOR)
    world.seen(pull, lambda _: rule.usage.active == 0, OVERTAKEN_WITHIN)
    assert "failure" not in states(world.forge.outcome(pull)).values()
    assert summaries(world.forge.outcome(pull)) == []


def test_an_app_has_what_was_lost_delivered_again_once(world: World) -> None:
    if world.mode.credential != "app":
        pytest.skip("only Apps can ask for it")
    page, _ = world.serve(world.take(1)[0])
    pull = world.open([page])
    before = len(world.final(pull)["comments"])
    world.forge.dispatcher.fault("drop", event="issue_comment", times=1)
    world.forge.comment(pull, AUTHOR, "/help")
    lost = world.forge.dispatcher.deliveries[-1]
    assert "dropped" in lost.status
    assert world.sim.wait_quiet(KNOWN_AFTER, 60), "the fate of every delivery must be known"
    for _ in range(2):
        world.bot.stop()
        world.bot.start()
        world.seen(pull, lambda o: len(o["comments"]) == before + 2)
        assert world.sim.wait_quiet(3, 30)
    again = [one for one in world.forge.dispatcher.deliveries if one.guid == lost.guid]
    assert [one.redelivery for one in again] == [False, True]
