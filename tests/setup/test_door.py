"""The way into the set-up: one link, once, for an hour, and not many tries."""

from __future__ import annotations

import pytest

from bot.setup.door import LINK_LIFE, TRIES, TRIES_WITHIN, VISIT_LIFE, Door, TooMany


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.fixture
def door(now: list[float]) -> Door:
    return Door(lambda: now[0])


def test_the_token_is_long_and_another_each_time(door: Door) -> None:
    assert len(door.token) >= 43  # 256 bits in base64
    assert Door(lambda: 0.0).token != Door(lambda: 0.0).token


def test_the_right_token_gives_a_cookie_that_is_known(door: Door) -> None:
    cookie = door.enter(door.token)
    assert door.knows(cookie)
    assert not Door(lambda: 1000.0).knows(cookie), "it is bound to this set-up"


def test_it_works_once(door: Door) -> None:
    token = door.token
    assert door.enter(token)
    assert door.enter(token) == ""
    assert door.token == "", "a token that was used is not kept"


@pytest.mark.parametrize("given", ["", "x", "\ud800", "é" * 50, "a" * 100_000])
def test_a_wrong_token_does_not_open_and_does_not_use_it_up(door: Door, given: str) -> None:
    assert door.enter(given) == ""
    assert door.enter(door.token)


def test_after_an_hour_it_is_too_late(door: Door, now: list[float]) -> None:
    now[0] += LINK_LIFE
    assert door.enter(door.token) == ""


def test_too_many_tries_are_not_even_looked_at(door: Door, now: list[float]) -> None:
    for _ in range(TRIES):
        assert door.enter("wrong") == ""
    with pytest.raises(TooMany) as told:
        door.enter(door.token)
    assert 0 < told.value.retry_after <= TRIES_WITHIN + 1
    now[0] += TRIES_WITHIN
    assert door.enter(door.token)


def test_a_clock_that_goes_back_locks_nobody_out_for_ever(door: Door, now: list[float]) -> None:
    for _ in range(TRIES):
        door.enter("wrong")
    now[0] -= 500
    assert door.enter(door.token)


def test_a_visit_ends(door: Door, now: list[float]) -> None:
    cookie = door.enter(door.token)
    now[0] += VISIT_LIFE + 1
    assert not door.knows(cookie)


@pytest.mark.parametrize(
    "made", ["{ends}.", "{later}.{signature}", "{ends}.{other}", ".{signature}", "", "."]
)
def test_a_cookie_that_was_changed_is_none(door: Door, made: str) -> None:
    ends, _, signature = door.enter(door.token).partition(".")
    values = {"ends": ends, "later": int(ends) + 1, "signature": signature, "other": "0" * 64}
    assert not door.knows(made.format(**values))


def test_the_sign_of_a_form_is_not_that_of_a_visit(door: Door) -> None:
    cookie = door.enter(door.token)
    sign = door.form(cookie)
    assert door.sent_from_here(cookie, sign)
    assert not door.sent_from_here(cookie, cookie.partition(".")[2])
    assert not door.sent_from_here("other", sign)
