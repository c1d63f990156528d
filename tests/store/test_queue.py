"""The queue: at least once, newest wins, stale workers write nothing."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

from bot.model import Comment, PullRef, User
from bot.store.database import writing
from bot.store.queue import LEASE, MAX_ATTEMPTS, Lease, Queue
from bot.store.schema import jobs
from bot.store.work import (
    BULK,
    COMMENT,
    LARGE,
    REVIEW,
    SMALL,
    Request,
    comment_request,
    enqueue,
    review_request,
)

REF = PullRef("github", "owner/hub", 7)
NOW = 1_000_000.0
KINDS = (REVIEW,)


@pytest.fixture
def queue(engine: Engine) -> Queue:
    made = Queue(engine)
    made.beat("one", NOW)
    made.beat("two", NOW)
    return made


def ask(queue: Queue, *, supersede: bool = False, now: float = NOW, due_at: float = 0.0) -> None:
    queue.put(review_request(REF, supersede=supersede, due_at=due_at), now)


def take(queue: Queue, worker: str = "one", now: float = NOW) -> Lease:
    lease = queue.lease(worker, KINDS, now)
    assert lease is not None
    return lease


def test_a_job_is_done_once(queue: Queue) -> None:
    ask(queue)
    lease = take(queue)
    assert (lease.ref, lease.generation, lease.attempts) == (REF, 1, 1)
    assert queue.lease("two", KINDS, NOW) is None
    assert queue.finish(lease, now=NOW)
    assert not queue.due(KINDS, NOW + 10 * LEASE)


def test_asking_twice_before_it_begins_is_one_run(queue: Queue) -> None:
    for _ in range(3):
        ask(queue, supersede=True)
    assert queue.finish(take(queue), now=NOW)
    assert queue.lease("one", KINDS, NOW) is None


def test_asking_during_a_run_brings_one_more(queue: Queue) -> None:
    ask(queue)
    lease = take(queue)
    ask(queue)
    assert queue.holds(lease, NOW)
    assert queue.lease("two", KINDS, NOW) is None, "one pull request is reviewed by one worker at a time"
    assert queue.finish(lease, now=NOW)
    second = take(queue)
    assert second.generation == 2
    assert queue.finish(second, now=NOW)
    assert not queue.due(KINDS, NOW)


def test_a_push_supersedes_the_running_one(queue: Queue) -> None:
    ask(queue)
    lease = take(queue)
    ask(queue, supersede=True)
    assert not queue.holds(lease, NOW)
    assert queue.is_superseded(lease)
    assert queue.finish(lease, now=NOW)
    newer = take(queue)
    assert queue.holds(newer, NOW)
    assert not queue.is_superseded(newer)


def test_a_dead_worker_is_taken_over_and_its_ghost_writes_nothing(queue: Queue) -> None:
    ask(queue)
    stale = take(queue)
    later = NOW + LEASE + 1
    queue.beat("two", later)
    lease = take(queue, "two", later)
    assert (lease.generation, lease.attempts) == (stale.generation, 2)
    queue.beat("one", later)  # it was only stopped, and wakes up
    assert not queue.holds(stale, later)
    assert not queue.is_superseded(stale)
    assert not queue.finish(stale, now=later)
    queue.postpone(stale, "ignored", later + 999)
    assert queue.holds(lease, later)
    assert queue.finish(lease, now=later)


def test_a_worker_without_heartbeat_does_not_hold(queue: Queue) -> None:
    ask(queue)
    lease = take(queue)
    assert not queue.holds(lease, NOW + LEASE + 1), "somebody else may take it at any moment"


def test_poison_is_counted_and_parked(queue: Queue) -> None:
    ask(queue)
    now = NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        lease = take(queue, "one", now)
        assert (lease.attempts, lease.is_poison) == (attempt, False)
        now += LEASE + 1
        queue.forget_workers()
        queue.beat("one", now)
    lease = take(queue, "one", now)
    assert lease.is_poison
    queue.park(lease, "died each time")
    assert not queue.due(KINDS, now + 1e6)
    ask(queue, now=now)
    assert take(queue, "one", now).attempts == 1, "asking again begins anew"


def test_a_forge_failure_is_no_attempt(queue: Queue) -> None:
    ask(queue)
    for failures in range(6):
        lease = take(queue, "one", NOW + 60 * failures)
        assert (lease.failures, lease.attempts) == (failures, 1)
        queue.postpone(lease, "502", NOW + 60 * (failures + 1))
        assert not queue.due(KINDS, NOW + 60 * failures + 1)
        queue.beat("one", NOW + 60 * (failures + 1))


def test_a_later_try_waits_for_its_time_and_a_push_does_not(queue: Queue) -> None:
    ask(queue)
    assert queue.finish(take(queue), again=review_request(REF, supersede=False, due_at=NOW + 300), now=NOW)
    assert not queue.due(KINDS, NOW + 299)
    assert queue.due(KINDS, NOW + 300)
    ask(queue, supersede=True)
    lease = take(queue)
    assert queue.finish(lease, now=NOW)
    assert not queue.due(KINDS, NOW + 301), "the waiting try was covered by the push"


def test_a_wish_said_during_a_run_outweighs_its_own_later_try(queue: Queue) -> None:
    ask(queue)
    lease = take(queue)
    queue.put(review_request(REF, supersede=False, fresh=True), NOW)
    assert queue.finish(lease, again=review_request(REF, supersede=False, due_at=NOW + 300), now=NOW)
    again = take(queue)
    assert again.payload == {"fresh": True}


def test_urgent_work_goes_first(queue: Queue) -> None:
    for number, priority in ((1, 20), (2, 0), (3, 10)):
        ref = PullRef("github", "owner/hub", number)
        queue.put(Request(f"review {ref}", REVIEW, ref, {}, priority), NOW)
    assert [take(queue).ref.number for _ in range(3)] == [2, 3, 1]


def test_leaving_gives_everything_back_at_once(queue: Queue) -> None:
    ask(queue)
    take(queue)
    queue.leave("one")
    assert take(queue, "two").attempts == 1, "stopping in good order is no attempt"


def test_many_threads_take_each_job_once(engine: Engine) -> None:
    queue = Queue(engine)
    jobs, threads = 40, 4
    for number in range(jobs):
        queue.put(review_request(PullRef("github", "owner/hub", number), supersede=False), NOW)
    taken: Counter[int] = Counter()
    lock = threading.Lock()

    def work(name: str) -> None:
        queue.beat(name, NOW)
        while (lease := queue.lease(name, KINDS, NOW)) is not None:
            with lock:
                taken[lease.ref.number] += 1
            assert queue.finish(lease, now=NOW)

    running = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
    assert taken == Counter(dict.fromkeys(range(jobs), 1))


def of(number: int, author: str = "") -> Request:
    return review_request(PullRef("github", "owner/hub", number), supersede=True, author=author)


def test_who_asks_for_much_does_not_keep_the_others_waiting(queue: Queue) -> None:
    for number in range(1, 6):
        queue.put(of(number, "many"), NOW + number)
    queue.put(of(9, "one"), NOW + 9)
    now = NOW + 10
    first = [take(queue, now=now).ref.number for _ in range(3)]
    assert first == [1, 9, 2], "the other's goes before a second one of the same author"


def test_an_unknown_author_waits_for_nobody(queue: Queue) -> None:
    for number in (1, 2, 3):
        queue.put(of(number), NOW + number)
    assert [take(queue, now=NOW + 5).ref.number for _ in range(3)] == [1, 2, 3]


def test_asking_without_a_name_keeps_the_author(queue: Queue) -> None:
    queue.put(of(1, "many"), NOW)
    queue.put(of(2, "many"), NOW + 1)
    queue.put(of(2), NOW + 1)
    queue.put(of(3, "one"), NOW + 2)
    assert [take(queue, now=NOW + 5).ref.number for _ in range(2)] == [1, 3]


def test_work_that_turned_out_large_is_taken_by_who_takes_such(queue: Queue) -> None:
    ask(queue)
    lease = queue.lease("one", KINDS, NOW, SMALL)
    assert lease is not None
    queue.defer(lease, BULK)
    assert not queue.due(KINDS, NOW, SMALL)
    assert queue.lease("one", KINDS, NOW, SMALL) is None
    again = queue.lease("one", KINDS, NOW, LARGE)
    assert again is not None
    assert (again.generation, again.attempts) == (lease.generation, 1), "and it is no attempt"


def test_a_push_may_make_it_small_again(queue: Queue) -> None:
    ask(queue)
    queue.defer(take(queue), BULK)
    ask(queue, supersede=True)
    assert queue.lease("one", KINDS, NOW, SMALL) is not None


WISHES = [
    ("a delivery alone", (True, False), {"fresh": False, "hint": True}),
    ("a person outweighs a delivery", (True, None), {"fresh": False}),
    ("a delivery does not outweigh a person", (None, True), {"fresh": False}),
    ("reading anew outweighs all", ("fresh", True), {"fresh": True}),
]


@pytest.mark.parametrize(("case", "asked", "payload"), WISHES, ids=[case for case, _, _ in WISHES])
def test_the_weightier_of_two_wishes_that_wait_is_fulfilled(
    queue: Queue, case: str, asked: tuple[object, ...], payload: object
) -> None:
    for wish in asked:
        if wish is not False:
            queue.put(review_request(REF, supersede=False, fresh=wish == "fresh", hint=wish is True), NOW)
    assert take(queue).payload == payload


def said(number: int, pull: int = 7) -> Request:
    ref = PullRef("github", "owner/hub", pull)
    return comment_request(ref, Comment(str(number), User(1, "lin"), "/hold"))


def test_comments_of_a_pull_request_are_answered_in_their_order(queue: Queue) -> None:
    for number in (1, 2, 3):
        queue.put(said(number), NOW + number)
    queue.put(said(9, pull=8), NOW + 9)
    now = NOW + 10
    first, other = queue.lease("one", (COMMENT,), now), queue.lease("two", (COMMENT,), now)
    assert first is not None
    assert other is not None
    assert (first.payload["id"], other.payload["id"]) == ("1", "9"), "nobody waits for another pull request's"
    assert queue.lease("two", (COMMENT,), now) is None
    queue.finish(other, now=now)
    queue.postpone(first, "the forge is away", now + 60)
    assert queue.lease("two", (COMMENT,), now + 1) is None, "nor is it overtaken while it waits"
    now += 61
    queue.beat("one", now)
    again = queue.lease("one", (COMMENT,), now)
    assert again is not None
    assert again.payload["id"] == "1"
    queue.finish(again, now=now)
    second = queue.lease("one", (COMMENT,), now)
    assert second is not None
    assert second.payload["id"] == "2"
    queue.park(second, "its process died each time")
    third = queue.lease("one", (COMMENT,), now)
    assert third is not None
    assert third.payload["id"] == "3", "what is set aside keeps nobody waiting"


def test_what_was_done_is_not_read_to_find_what_is_to_do(queue: Queue, engine: Engine) -> None:
    """Otherwise idling costs more with every answered comment, and a burst its length squared."""
    with writing(engine) as connection:
        for number in range(1200):
            said = Comment(str(number), User(1, "somebody"), "/help")
            enqueue(connection, comment_request(replace(REF, number=number), said), NOW)
        connection.execute(update(jobs).where(jobs.c.id > 400).values(done=jobs.c.wanted))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE jobs")
    for plan in plans(
        engine, lambda: queue.due((COMMENT,), NOW), lambda: queue.lease("one", (COMMENT,), NOW)
    ):
        assert "jobs_open" in plan, plan
        assert "jobs_turns" in plan, plan
        assert "Seq Scan on jobs" not in plan, plan
        assert "SCAN jobs\n" not in plan, plan


def plans(engine: Engine, *calls: Callable[[], object]) -> list[str]:
    """How the database carries out what each call looks up first."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    for call in calls:
        call()
    event.remove(engine, "before_cursor_execute", note)
    assert len(sent) == len(calls)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        return [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters))
            for statement, parameters in sent
        ]
