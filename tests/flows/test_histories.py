"""Whatever happens in whatever order, the newest head ends with final checks and one summary."""

from __future__ import annotations

import random
import tempfile
import threading
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from bot.errors import ForgeError
from bot.flows.reconcile import standing
from bot.store.database import open_database, upgrade
from bot.store.queue import LEASE, MAX_ATTEMPTS
from tests.flows.forge import MAINTAINER, STRANGER
from tests.flows.story import Story, page
from tests.store.postgres import empty

FINAL = {"success", "failure"}
#: What a job may meet on its way. A quiet run is as likely as all that disturbs it.
EVENTS = (
    "quiet",
    "quiet",
    "quiet",
    "push",
    "push",
    "late push",
    "comment",
    "death",
    "forge",
    "forge",
    "lapse",
)

#: After these the job is taken over by another worker.
DEADLY = {"death", "lapse"}


class Killed(BaseException):
    """The end of a process: nothing of ours may catch it."""


class Chance:
    """Does something at a random call of the forge's port, before or after its effect."""

    def __init__(self, story: Story, seed: int) -> None:
        self.story, self.random = story, random.Random(seed)
        self.happened: list[str] = []
        self.countdown = -1
        self.event = "quiet"
        self.deaths = 0
        self.cancelled = threading.Event()

    def run_one(self) -> bool:
        lease = self.story.lease(f"w{len(self.happened)}")
        if lease is None:
            return False
        self.cancelled = threading.Event()
        self.event = self._next()
        self.countdown = self.random.randrange(20)
        try:
            self.story.run(lease, self.cancelled)
        except Killed:
            self.story.time += LEASE + 1
        self.countdown = -1
        return True

    def _next(self) -> str:
        """Any event, but no death too many: a parked job ends as an error, not with a verdict."""
        event = self.random.choice(EVENTS)
        if event in DEADLY:
            self.deaths += 1
            return event if self.deaths < MAX_ATTEMPTS else "quiet"
        return event

    def watch(self, when: str, method: str) -> None:
        if self.countdown < 0:
            return
        self.countdown -= 1
        if self.countdown < 0:
            self.happened.append(f"{self.event} {when} {method}")
            self._happen()

    def _happen(self) -> None:
        story, text = self.story, page(self.random.randrange(1, 4), slip=self.random.random() < 0.5)
        match self.event:
            case "push":
                story.push(text)
                if self.random.random() < 0.5:
                    self.cancelled.set()
            case "late push":
                story.forge.push(1, dict.fromkeys(_paths(story), text))
            case "comment":
                story.say("/recheck", self.random.choice([MAINTAINER, STRANGER]))
            case "death":
                raise Killed
            case "forge":
                raise ForgeError("502")
            case "lapse":
                story.time += LEASE + 1


def _paths(story: Story) -> list[str]:
    return [path for path in story.forge.trees[story.pull.head] if path.endswith("lenet_mnist.md")]


def history(engine: Engine, seed: int, steps: int) -> None:
    """One random history from a first delivery to the quiet after it, held against what must come out."""
    story = Story(engine)
    chance = Chance(story, seed)
    story.open(page(2, slip=True))
    story.forge.watch = chance.watch
    for _ in range(steps):
        if not chance.run_one():
            story.time += 300
    story.forge.watch = lambda when, method: None
    story.later(1000)
    # The delivery of a late push never came: the looking around makes up for it.
    for request in standing(story.world):
        story.queue.put(request, story.time)
    story.later(1)
    _right(story, chance.happened)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 12))
@example(seed=10774, steps=11)  # a comment's job dies after "pending", then cannot look up who spoke
@example(seed=13818, steps=7)
def test_any_history_ends_with_one_summary_and_final_checks(seed: int, steps: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'hubbot.sqlite'}")
        try:
            upgrade(engine)
            history(engine, seed, steps)
        finally:
            engine.dispose()


def test_the_same_holds_on_postgresql(postgresql_url: str) -> None:
    engine = open_database(postgresql_url)
    try:
        upgrade(engine)
        for seed in range(15):
            empty(engine)
            history(engine, seed, 8)
    finally:
        engine.dispose()


def _right(story: Story, happened: list[str]) -> None:
    pull = story.pull
    assert set(pull.states()) == {"format", "assets", "gate"}, happened
    (path,) = _paths(story)
    slip = "vc-classification" in story.forge.content[story.forge.trees[pull.head][path].oid].decode()
    assert pull.states()["gate"] == ("failure" if slip else "success"), happened
    assert set(pull.states().values()) <= FINAL, happened
    assert len(pull.summaries) == 1, happened
    assert story.reports[0].head_sha == pull.head, happened
    assert all(report.finished_at is not None for report in story.reports), happened
    standing = [comment for number, comment in enumerate(pull.inline) if number not in pull.closed]
    said = [mark for comment in standing for mark in comment.fingerprints]
    assert len(said) == len(set(said)), happened
    assert not story.store.figures(story.time)["jobs_running"], happened
