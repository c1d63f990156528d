"""Connections, rates and breakers over processes, on both databases: also of a killed one."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, select

from bot.hosts import Closed, Courtesy, Slot
from bot.store.database import StoreUnavailable
from bot.store.hostrows import forget, let_try
from bot.store.hosts import LEASE, PATIENCE, SharedHosts
from bot.store.schema import host_slots, hosts
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault

ROOT = Path(__file__).parents[2]
NOW = 1_000_000.0
DOWN = RemoteFile("u", RemoteState.UNVERIFIED, reason="connect", fault=Fault.HOST)
FINE = RemoteFile("u", RemoteState.MEASURED)
COURTESY = Courtesy(connections=4, failures=1, rest=60, rate=10, burst=100)

#: Another worker process: takes connections until it is refused, says how many, and goes on living.
OTHER = textwrap.dedent("""
    import sys, time
    from bot.hosts import Courtesy, Slot
    from bot.store.database import open_database
    from bot.store.hosts import SharedHosts
    shared = SharedHosts(open_database(sys.argv[1]), Courtesy(connections=4))
    count = 0
    while isinstance(shared.take("h.example", "other"), Slot):
        count += 1
    print(count, flush=True)
    time.sleep(600)
""")


class Clock:
    time = NOW

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workers(engine: Engine, clock: Clock) -> Iterator[Callable[[], SharedHosts]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(SharedHosts(engine, COURTESY, clock)))


def taken(shared: SharedHosts, run: str = "a", host: str = "h") -> Slot:
    slot = shared.take(host, run)
    assert isinstance(slot, Slot)
    return slot


def test_workers_share_the_connections_of_a_host(workers: Callable[[], SharedHosts]) -> None:
    one, two = workers(), workers()
    held = [taken(one), taken(one), taken(two, "b"), taken(two, "b")]
    assert one.take("h", "a") is None
    assert two.take("h", "c") is None
    taken(two, "c", "elsewhere")
    one.free(held[0], FINE)
    taken(two, "c")


def test_a_run_of_many_files_makes_room_for_another(workers: Callable[[], SharedHosts]) -> None:
    one, two = workers(), workers()
    held = [taken(one) for _ in range(4)]
    assert two.take("h", "b") is None
    one.free(held.pop(), FINE)
    assert one.take("h", "a") is None, "another run waits"
    taken(two, "b")


def test_who_stops_waiting_is_not_waited_for(workers: Callable[[], SharedHosts], clock: Clock) -> None:
    one, two = workers(), workers()
    held = [taken(one) for _ in range(4)]
    assert two.take("h", "b") is None
    one.free(held.pop(), FINE)
    clock.time += PATIENCE
    taken(one)


def test_a_breaker_that_one_opens_is_seen_by_all_and_tried_by_one(
    workers: Callable[[], SharedHosts], clock: Clock
) -> None:
    one, two, three = workers(), workers(), workers()
    one.free(taken(one), DOWN)
    assert two.take("h", "b") == Closed(NOW + 60)
    assert one.closed_until("h") == NOW + 60
    clock.time += 61
    probe = taken(two, "b")
    assert probe.probe
    assert [one.take("h", "a"), three.take("h", "c")] == [None, None]
    two.free(probe, DOWN)
    assert three.take("h", "c") == Closed(clock.time + 120)
    clock.time += 121
    probe = taken(three, "c")
    three.answered("h")
    assert not taken(one).probe


def test_a_person_may_ask_for_a_trial(
    workers: Callable[[], SharedHosts], engine: Engine, clock: Clock
) -> None:
    one, two = workers(), workers()
    one.free(taken(one), DOWN)
    let_try(engine, {"elsewhere"}, clock.time)
    assert two.take("h", "b") == Closed(NOW + 60)
    let_try(engine, {"h", "elsewhere"}, clock.time)
    assert taken(two, "b").probe
    assert one.take("h", "a") is None
    let_try(engine, (), clock.time)


def test_a_cancelled_trial_is_another_s(workers: Callable[[], SharedHosts], clock: Clock) -> None:
    one, two = workers(), workers()
    one.free(taken(one), DOWN)
    clock.time += 61
    one.free(taken(one), None)
    assert taken(two, "b").probe


def test_spare_connections_are_for_a_file_alone(workers: Callable[[], SharedHosts]) -> None:
    one, two = workers(), workers()
    slot = taken(one)
    assert one.spares(slot) == 3
    assert one.keep(slot)
    assert two.take("h", "b") is None
    one.shrink(slot, 3)
    taken(two, "b")
    assert two.spares(slot) == 0


def test_a_waiting_run_takes_spare_connections_back(workers: Callable[[], SharedHosts]) -> None:
    one, two = workers(), workers()
    slot = taken(one)
    one.spares(slot)
    assert two.take("h", "b") is None
    assert not one.keep(slot)


def test_requests_of_all_are_counted_together(workers: Callable[[], SharedHosts]) -> None:
    one, two = workers(), workers()
    assert one.request("h", 60) == 0
    assert two.request("h", 60) == pytest.approx(2.0)
    assert taken(two).wait == pytest.approx(2.1)


def test_what_is_held_is_renewed(engine: Engine, clock: Clock) -> None:
    with closing(SharedHosts(engine, COURTESY, clock, renew=0.02)) as alive:
        for _ in range(4):
            taken(alive)
        clock.time += LEASE - 1
        _until(lambda: _expiry(engine) > NOW + LEASE)
        clock.time += LEASE - 1
        assert alive.take("h", "b") is None
    assert _expiry(engine) == 0, "one that ends in good order holds nothing"


def test_hosts_that_nobody_asks_are_forgotten(workers: Callable[[], SharedHosts], engine: Engine) -> None:
    one = workers()
    one.free(taken(one), FINE)
    with engine.begin() as connection:
        forget(connection, NOW - 10)
        assert connection.execute(select(func.count()).select_from(hosts)).scalar_one() == 1
        forget(connection, NOW + 10)
        assert connection.execute(select(func.count()).select_from(hosts)).scalar_one() == 0


def test_without_a_database_only_beginning_fails(tmp_path: Path) -> None:
    shared = SharedHosts(create_engine(f"sqlite:///{tmp_path / 'none.sqlite'}"), COURTESY)
    with pytest.raises(StoreUnavailable):
        shared.take("h", "a")
    slot = Slot("1", "h", "a")
    shared.free(slot, FINE)
    shared.shrink(slot, 1)
    shared.answered("h")
    assert (shared.request("h", 1), shared.spares(slot), shared.closed_until("h")) == (0.0, 0, None)
    assert not shared.keep(slot)
    shared.close()


def test_many_threads_never_take_more_than_there_are(engine: Engine) -> None:
    courtesy = Courtesy(connections=3)
    lock, running, most, done = threading.Lock(), 0, 0, 0
    with ExitStack() as stack:
        shared = [stack.enter_context(closing(SharedHosts(engine, courtesy))) for _ in range(3)]

        def work(mine: SharedHosts, run: str) -> None:
            nonlocal running, most, done
            for _ in range(6):
                while not isinstance(slot := mine.take("h", run), Slot):
                    time.sleep(0.005)
                with lock:
                    running += 1
                    most = max(most, running)
                time.sleep(0.002)
                with lock:
                    running -= 1
                    done += 1
                mine.free(slot, FINE)

        threads = [threading.Thread(target=work, args=(shared[n % 3], f"r{n}")) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert done == 36
    assert 1 <= most <= 3


def test_a_killed_process_frees_what_it_held(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER, url.replace("+psycopg", "")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    ahead = 0.0
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "4\n"
        with closing(SharedHosts(engine, COURTESY, lambda: time.time() + ahead)) as mine:
            assert mine.take("h.example", "a") is None
            other.kill()
            other.wait(10)
            assert mine.take("h.example", "a") is None, "nobody can know yet that it is dead"
            ahead = LEASE + 1
            assert [isinstance(mine.take("h.example", "a"), Slot) for _ in range(5)] == [True] * 4 + [False]
    finally:
        other.kill()
        other.wait(10)
        assert other.stdout is not None
        other.stdout.close()


def _expiry(engine: Engine) -> float:
    with engine.connect() as connection:
        return float(connection.execute(select(func.min(host_slots.c.expires_at))).scalar() or 0)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)
