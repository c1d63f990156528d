"""What a forge still allows: read from its headers, low under a tenth, and writes at an even pace."""

from __future__ import annotations

import pytest

from bot.allowance import BURST, LONGEST_WAIT, PERIOD, Allowance, spent, told

NOW = 1_764_000_000.0
SAID = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4812", "X-RateLimit-Reset": "1764000100"}


def test_headers_are_read_whatever_their_case() -> None:
    known = Allowance("github", 5000, 4812, 1_764_000_100.0, NOW)
    assert told("github", SAID, NOW) == known
    assert told("github", {name.lower(): value for name, value in SAID.items()}, NOW) == known


def test_what_is_counted_apart_has_a_name_of_its_own() -> None:
    resources = {"core": "github", "graphql": "github graphql", "": "github", "<b>": "github"}
    for resource, name in resources.items():
        found = told("github", {**SAID, "x-ratelimit-resource": resource}, NOW)
        assert found is not None
        assert found.name == name


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-limit": "5000"},
        {"x-ratelimit-limit": "0", "x-ratelimit-remaining": "0"},
        {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "-1"},
        {"x-ratelimit-limit": "many", "x-ratelimit-remaining": "some"},
        {"x-ratelimit-limit": "9" * 40, "x-ratelimit-remaining": "1"},
    ],
)
def test_what_says_nothing_is_nothing(headers: dict[str, str]) -> None:
    assert told("gitee", headers, NOW) is None


def test_an_answer_without_an_end_of_the_period_gets_one() -> None:
    found = told("gitee", {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "70"}, NOW)
    assert found == Allowance("gitee", 60, 60, NOW + PERIOD, NOW)


@pytest.mark.parametrize(("remaining", "is_low"), [(500, False), (499, True), (0, True)])
def test_under_a_tenth_is_low_until_the_period_ends(remaining: int, is_low: bool) -> None:
    one = Allowance("github", 5000, remaining, NOW + 60, NOW)
    assert (one.is_low(NOW), one.left(NOW)) == (is_low, remaining)
    assert (one.is_low(NOW + 60), one.left(NOW + 60)) == (False, 5000)


def test_a_bucket_never_gives_more_than_eighty_writes_in_a_minute() -> None:
    left, at, now, times = float(BURST), NOW, NOW, []
    for _ in range(300):
        left, wait = spent(left, at, now)
        at = now
        now += wait
        times.append(now)
    assert max(sum(begin <= one < begin + 60 for one in times) for begin in times) <= 80


def test_a_wait_that_is_too_long_takes_nothing() -> None:
    left, wait = spent(-LONGEST_WAIT, NOW, NOW)
    assert (left, wait) == (-LONGEST_WAIT, LONGEST_WAIT + 1)
