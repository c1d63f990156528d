"""A merge queue's commit is verified as a head is, and never green where its pull request is not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.acceptance.world import AUTHOR, CONTEXTS, GATE, SOON, World, is_green, states, titles

pytestmark = pytest.mark.network


def told(world: World, pull: Any, sha: str) -> dict[str, str]:
    """How each context ended on a commit that is no pull request's head."""
    histories = {context: world.history(pull, sha, context) for context in CONTEXTS}
    return {context: states[-1] for context, states in histories.items() if states}


def answered(world: World, pull: Any, sha: str) -> dict[str, str]:
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        found = told(world, pull, sha)
        if set(found) == set(CONTEXTS) and "pending" not in found.values():
            return found
        time.sleep(0.1)
    raise AssertionError(f"the queue has no answer: {told(world, pull, sha)}\n{world.bot.tail()}")


def test_the_queue_is_told_what_its_commit_holds(world: World) -> None:
    if world.mode.forge != "github":
        pytest.skip("only GitHub has merge queues")
    page, rule = world.serve(world.take(1)[0])
    pull = world.open([page])
    assert is_green(world.final(pull))
    sha = world.forge.merge_group(pull)
    assert answered(world, pull, sha) == dict.fromkeys(CONTEXTS, "success")
    assert rule.usage.requests == 1, "what the review verified a moment ago is not read again"
    assert is_green(world.forge.outcome(pull))


def test_a_closed_gate_is_closed_in_the_queue_too(world: World) -> None:
    if world.mode.forge != "github":
        pytest.skip("only GitHub has merge queues")
    page, _ = world.serve(world.take(1)[0])
    pull = world.open([page.declaring("d" * 64)])
    world.final(pull)
    assert answered(world, pull, world.forge.merge_group(pull))[GATE] == "failure"


def test_a_commit_of_two_pull_requests_shows_the_worse_of_both(world: World) -> None:
    if world.mode.forge != "github":
        pytest.skip("elsewhere results belong to a pull request")
    page, _ = world.serve(world.take(1)[0])
    first = world.open([page])
    assert is_green(world.final(first))
    store = world.forge.repo.store
    store.update_ref("refs/heads/r9.9", first.base_sha)
    second = world.forge.open_pull(
        author=AUTHOR, base_ref="r9.9", head_sha=first.head_sha, head_ref="the-same"
    )
    world.pulls.append(second)
    outcome = world.wait(second, lambda o: is_green(o) and f"#{first.number}" in titles(o))
    assert f"also the head of #{second.number}" in titles(outcome)
    world.forge.comment(second, "maintainer", "/hold")
    world.wait(first, lambda o: states(o)[GATE] == "failure")
    world.forge.close(second)
    assert is_green(world.wait(first, is_green))
