"""Two pull requests with one head: the commit shows the worse of both, whoever is reviewed last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import AuditEntry, Intent, PullState
from bot.store.rulings import Kind
from tests.flows.story import PAGE, Story, page

GREEN = {"format": "success", "assets": "success", "gate": "success"}


def shown(story: Story, sha: str) -> dict[str, str]:
    """What a commit shows: the last word of any pull request, as GitHub counts."""
    last = story.forge.commits[sha]
    return {context.removeprefix("hubbot/"): check.state.value for context, (_, check) in last.items()}


def gate(story: Story, sha: str) -> Any:
    return story.forge.commits[sha]["hubbot/gate"][1]


def twin(story: Story, number: int = 2) -> str:
    """Opens a pull request onto another branch whose head is that of the first."""
    story.forge.open(number, {PAGE: page()})
    story.forge.pulls[number].head = story.pull.head
    story.forge.pulls[number].base_ref = "r1.x"
    story.deliver(Intent.REVIEW, number=number)
    story.settle()
    return story.pull.head


def hold(story: Story, number: int) -> None:
    entry = AuditEntry(replace(story.ref, number=number), story.time, "hold", "done", key=f"hold {number}")
    held = {"by": {"id": 20, "login": "m", "is_bot": False}, "reason": "", "at": story.time, "firm": True}
    story.store.rulebook.rule(entry, [(Kind.HOLD, held)])
    story.deliver(Intent.REVIEW, number=number)
    story.settle()


def test_a_closed_gate_closes_the_commit_for_both(story: Story) -> None:
    story.open(page())
    story.settle()
    sha = twin(story)
    assert shown(story, sha) == GREEN
    assert "also the head of #2" in gate(story, sha).title
    hold(story, 2)
    assert shown(story, sha)["gate"] == "failure"
    assert gate(story, sha).title.startswith("#2: on hold")
    assert "also the head of #1" in gate(story, sha).title


@pytest.mark.parametrize("how", ["closed", "pushed"])
def test_one_that_leaves_gives_the_commit_back(story: Story, how: str) -> None:
    story.open(page())
    story.settle()
    sha = twin(story)
    hold(story, 2)
    if how == "closed":
        story.forge.pulls[2].state = PullState.CLOSED
    else:
        story.forge.push(2, {PAGE: page(slip=True)})
    story.deliver(Intent.REVIEW, number=2)
    story.settle()
    assert shown(story, sha) == GREEN
    assert "head of" not in gate(story, sha).title


def test_two_that_are_closed_leave_each_other_in_peace(story: Story) -> None:
    story.open(page())
    story.settle()
    twin(story)
    for number in (1, 2):
        story.forge.pulls[number].state = PullState.CLOSED
        story.deliver(Intent.CLOSED, number=number)
    story.settle()
    assert story.lease() is None


def test_both_say_the_same(story: Story) -> None:
    """So neither overwrites the other, and nothing is taken for somebody else's."""
    story.open(page())
    story.settle()
    sha = twin(story)
    hold(story, 1)
    before = gate(story, sha).title
    writes = len(story.forge.writes)
    for number in (1, 2):
        story.deliver(Intent.REVIEW, number=number)
    story.settle()
    assert gate(story, sha).title == before
    assert len(story.forge.writes) == writes


def test_of_contexts_by_pull_request_each_has_its_own(story: Story) -> None:
    story.forge.shares_checks = False
    story.open(page())
    story.settle()
    twin(story)
    hold(story, 2)
    assert story.pull.states() == GREEN
    assert story.forge.pulls[2].states()["gate"] == "failure"
