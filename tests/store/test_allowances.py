"""One account of a credential for all processes: a pace that they share, and what the forge told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Engine, text

from bot.allowance import BURST, LONGEST_WAIT, Allowance
from bot.store.allowances import EVERY, Account
from bot.store.database import writing
from bot.store.standing import standing
from bot.store.store import Store

NOW = 1_764_000_000.0


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


def headers(remaining: int, **more: str) -> dict[str, str]:
    said = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": str(remaining)}
    return {**said, "x-ratelimit-reset": str(int(NOW) + 600), **more}


def test_processes_share_one_bucket(engine: Engine) -> None:
    one, other = Account(engine, "github"), Account(engine, "github")
    waits = [account.spend(NOW) for account in (one, other) * (BURST // 2)]
    assert waits == [0.0] * BURST
    assert (one.spend(NOW), other.spend(NOW)) == (1.0, 2.0)
    assert Account(engine, "gitee").spend(NOW) == 0.0, "another credential has a bucket of its own"


def test_a_write_that_would_wait_too_long_is_not_taken(engine: Engine) -> None:
    account = Account(engine, "github")
    for _ in range(BURST + int(LONGEST_WAIT)):
        assert account.spend(NOW) <= LONGEST_WAIT
    assert account.spend(NOW) == account.spend(NOW) == LONGEST_WAIT + 1
    assert account.spend(NOW + 1) == LONGEST_WAIT


def test_many_at_once_take_no_more_than_there_is(engine: Engine) -> None:
    account = Account(engine, "github")
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: account.spend(NOW), range(BURST + 4)))
    assert sorted(waits) == [0.0] * BURST + [1.0, 2.0, 3.0, 4.0]


def test_without_the_database_writes_go_on(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE paces RENAME TO away"))
    try:
        assert Account(engine, "github").spend(NOW) == 0.0
    finally:
        with writing(engine) as connection:
            connection.execute(text("ALTER TABLE away RENAME TO paces"))


def test_what_a_forge_tells_is_kept_and_shown(engine: Engine) -> None:
    account = Account(engine, "github", Clock())
    account.told(headers(4812))
    account.told(headers(4000, **{"x-ratelimit-resource": "graphql"}))
    account.told({"content-type": "application/json"})
    known = Allowance("github", 5000, 4812, NOW + 600, NOW)
    store = Store(engine)
    assert store.allowances()[0] == known
    assert standing(engine, NOW).allowances == (known, *store.allowances()[1:])
    figures = store.figures(NOW)
    assert (figures["github_requests_left"], figures["github_requests_limit"]) == (4812, 5000)
    assert figures["github_graphql_requests_left"] == 4000
    assert store.figures(NOW + 600)["github_requests_left"] == 5000, "a new period"


def test_it_is_written_down_now_and_then_and_at_once_when_it_is_short(engine: Engine) -> None:
    clock = Clock()
    account, store = Account(engine, "github", clock), Store(engine)
    account.told(headers(4812))
    account.told(headers(4811))
    assert store.allowances()[0].remaining == 4812
    account.told(headers(499))
    assert store.allowances()[0].remaining == 499
    clock.now += EVERY
    account.told(headers(498))
    assert store.allowances()[0].remaining == 498
