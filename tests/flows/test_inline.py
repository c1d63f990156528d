"""The life of an inline comment: said once, closed when mended, said again when it is back."""

from __future__ import annotations

import pytest

from bot.errors import ForgeError
from bot.model import Intent
from tests.flows.story import Story, failing, page

GREEN = {"format": "success", "assets": "success", "gate": "success"}


def closings(story: Story) -> int:
    return [what for _, what in story.forge.writes].count("close")


def test_what_is_mended_is_closed_once_and_after_the_gate(story: Story) -> None:
    story.open(page(slip=True))
    story.settle()
    story.push(page())
    story.settle()
    assert story.pull.closed == {0: ""}
    assert [what for _, what in story.forge.writes][-2:] == ["hubbot/gate=success", "close"]
    story.push(page(2))
    story.settle()
    assert closings(story) == 1


def test_where_somebody_replied_it_is_answered(story: Story) -> None:
    story.open(page(slip=True))
    story.settle()
    story.pull.talked_about.add(0)
    story.push(page())
    story.settle()
    assert story.pull.closed[0].endswith(f"Fixed in {story.pull.head}.")


def test_what_comes_back_is_said_again_once(story: Story) -> None:
    for text in (page(slip=True), page(), page(slip=True), page(2, slip=True)):
        story.push(text) if story.forge.pulls else story.open(text)
        story.settle()
    assert len(story.pull.inline) == 2
    assert story.pull.inline[0].fingerprints == story.pull.inline[1].fingerprints
    assert story.pull.closed == {0: ""}


def test_nothing_is_closed_while_a_file_cannot_be_read(story: Story) -> None:
    story.open(page(slip=True))
    story.settle()
    story.fetcher.down = {
        "https://download.mindspore.cn/models/r1.10/1/lenet_ascend_v1100_mnist_research_cv_acc98.ckpt"
    }
    story.push(page(2))
    story.settle()
    assert story.pull.states()["gate"] == "error"
    assert story.pull.closed == {}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("error", [ForgeError("no"), ForgeError("forbidden", permanent=True)])
def test_a_forge_that_closes_nothing_holds_up_nothing(story: Story, when: str, error: ForgeError) -> None:
    story.open(page(slip=True))
    story.settle()
    story.forge.watch = failing("close_threads", when, error)
    story.push(page())
    story.settle()
    assert story.pull.states() == GREEN
    assert story.queue.lease("w", ("review",), story.time + 10_000) is None, "no job is left over"
    story.deliver(Intent.RERUN)
    story.settle()
    assert story.pull.closed == {0: ""}
    assert len(story.pull.inline) == 1
