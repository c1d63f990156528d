"""Other pull requests that add the same page are named while they are open, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ForgeError
from bot.flows.rivals import MAX_ASKED, rivals
from bot.model import Intent, PullRef, PullRequest, PullState, Report, User
from bot.store.database import open_database, upgrade
from bot.store.store import Store
from tests.flows.story import Story, page

PAGE = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
OWN = PullRequest(
    ref=PullRef("gitee", "mindspore/hub", 1),
    title="",
    body="",
    author=User(1, "a"),
    state=PullState.OPEN,
    draft=False,
    head_sha="a" * 40,
    head_repo=None,
    base_sha="b" * 40,
    base_ref="master",
    changed_files=1,
    url="https://gitee.com/mindspore/hub/pulls/1",
)


def other(number: int, repo: str = "mindspore/hub") -> PullRequest:
    ref = PullRef("gitee", repo, number)
    return replace(OWN, ref=ref, url=f"https://gitee.com/{repo}/pulls/{number}")


def told(pull: PullRequest, *paths: str) -> Report:
    return Report(
        id=str(pull.ref),
        ref=pull.ref,
        title="",
        url=pull.url,
        author="a",
        language="zh",
        head_sha=pull.head_sha,
        merge_base="",
        started_at=float(pull.ref.number),
        paths=paths,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = open_database(f"sqlite:///{tmp_path}/rivals.sqlite")
    upgrade(engine)
    yield Store(engine)
    engine.dispose()


def test_only_open_pull_requests_onto_the_same_branch(store: Store) -> None:
    pulls = [
        OWN,
        other(2),
        replace(other(3), state=PullState.CLOSED),
        replace(other(4), base_ref="r1.9"),
        other(5),
        other(6, "another/hub"),
    ]
    for pull in pulls:
        store.save_report(told(pull, "x.md" if pull.ref.number == 5 else PAGE))
    known = {pull.ref: pull for pull in pulls}
    assert rivals(store, known.__getitem__, OWN, {PAGE}) == {PAGE: (other(2).url,)}
    assert rivals(store, known.__getitem__, OWN, ()) == {}


def test_a_forge_that_fails_costs_the_note_only_and_few_are_asked(store: Store) -> None:
    for number in range(2, 20):
        store.save_report(told(other(number), PAGE))
    asked: list[PullRef] = []

    def ask(ref: PullRef) -> PullRequest:
        asked.append(ref)
        raise ForgeError("not there", permanent=True)

    assert rivals(store, ask, OWN, {PAGE}) == {}
    assert len(asked) == MAX_ASKED


def add(story: Story, number: int) -> None:
    """Another pull request with the same page."""
    story.forge.open(number, {PAGE: page()})
    story.deliver(Intent.REVIEW, number=number)


def gates(story: Story) -> list[str]:
    return [pull.states()["gate"] for pull in story.forge.pulls.values()]


def test_many_rivals_come_to_rest_with_every_gate_closed(story: Story) -> None:
    """No report names them all: who is left out must not ask for ever to be named."""
    for number in range(1, MAX_ASKED + 5):
        add(story, number)
    story.settle()
    assert set(gates(story)) == {"failure"}
    assert story.forge.calls.count("changes") <= 3 * (MAX_ASKED + 4)


def test_two_rivals_that_are_closed_leave_each_other_in_peace(story: Story) -> None:
    """Their last reports name each other still."""
    for number in (1, 2):
        add(story, number)
    story.settle()
    assert gates(story) == ["failure", "failure"]
    for number in (1, 2):
        story.forge.pulls[number].state = PullState.CLOSED
    for number in (1, 2):
        story.deliver(Intent.CLOSED, number=number)
    story.settle()
    assert story.lease() is None


def test_the_last_that_is_open_is_free_again(story: Story) -> None:
    for number in range(1, MAX_ASKED + 5):
        add(story, number)
    story.settle()
    for number in range(2, MAX_ASKED + 5):
        story.forge.pulls[number].state = PullState.CLOSED
        story.deliver(Intent.CLOSED, number=number)
    story.settle()
    assert story.pull.states()["gate"] == "success"
