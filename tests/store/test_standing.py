"""How the service stands."""

from __future__ import annotations

from sqlalchemy import Engine, insert

from bot.model import PullRef
from bot.store.database import writing
from bot.store.queue import Queue
from bot.store.schema import hosts, workers
from bot.store.standing import MAX_HOSTS, Standing, Troubled, standing
from bot.store.store import Store
from bot.store.work import review_request

NOW = 1_764_000_000.0


def test_waiting_running_workers_and_hosts(engine: Engine) -> None:
    assert standing(engine, NOW) == Standing()
    queue = Queue(engine)
    for number in (1, 2):
        queue.put(review_request(PullRef("github", "o/n", number), supersede=True), NOW - 60)
    row = {"failures": 0, "probe_until": 0.0, "next_at": 0.0}
    with writing(engine) as connection:
        connection.execute(
            insert(workers),
            [{"name": "a", "heartbeat_at": NOW - 5}, {"name": "dead", "heartbeat_at": NOW - 500}],
        )
        connection.execute(
            insert(hosts),
            [
                row | {"host": "down.example:443", "rests": 2, "closed_until": NOW + 60},
                row | {"host": "back.example:443", "rests": 1, "closed_until": NOW - 1},
            ],
        )
    now = standing(engine, NOW)
    assert (now.waiting, now.oldest, now.running, now.parked, now.workers) == (2, 60.0, 0, 0, 1)
    assert now.hosts == (Troubled("down.example:443", NOW + 60, 2),)
    assert now.hosts_closed == 1


def test_hosts_that_are_not_listed_are_counted(engine: Engine) -> None:
    row = {"failures": 0, "probe_until": 0.0, "next_at": 0.0, "rests": 1, "closed_until": NOW + 60}
    with writing(engine) as connection:
        connection.execute(insert(hosts), [row | {"host": f"h{n}.example:443"} for n in range(MAX_HOSTS + 3)])
    now = standing(engine, NOW)
    assert (len(now.hosts), now.hosts_closed) == (MAX_HOSTS, MAX_HOSTS + 3)
    assert Store(engine).figures(NOW)["hosts_closed"] == MAX_HOSTS + 3
