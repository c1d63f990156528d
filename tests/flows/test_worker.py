"""The worker with its threads and its real clock: it starts, watches, gives back and drains."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.errors import ForgeError
from bot.flows.attempt import FLOWS
from bot.flows.review import BULK_FILES
from bot.flows.run import Run, Stopped
from bot.flows.worker import Patience, Worker
from bot.model import Intent
from bot.store import work as kinds
from bot.store.database import StoreUnavailable
from bot.store.schema import jobs
from bot.store.work import Request
from tests.flows.story import Story, page, page_of, path_of

WITHIN = 12.0


@contextmanager
def at_work(story: Story, **settings: object) -> Iterator[threading.Event]:
    """A worker on the story's world, by the real clock; stopped in good order at the end."""
    world = replace(story.world, now=time.time)
    story.fetcher.now = time.time
    stop = threading.Event()
    thread = threading.Thread(target=Worker(world, **settings).run, args=(stop,))  # type: ignore[arg-type]  # its own
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive(), "the worker does not end"


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def idle(story: Story) -> bool:
    return not story.store.figures(time.time())["jobs_running"]


def test_deliveries_become_reviews(story: Story) -> None:
    story.time = time.time()
    with at_work(story):
        story.open(page(2))
        until(lambda: story.pull.states().get("gate") == "success")
        story.push(page(slip=True))
        until(lambda: story.pull.states().get("gate") == "failure")
        until(lambda: idle(story))
    assert len(story.pull.summaries) == 1
    assert story.store.last_heartbeat() is None, "it has taken its leave"


def test_a_push_ends_a_run_within_two_seconds(story: Story) -> None:
    story.time = time.time()
    begun, free = threading.Event(), threading.Event()

    def hang(url: str) -> None:
        begun.set()
        free.wait(10)

    story.fetcher.meanwhile = hang
    with at_work(story):
        story.open(page(2))
        assert begun.wait(WITHIN)
        old = story.pull.head
        story.fetcher.meanwhile = lambda url: None
        story.push(page(2))
        time.sleep(1.5)
        free.set()
        until(lambda: story.pull.states().get("gate") == "success")
    assert story.pull.states(old)["gate"] == "pending"


@pytest.mark.parametrize("reason", [StoreUnavailable("locked"), Stopped()])
def test_what_is_cut_short_by_no_fault_of_its_own_is_taken_again(story: Story, reason: Exception) -> None:
    """While the worker lives nobody else would take it: it gives the job back itself."""
    tries = []

    def flaky(run: Run) -> Request | None:
        tries.append(run.lease.attempts)
        if len(tries) == 1:
            raise reason
        return None

    story.time = time.time()
    story.forge.open(1, {})
    with at_work(story, flows=dict.fromkeys(kinds_of(story), flaky)):
        story.deliver(Intent.REVIEW)
        until(lambda: len(tries) >= 4 and idle(story))
    assert set(tries) == {1}, "and it is no attempt"


def kinds_of(story: Story) -> tuple[str, ...]:
    return (kinds.REVIEW, kinds.COMMENT, kinds.LOCATE, kinds.RECONCILE, kinds.INDEX)


def test_what_runs_at_the_end_is_finished_where_it_can_be(story: Story) -> None:
    story.time = time.time()
    begun = threading.Event()

    def slow(url: str) -> None:
        begun.set()
        time.sleep(0.5)

    story.fetcher.meanwhile = slow
    # Nobody looks around: a review that reconciling began would be superseded by the opening itself.
    with at_work(story, flows={**FLOWS, kinds.RECONCILE: lambda run: None}) as stop:
        story.open(page(2))
        assert begun.wait(WITHIN)
        stop.set()
    assert story.pull.states()["gate"] == "success"


