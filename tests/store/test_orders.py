"""Orders on both databases: taken once, fenced, free again, given up, and gone with whoever wanted them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from bot.orders import MAX_ATTEMPTS, Errand, Outcome, Task
from bot.store.database import StoreUnavailable, open_database
from bot.store.orders import KEPT, LARGEST, LEASE, WANTED, PlacedOrders, forget_all
from bot.store.schema import orders, outcomes
from bot.store.store import Store
from bot.store.tasks import OpenOrders

NOW = 1_000_000.0
ALL = tuple(Errand)


class Clock:
    time = NOW

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def placed(engine: Engine, clock: Clock) -> Iterator[Callable[[], PlacedOrders]]:
    """Workers, whose wishes are renewed by nobody."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(PlacedOrders(engine, clock, renew=3600)))


@pytest.fixture
def tasks(engine: Engine) -> OpenOrders:
    found = OpenOrders(engine)
    found.beat("one", NOW)
    found.beat("two", NOW)
    return found


def taken(tasks: OpenOrders, name: str = "one", now: float = NOW) -> Task:
    task = tasks.take(name, ALL, now)
    assert task is not None
    return task


def rows(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        return (
            connection.execute(select(func.count()).select_from(orders)).scalar_one(),
            connection.execute(select(func.count()).select_from(outcomes)).scalar_one(),
        )


def test_from_wish_to_outcome(placed: Callable[[], PlacedOrders], tasks: OpenOrders, engine: Engine) -> None:
    worker = placed()
    assert not tasks.due(ALL, NOW)
    order = worker.ask(Errand.MEASURE, "what", 2)
    assert not tasks.due([Errand.TEXTS], NOW)
    assert tasks.due(ALL, NOW)
    task = taken(tasks)
    assert (task.id, task.errand, task.document, task.done) == (order, Errand.MEASURE, "what", frozenset())
    assert tasks.record("one", task, Outcome(1, "b"))
    seen = worker.look(order, 0)
    assert seen is not None
    assert (seen.outcomes, seen.taken, seen.is_over) == ((Outcome(1, "b"),), True, False)
    assert tasks.record("one", task, Outcome(0, "a"))
    seen = worker.look(order, 1)
    assert seen is not None
    assert (seen.outcomes, seen.is_over, seen.beaten_at) == ((Outcome(0, "a"),), True, NOW)
    tasks.give_back("one", task, unharmed=True)
    assert not tasks.due(ALL, NOW), "all is answered"
    worker.withdraw(order)
    assert rows(engine) == (0, 0)
    assert worker.look(order, 2) is None


def test_an_order_is_taken_by_one(placed: Callable[[], PlacedOrders], tasks: OpenOrders) -> None:
    worker = placed()
    for _ in range(20):
        worker.ask(Errand.MEASURE, "x", 1)
    got: list[str] = []

    def take(name: str) -> None:
        while tasks.due(ALL, NOW):
            if (task := tasks.take(name, ALL, NOW)) is not None:
                got.append(task.id)

    threads = [threading.Thread(target=take, args=(name,)) for name in ("one", "two") for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == len(set(got)) == 20


def test_of_a_dead_downloader_only_what_is_missing_is_done_again(engine: Engine, tasks: OpenOrders) -> None:
    with closing(PlacedOrders(engine, lambda: NOW + LEASE, renew=3600)) as worker:
        worker.ask(Errand.MEASURE, "x", 3)
        tasks.record("one", taken(tasks), Outcome(2, "c"))
        assert tasks.take("two", ALL, NOW + LEASE - 1) is None, "nobody can know yet that it is dead"
        assert taken(tasks, "two", NOW + LEASE).done == {2}


def test_a_ghost_writes_nothing(
    placed: Callable[[], PlacedOrders], tasks: OpenOrders, engine: Engine
) -> None:
    worker = placed()
    order = worker.ask(Errand.MEASURE, "x", 3)
    first = taken(tasks)
    assert tasks.record("one", first, Outcome(2, "c"))
    tasks.leave("one")
    second = taken(tasks, "two")
    assert second.done == {2}
    assert second.token > first.token
    assert not tasks.record("one", first, Outcome(0, "stale"))
    tasks.give_back("one", first, unharmed=True)
    assert tasks.standing("one", NOW) == set()
    assert tasks.standing("two", NOW) == {(order, second.token)}
    assert tasks.record("two", second, Outcome(0, "a"))
    seen = worker.look(order, 0)
    assert seen is not None
    assert seen.outcomes == (Outcome(2, "c"), Outcome(0, "a"))
    assert rows(engine) == (1, 2)


def test_what_nobody_wants_any_more_is_not_done(
    placed: Callable[[], PlacedOrders], tasks: OpenOrders, clock: Clock, engine: Engine
) -> None:
    worker = placed()
    order = worker.ask(Errand.MEASURE, "x", 1)
    task = taken(tasks)
    later = NOW + WANTED + 1
    assert tasks.standing("one", later) == set()
    tasks.give_back("one", task, unharmed=True)
    assert not tasks.due(ALL, later)
    worker.withdraw(order)
    assert not tasks.record("one", task, Outcome(0, "late"))
    worker.ask(Errand.MEASURE, "x", 1)
    clock.time += WANTED + KEPT + 1
    worker.ask(Errand.MEASURE, "y", 1)
    assert rows(engine) == (1, 0), "what its worker never withdrew is forgotten in the end"


def test_wishes_are_renewed_while_they_are_open(engine: Engine, clock: Clock, tasks: OpenOrders) -> None:
    with closing(PlacedOrders(engine, clock, renew=0.02)) as worker:
        kept = worker.ask(Errand.MEASURE, "x", 1)
        clock.time += WANTED - 1
        for _ in range(1000):
            if tasks.due(ALL, NOW + WANTED + 1):
                break
            threading.Event().wait(0.02)
        assert tasks.due(ALL, NOW + WANTED + 1)
        worker.withdraw(kept)
    assert rows(engine) == (0, 0)


def test_what_kills_is_left_alone(placed: Callable[[], PlacedOrders], tasks: OpenOrders) -> None:
    worker = placed()
    order = worker.ask(Errand.MEASURE, "x", 2)
    for number in range(MAX_ATTEMPTS):
        seen = worker.look(order, 0)
        assert seen is not None
        assert not seen.is_poison
        tasks.beat(f"{number}", NOW)
        taken(tasks, f"{number}")
        tasks.leave(f"{number}")
    assert not tasks.due(ALL, NOW)
    seen = worker.look(order, 0)
    assert seen is not None
    assert seen.is_poison


def test_an_outcome_takes_deaths_back_and_so_does_a_good_end(
    placed: Callable[[], PlacedOrders], tasks: OpenOrders
) -> None:
    worker = placed()
    order = worker.ask(Errand.MEASURE, "x", 9)
    for number in range(3 * MAX_ATTEMPTS):
        task = taken(tasks)
        if number % 2:
            tasks.record("one", task, Outcome(number, "a"))
            tasks.leave("one")
            tasks.beat("one", NOW)
            tasks.give_back("one", task, unharmed=False)
        else:
            tasks.give_back("one", task, unharmed=True)
    seen = worker.look(order, 0)
    assert seen is not None
    assert (seen.attempts, seen.is_poison) == (0, False)


def test_an_outcome_that_is_too_long_is_not_read(
    placed: Callable[[], PlacedOrders], tasks: OpenOrders
) -> None:
    worker = placed()
    order = worker.ask(Errand.MEASURE, "x", 2)
    task = taken(tasks)
    tasks.record("one", task, Outcome(0, "x" * (LARGEST + 1)))
    tasks.record("one", task, Outcome(1, "x" * LARGEST))
    seen = worker.look(order, 0)
    assert seen is not None
    assert [len(outcome.document) for outcome in seen.outcomes] == [0, LARGEST]


def test_figures(placed: Callable[[], PlacedOrders], tasks: OpenOrders, engine: Engine, clock: Clock) -> None:
    worker, store = placed(), Store(engine)
    order = worker.ask(Errand.MEASURE, "x", 1)
    clock.time += 7
    shown = store.figures(clock.time)
    assert (shown["downloaders_alive"], shown["orders_waiting"]) == (2, 1)
    assert shown["orders_oldest_seconds"] == pytest.approx(7)
    assert shown["orders_unanswered_total"] == 0
    taken(tasks)
    assert tasks.figures(clock.time)["orders_waiting"] == 0
    worker.withdraw(order, unanswered=True)
    assert store.figures(clock.time + LEASE)["downloaders_alive"] == 0
    assert store.figures(clock.time)["orders_unanswered_total"] == 1


def test_the_one_worker_of_a_file_ends_what_others_left(
    placed: Callable[[], PlacedOrders], tasks: OpenOrders, engine: Engine
) -> None:
    placed().ask(Errand.MEASURE, "x", 2)
    tasks.record("one", taken(tasks), Outcome(0, "a"))
    forget_all(engine)
    assert rows(engine) == (0, 0)


def test_without_a_database_taking_back_is_no_error(tmp_path: Path) -> None:
    gone = PlacedOrders(open_database(f"sqlite:///{tmp_path / 'empty.sqlite'}"))
    gone.withdraw("x")
    gone.close()
    with pytest.raises(StoreUnavailable):
        gone.ask(Errand.MEASURE, "x", 1)
