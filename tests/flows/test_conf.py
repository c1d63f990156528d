"""A review looks at the model's conf file, and keeps to itself what it could not read."""

from __future__ import annotations

from tests.flows.story import Story

CONF = "https://gitee.com/mindspore/models/raw/r1.10/research/cv/lenet/mindspore_hub_conf.py"
REFUSES = (
    "def create_network(name, **kw):\n    if name == 'lenet5':\n        return N()\n    raise ValueError\n"
)


def test_a_name_that_the_repository_does_not_know_fails(story: Story) -> None:
    story.fetcher.code[CONF] = REFUSES
    story.open()
    story.settle()
    assert story.pull.states() == {"format": "success", "assets": "failure", "gate": "failure"}
    assert "lenet5" in story.pull.summaries[0].body
    assert [finding.rule for finding in story.reports[0].findings] == ["MSH318"]


def test_a_known_name_passes(story: Story) -> None:
    story.fetcher.code[CONF] = REFUSES.replace("lenet5", "lenet")
    story.open()
    story.settle()
    assert story.pull.states()["gate"] == "success"


def test_a_silent_server_is_held_against_nobody(story: Story) -> None:
    story.open()
    story.settle()
    assert story.pull.states()["gate"] == "success"
    assert story.reports[0].findings == ()
