"""Deliveries taken in: one transaction with their work, known again, and many at once as one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from bot.model import Comment, Delivery, Intent, PullRef, User
from bot.store.database import StoreUnavailable
from bot.store.intake import TOGETHER, work
from bot.store.queue import Queue
from bot.store.schema import deliveries, jobs, metadata
from bot.store.store import Store
from bot.store.work import COMMENT, LOCATE, REVIEW, Request

NOW = 1_000_000.0
REF = PullRef("github", "owner/hub", 7)
HEAD = "a" * 40


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine)


def delivery(nth: int = 0, intent: Intent = Intent.REVIEW, **hints: object) -> Delivery:
    known = {"repo": REF.repo, "number": REF.number} | hints
    return Delivery("github", f"d{nth}", "pull_request", "opened", intent, **known)  # type: ignore[arg-type]  # hints are of its fields


def rows(engine: Engine, table: object) -> int:
    with engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]  # a table
    return int(found)


def test_a_delivery_and_its_job_are_one(store: Store, engine: Engine) -> None:
    assert store.accept(delivery(), {"x-event": "é"}, b"\x00\xff{}", NOW)
    assert (rows(engine, deliveries), rows(engine, jobs)) == (1, 1)
    with engine.connect() as connection:
        kept = connection.execute(select(deliveries)).mappings().one()
    assert (kept["body"], kept["received_at"]) == (b"\x00\xff{}", NOW)


def test_a_job_that_cannot_be_written_leaves_no_delivery(store: Store, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(jobs.delete())
        jobs.drop(connection)
    try:
        with pytest.raises(StoreUnavailable):
            store.accept(delivery(), {}, b"{}", NOW)
        assert rows(engine, deliveries) == 0
    finally:
        metadata.create_all(engine, [jobs])
    assert store.accept(delivery(), {}, b"{}", NOW), "sent again it is no duplicate"


def test_a_repetition_is_known_and_asks_for_nothing(store: Store, engine: Engine) -> None:
    assert store.accept(delivery(), {}, b"{}", NOW)
    queue = Queue(engine)
    queue.beat("w", NOW)
    lease = queue.lease("w", (REVIEW,), NOW)
    assert lease is not None
    assert queue.finish(lease, now=NOW)
    assert not store.accept(delivery(), {}, b"{}", NOW + 1)
    assert not queue.due((REVIEW,), NOW + 1)
    assert store.accept(replace(delivery(), forge="gitee"), {}, b"{}", NOW + 1), "ids are each forge's own"


@pytest.mark.parametrize("nasty", ["\0", "\ud800", "x" * 5000, "'; DROP TABLE jobs; --", "\U0001f600" * 200])
def test_whatever_a_delivery_calls_itself_is_stored(store: Store, engine: Engine, nasty: str) -> None:
    odd = Delivery("github", nasty, nasty, nasty, Intent.COMMENT, REF.repo, 7)
    odd = replace(odd, comment=Comment("5", User(1, nasty), nasty), head_sha=nasty)
    assert store.accept(odd, {"x-a": nasty}, nasty.encode("utf-8", "replace"), NOW)
    assert not store.accept(odd, {}, b"", NOW), "and known again"
    queue = Queue(engine)
    queue.beat("w", NOW)
    lease = queue.lease("w", (COMMENT,), NOW)
    assert lease is not None
    assert lease.payload["body"] == nasty
    queue.park(lease, nasty)


@pytest.mark.parametrize(
    ("given", "kind", "supersede", "payload"),
    [
        (delivery(), REVIEW, True, {"fresh": False, "hint": True}),
        (delivery(intent=Intent.CLOSED), REVIEW, True, {"fresh": False, "hint": True}),
        (delivery(intent=Intent.RERUN), REVIEW, False, {"fresh": True}),
        (delivery(intent=Intent.RERUN, number=0, head_sha=HEAD), LOCATE, False, {"head_sha": HEAD}),
    ],
)
def test_what_a_delivery_makes_us_do(given: Delivery, kind: str, supersede: bool, payload: object) -> None:
    request = work(given)
    assert isinstance(request, Request)
    assert (request.kind, request.supersede, dict(request.payload)) == (kind, supersede, payload)


@pytest.mark.parametrize("intent", [Intent.PING, Intent.IGNORED, Intent.COMMENT])
def test_what_asks_for_nothing(intent: Intent) -> None:
    assert work(delivery(intent=intent)) is None
    assert work(delivery(intent=Intent.RERUN, number=0)) is None


def test_what_comes_while_one_is_written_is_written_together(store: Store, engine: Engine) -> None:
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)
    arriving = [delivery(n, number=n) for n in range(1, TOGETHER + 21)]
    assert outcomes(store, arriving) == [True] * len(arriving)
    assert (rows(engine, deliveries), rows(engine, jobs)) == (len(arriving), len(arriving))
    assert len(commits) == 2


def test_the_same_twice_in_one_transaction_is_known(store: Store) -> None:
    found = outcomes(store, [delivery(1)] * 9)
    assert (found.count(True), found.count(False)) == (1, 8)


def test_one_that_cannot_be_stored_keeps_nobody_out(store: Store, engine: Engine) -> None:
    broken = replace(delivery(3), number=1 << 70)
    found = outcomes(store, [delivery(1), broken, delivery(2)])
    assert isinstance(found[1], Exception)
    assert (found[0], found[2]) == (True, True)
    assert rows(engine, deliveries) == 2


def test_a_database_that_is_away_is_asked_once(store: Store, engine: Engine) -> None:
    begun: list[Connection] = []
    event.listen(engine, "begin", begun.append)
    jobs.drop(engine)
    begun.clear()
    try:
        found = outcomes(store, [delivery(n) for n in range(5)])
        assert all(isinstance(one, StoreUnavailable) for one in found)
        assert len(begun) == 1
    finally:
        metadata.create_all(engine, [jobs])


def outcomes(store: Store, arriving: Sequence[Delivery]) -> list[bool | BaseException]:
    """What becomes of deliveries that all come while somebody writes."""
    with ThreadPoolExecutor(len(arriving)) as pool:
        with store.intake.pen:
            asked = [pool.submit(store.accept, one, {}, b"{}", NOW) for one in arriving]
            end = time.monotonic() + 20
            while len(store.intake.waiting) < len(arriving):
                assert time.monotonic() < end, "they do not gather"
                time.sleep(0.01)
        return [one.exception(30) or one.result() for one in asked]
