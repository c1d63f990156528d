"""Jobs of repositories that nobody serves any more: never taken, and ended only once nobody will do them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from bot.flows import forsaken
from bot.flows.forsaken import OTHERS, RETURN
from bot.model import Comment, PullRef, User
from bot.review.report import SUPERSEDED
from bot.store.audits import AuditStore
from bot.store.queue import LEASE, Queue
from bot.store.schema import jobs
from bot.store.served import served
from bot.store.work import AUDIT, COMMENT, INDEX, ISSUE, RECONCILE, REVIEW, Request, comment_request
from bot.store.work import review_request as review
from tests.flows.forge import REPO
from tests.flows.story import Story
from tests.flows.test_worker import at_work, until

OURS = served({"github": (REPO,)})
REMOVED, LOST = PullRef("github", "owner/removed", 5), PullRef("gitee", REPO, 6)
STANDING = (RECONCILE, INDEX, AUDIT, ISSUE)


@pytest.fixture
def live(engine: Engine) -> Iterator[Story]:
    """A bot of one repository, whose database knows jobs of another one and of another forge."""
    story = Story(engine)
    story.queue = Queue(engine, OURS)
    story.world = replace(story.world, queue=story.queue)
    for ref in (REMOVED, LOST):
        for kind in STANDING:
            story.queue.put(Request(f"{kind} {ref}", kind, ref, {}, due_at=story.time + 300), story.time)
        story.queue.put(review(ref, supersede=False), story.time)
        said = Comment("8", User("3", "alice"), "/recheck", "https://forge.example/8")
        story.queue.put(comment_request(ref, said), story.time)
    return story


def wanted(story: Story) -> set[str]:
    with story.store.engine.connect() as connection:
        found = connection.execute(select(jobs).where(jobs.c.wanted > jobs.c.done))
        return {f"{row.kind} {row.forge}/{row.repo}" for row in found}


def asked(story: Story) -> list[str]:
    """What is kept of the jobs of a forge whose credential went missing."""
    return sorted(f"{kind} {LOST.forge}/{LOST.repo}" for kind in (REVIEW, COMMENT))


def test_a_job_of_another_repository_is_never_taken(live: Story) -> None:
    kinds = (REVIEW, COMMENT, *STANDING)
    assert not live.queue.due(kinds, live.time + 1000)
    assert live.queue.lease("w", kinds, live.time + 1000) is None
    assert Queue(live.store.engine).due(kinds, live.time + 1000), "whoever serves them takes them"


def test_a_repository_is_the_same_in_capitals(live: Story) -> None:
    live.queue.put(review(PullRef("github", REPO.upper(), 1), supersede=False), live.time)
    assert live.queue.lease("w", (REVIEW,), live.time + 1) is not None


def test_the_audit_waits_for_no_review_of_others(live: Story) -> None:
    audits = AuditStore(live.store.engine, OURS)
    assert not audits.reviews_wait(live.time + 1)
    live.queue.put(review(PullRef("github", REPO, 1), supersede=False), live.time)
    assert audits.reviews_wait(live.time + 1)


def test_without_company_only_what_people_asked_a_lost_forge_for_is_kept(
    live: Story, caplog: pytest.LogCaptureFixture
) -> None:
    told: set[str] = set()
    live.queue.beat("me", live.time)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            forsaken.look(live.world, "me", told)
    assert sorted(wanted(live)) == asked(live)
    warned = [record.getMessage() for record in caplog.records if record.levelno > logging.INFO]
    assert [line.partition(":")[0] for line in warned] == ["jobs of gitee are left alone (2)"]
    live.time += RETURN + 400
    forsaken.look(live.world, "me", told)
    assert wanted(live) == set()


def test_what_another_worker_may_serve_is_left_to_it(live: Story) -> None:
    live.queue.beat("other", live.time)
    before = wanted(live)
    live.time += LEASE - 1
    forsaken.look(live.world, "me", set())
    assert wanted(live) == before
    live.time += OTHERS + 400
    live.queue.beat("other", live.time)
    forsaken.look(live.world, "me", set())
    assert sorted(wanted(live)) == asked(live)


def test_a_review_that_ends_so_is_shown_as_over(live: Story) -> None:
    live.open()
    live.settle()
    report = live.reports[0]
    begun = replace(report, id="begun", ref=REMOVED, finished_at=None, trouble="")
    live.store.save_report(begun)
    forsaken.look(live.world, "w", set())
    (shown,) = live.store.reports(REMOVED)
    assert (shown.trouble, shown.finished_at) == (SUPERSEDED, live.time)


def test_what_was_set_aside_ends_too(live: Story) -> None:
    lease = Queue(live.store.engine).lease("old", (REVIEW,), live.time + 1)
    assert lease is not None
    live.queue.park(lease, "a defect")
    assert live.store.figures(live.time)["jobs_parked"] == 1
    assert lease.ref == REMOVED
    forsaken.look(live.world, "me", set())
    assert live.store.figures(live.time)["jobs_parked"] == 0


def test_a_job_that_is_asked_for_again_is_done_again(live: Story) -> None:
    forsaken.look(live.world, "me", set())
    live.queue.put(review(REMOVED, supersede=False), live.time)
    whoever = Queue(live.store.engine, served({"github": (REPO, REMOVED.repo)}))
    lease = whoever.lease("w", (REVIEW,), live.time + 1)
    assert lease is not None
    assert lease.ref == REMOVED


def test_a_worker_looks_by_itself(live: Story) -> None:
    with at_work(live):
        until(lambda: f"{RECONCILE} {LOST.forge}/{LOST.repo}" not in wanted(live))
        until(lambda: f"{REVIEW} {REMOVED.forge}/{REMOVED.repo}" not in wanted(live))
