"""Merge queues: a commit is green only where it is verified itself and its pull request's gate is open."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from bot.flows.group import LOOK_AGAIN, WAIT_AT_MOST
from bot.model import AuditEntry, Group, Hold, Intent, PullState
from bot.store.rulings import Kind
from tests.flows.forge import MAINTAINER
from tests.flows.story import PAGE, Story, failing, links, page, page_of, path_of

GREEN = {"format": "success", "assets": "success", "gate": "success"}
UNVERIFIED = dict.fromkeys(GREEN, "error")


def ask(story: Story, group: Group) -> None:
    story.deliver(Intent.GROUP, number=group.number, head_sha=group.head_sha, group=group)


def told(story: Story, group: Group) -> dict[str, str]:
    return story.forge.pulls[group.number].states(group.head_sha)


def reviewed(story: Story, text: str = "") -> Story:
    story.open(text or page())
    story.settle()
    return story


def test_a_verified_pull_request_is_green_in_the_queue(story: Story) -> None:
    group = reviewed(story).forge.queue(1)
    read = list(story.fetcher.asked)
    ask(story, group)
    story.settle()
    assert told(story, group) == GREEN
    assert story.fetcher.asked == read, "what was verified a moment ago is not read again"
    assert story.reports[0].head_sha == story.pull.head, "the group is no head of the pull request"
    assert len(story.reports) == 1


def test_what_the_merge_brings_in_is_judged(story: Story) -> None:
    """The pull request is clean, what the queue would merge is not."""
    group = reviewed(story).forge.queue(1, {path_of(2): page_of(2, slip=True)})
    ask(story, group)
    story.settle()
    assert told(story, group) == {"format": "failure", "assets": "success", "gate": "failure"}
    assert story.pull.states() == GREEN


def test_a_closed_gate_stays_closed(story: Story) -> None:
    group = reviewed(story, page(slip=True)).forge.queue(1)
    ask(story, group)
    story.settle()
    assert told(story, group)["gate"] == "failure"


def test_a_hold_that_comes_while_files_are_read_closes_the_queue(story: Story) -> None:
    group = reviewed(story).forge.queue(1, {path_of(2): page_of(2)})

    def hold(url: str) -> None:
        held = asdict(Hold(MAINTAINER, "wait", story.time, firm=True))
        entry = AuditEntry(story.ref, story.time, "hold", "done", key="hold")
        story.store.rulebook.rule(entry, [(Kind.HOLD, held)])

    story.fetcher.meanwhile = hold
    ask(story, group)
    story.settle()
    assert told(story, group) == {"format": "success", "assets": "success", "gate": "failure"}
    assert "on hold" in story.pull.checks[group.head_sha, "hubbot/gate"].title


def test_a_server_that_is_down_closes_without_blame(story: Story) -> None:
    group = reviewed(story).forge.queue(1, {path_of(2): page_of(2)})
    story.fetcher.down.update(links(1, "p2/"))
    ask(story, group)
    story.settle()
    assert told(story, group) == {"format": "success", "assets": "error", "gate": "error"}


def test_a_group_before_its_review_waits_for_it(story: Story) -> None:
    story.forge.open(1, {PAGE: page()})
    group = story.forge.queue(1)
    ask(story, group)
    lease = story.take()
    story.run(lease)
    assert told(story, group) == {"gate": "pending"}
    story.settle()
    story.later(LOOK_AGAIN + 1)
    assert told(story, group) == GREEN


def test_nothing_is_waited_for_without_end(story: Story) -> None:
    story.forge.open(1, {PAGE: page()})
    story.forge.lies = True
    group = story.forge.queue(1)
    ask(story, group)
    story.settle()
    for _ in range(3):
        story.later(WAIT_AT_MOST / 2 + 1)
    assert told(story, group) == UNVERIFIED


def test_a_queue_that_dropped_the_group_is_told_nothing(story: Story) -> None:
    group = reviewed(story).forge.queue(1)
    story.forge.branches.clear()
    ask(story, group)
    story.settle()
    assert told(story, group) == {}


@pytest.mark.parametrize("change", [{"state": PullState.CLOSED}, {"base_ref": "r1.x"}])
def test_a_pull_request_that_is_not_for_this_branch_closes(story: Story, change: dict[str, Any]) -> None:
    group = reviewed(story).forge.queue(1)
    for name, value in change.items():
        setattr(story.pull, name, value)
    ask(story, group)
    story.settle()
    assert told(story, group) == UNVERIFIED


def test_trees_that_do_not_fit_close(story: Story) -> None:
    group = reviewed(story).forge.queue(1)
    story.forge.lies = True
    ask(story, group)
    story.settle()
    assert told(story, group) == UNVERIFIED


def test_a_group_is_never_greener_than_what_it_is_built_onto(story: Story) -> None:
    reviewed(story)
    story.forge.open(2, {path_of(2): page_of(2, slip=True)})
    story.deliver(Intent.REVIEW, number=2)
    story.settle()
    first = story.forge.queue(2)
    second = story.forge.queue(1, onto=first.head_sha)
    ask(story, second)
    story.settle()
    assert told(story, second) == {"gate": "pending"}, "the first has not been asked for yet"
    ask(story, first)
    story.settle()
    assert told(story, first)["gate"] == "failure"
    story.later(LOOK_AGAIN + 1)
    assert told(story, second) == UNVERIFIED


def test_a_group_on_a_green_one_is_green(story: Story) -> None:
    reviewed(story)
    story.forge.open(2, {path_of(2): page_of(2)})
    story.deliver(Intent.REVIEW, number=2)
    story.settle()
    first = story.forge.queue(2)
    second = story.forge.queue(1, onto=first.head_sha)
    for group in (first, second):
        ask(story, group)
    story.settle()
    assert told(story, first) == told(story, second) == GREEN


def test_a_lost_answer_is_given_again(story: Story) -> None:
    group = reviewed(story).forge.queue(1)
    story.forge.watch = failing("set_check", "after", RuntimeError("defect"), 2)
    ask(story, group)
    story.settle()
    story.later(60)
    assert told(story, group) == GREEN


def test_a_job_that_kills_its_process_ends_closed(story: Story) -> None:
    group = reviewed(story).forge.queue(1)
    ask(story, group)
    for _ in range(3):
        assert story.take().key.startswith("group ")
        story.queue.forget_workers()
    story.settle()
    assert told(story, group) == UNVERIFIED
