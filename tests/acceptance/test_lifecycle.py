"""What people do to a pull request besides pushing: the newest state of it is what counts."""

from __future__ import annotations

import pytest

from tests.acceptance.world import AUTHOR, GATE, World, is_final, is_green, states, summaries

pytestmark = pytest.mark.network


def test_a_draft_is_reviewed_and_stays_as_it_is_when_it_is_ready(world: World) -> None:
    page, rule = world.serve(world.take(1)[0])
    pull = world.open([page], draft=True)
    assert is_green(world.final(pull))
    world.forge.ready_for_review(pull)
    assert world.sim.wait_quiet(1.5, 20)
    assert is_green(world.forge.outcome(pull))
    assert rule.usage.requests == 1


def test_a_pull_request_that_is_reopened_is_reviewed_at_its_new_head(world: World) -> None:
    page, _ = world.serve(world.take(1)[0])
    pull = world.open([page.declaring("a" * 64)])
    assert states(world.final(pull))[GATE] == "failure"
    world.forge.close(pull, by=AUTHOR)
    assert world.sim.wait_quiet(1.5, 20)
    world.push(pull, [page])
    world.forge.reopen(pull)
    outcome = world.wait(pull, is_green)
    assert len(summaries(outcome)) == 1


def test_a_forced_push_back_to_an_older_commit_is_judged_as_that(world: World) -> None:
    page, _ = world.serve(world.take(1)[0])
    pull = world.open([page.declaring("b" * 64)])
    assert states(world.final(pull))[GATE] == "failure"
    red = pull.head_sha
    world.push(pull, [page])
    assert is_green(world.wait(pull, is_green))
    world.forge.force_push(pull, red)
    outcome = world.wait(pull, lambda o: is_final(o) and red[:8] in summaries(o)[0]["body"])
    assert states(outcome)[GATE] == "failure"
    assert len(summaries(outcome)) == 1


def test_another_base_branch_is_another_question(world: World) -> None:
    """The other branch still has pages that this one would take off: that is for a maintainer to say."""
    page, _ = world.serve(world.take(1)[0])
    pull = world.open([page])
    assert is_green(world.final(pull))
    store = world.forge.repo.store
    store.update_ref("refs/heads/r8.8", store.commit(world.forge.tip()).parents[0])
    world.forge.edit_base(pull, "r8.8")
    outcome = world.wait(pull, lambda o: is_final(o) and states(o)[GATE] != "success")
    assert states(outcome)[GATE] == "failure"


def test_a_fork_that_is_deleted_is_no_obstacle(world: World) -> None:
    page, rule = world.serve(world.take(1)[0], latency=2.0)
    pull = world.open([page])
    world.seen(pull, lambda _: rule.usage.active > 0 or rule.usage.requests > 0)
    world.forge.delete_fork(pull)
    assert is_green(world.final(pull))
    world.forge.comment(pull, AUTHOR, "/recheck")
    assert world.sim.wait_quiet(2.5, 30)
    assert is_green(world.final(pull))