def test_what_cannot_be_finished_at_the_end_is_given_back(story: Story) -> None:
    story.time = time.time()
    begun = threading.Event()

    def slow(url: str) -> None:
        begun.set()
        time.sleep(0.1)

    story.fetcher.meanwhile = slow
    with at_work(story, patience=Patience(drain=0.3)) as stop:
        story.open(page(200))
        assert begun.wait(WITHIN)
        stop.set()
        asked = time.monotonic()
    assert time.monotonic() - asked < 5
    assert story.pull.states()["gate"] == "pending"
    again = story.take("next")
    assert (again.kind, again.attempts) == (kinds.REVIEW, 1)
    assert story.reports[0].finished_at is None, "it is not superseded: it goes on"


def test_a_forge_that_is_away_does_not_hold_the_worker(story: Story) -> None:
    def away(when: str, method: str) -> None:
        raise ForgeError("no route")

    story.time = time.time()
    story.forge.watch = away
    with at_work(story):
        story.deliver(Intent.REVIEW)
        until(lambda: story.forge.calls.count("pull_request") >= 1 and idle(story))
        story.forge.watch = lambda when, method: None
        story.open()
        until(lambda: story.pull.states().get("gate") == "success")


def test_large_pull_requests_leave_room_for_small_ones(story: Story) -> None:
    story.time = time.time()
    free = threading.Event()

    def hang(url: str) -> None:
        if f"/{BULK_FILES}/" in url:
            free.wait(WITHIN)

    story.fetcher.meanwhile = hang
    with at_work(story, reviews=1, bulk=1):
        for number in (2, 3):
            story.forge.open(number, {path_of(number): page_of(number, BULK_FILES + 1)})
            story.deliver(Intent.REVIEW, number=number)
        until(lambda: all(story.forge.pulls[n].states().get("format") == "success" for n in (2, 3)))
        story.open(page())
        until(lambda: story.pull.states().get("gate") == "success")
        assert [story.forge.pulls[n].states()["assets"] for n in (2, 3)] == ["pending", "pending"]
        free.set()
        until(lambda: all(story.forge.pulls[n].states().get("gate") == "success" for n in (2, 3)))
    assert len(story.forge.pulls[3].summaries) == 1


def test_what_takes_too_long_is_ended_and_tried_again(story: Story) -> None:
    story.time = time.time()
    ends = []

    def endless(run: Run) -> Request | None:
        if len(ends) == 0:
            assert run.cancelled.wait(WITHIN)
            ends.append(run.overdue())
            raise Stopped
        ends.append(run.overdue())
        return None

    story.forge.open(1, {})
    with at_work(story, flows={**FLOWS, kinds.REVIEW: endless}, patience=Patience(review=0.5)):
        story.deliver(Intent.REVIEW)
        until(lambda: ends and idle(story))
    assert ends[0] is True
    assert "longer than it may" in error_of(story)


def test_what_hangs_ends_the_process(story: Story) -> None:
    patience = Patience(review=0.2, hanging=0.2)
    story.time = time.time()
    hangs, abandoned = threading.Event(), threading.Event()

    def deaf(run: Run) -> Request | None:
        hangs.wait(WITHIN)
        return None

    story.forge.open(1, {})
    with at_work(story, flows={**FLOWS, kinds.REVIEW: deaf}, patience=patience, abandon=abandoned.set):
        story.deliver(Intent.REVIEW)
        assert abandoned.wait(WITHIN)
        hangs.set()


def test_a_stop_does_not_wait_for_what_hangs(story: Story) -> None:
    story.time = time.time()
    begun, hangs, abandoned = threading.Event(), threading.Event(), threading.Event()
    patience = Patience(drain=0.1, last=0.3)

    def deaf(run: Run) -> Request | None:
        begun.set()
        hangs.wait(WITHIN)
        return None

    story.forge.open(1, {})
    try:
        with at_work(
            story, flows={**FLOWS, kinds.REVIEW: deaf}, patience=patience, abandon=abandoned.set
        ) as stop:
            story.deliver(Intent.REVIEW)
            assert begun.wait(WITHIN)
            stop.set()
        assert abandoned.is_set()
        assert story.take("next").attempts == 1, "what hung is another's at once"
    finally:
        hangs.set()


def error_of(story: Story) -> str:
    with story.queue.engine.connect() as connection:
        return connection.execute(select(jobs.c.error).where(jobs.c.kind == kinds.REVIEW)).scalar_one()
