"""What GitHub's refusals mean: when to come back, or that there is no point."""

from __future__ import annotations

import json

import pytest

from bot.errors import ForgeError
from bot.forges.github.errors import LIMIT_PAUSE, LONGEST_PAUSE, refusal
from bot.forges.pace import BURST, LONGEST_WAIT, Pace

NOW = 1_700_000_000.0
SECONDARY = json.dumps({"message": "You have exceeded a secondary rate limit."})
NONE_LEFT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 600)}


@pytest.mark.parametrize(
    ("status", "headers", "body", "retry_in", "permanent"),
    [
        (429, {}, "", LIMIT_PAUSE, False),
        (429, {"retry-after": "7"}, "", 7, False),
        (403, {"retry-after": "120"}, SECONDARY, 120, False),
        (403, {"retry-after": "120", **NONE_LEFT}, "", 120, False),
        (403, {}, SECONDARY, LIMIT_PAUSE, False),
        (
            403,
            NONE_LEFT,
            json.dumps({"message": "API rate limit exceeded for installation ID 1."}),
            601,
            False,
        ),
        (403, {**NONE_LEFT, "x-ratelimit-reset": "soon"}, "", LIMIT_PAUSE, False),
        (403, {"retry-after": "Tue, 14 Nov 2023 22:15:00 GMT"}, "", 100, False),
        (403, {"retry-after": "whenever"}, "", LIMIT_PAUSE, False),
        (429, {"retry-after": "1e300"}, "", LIMIT_PAUSE, False),
        (429, {"retry-after": "nan"}, "", LIMIT_PAUSE, False),
        (429, {"retry-after": "-5"}, "", 1, False),
        (429, {"retry-after": "999999999"}, "", LONGEST_PAUSE, False),
        (403, {}, json.dumps({"message": "Resource not accessible by integration"}), None, True),
        (403, {"x-ratelimit-remaining": "4999"}, json.dumps({"message": "suspended"}), None, True),
        (401, {}, json.dumps({"message": "Bad credentials"}), None, True),
        (404, {}, json.dumps({"message": "Not Found"}), None, False),
        (409, {}, "", None, False),
        (
            422,
            {},
            json.dumps({"message": "Validation Failed", "errors": [{"message": "too long"}]}),
            None,
            True,
        ),
        (500, {}, "", None, False),
        (502, {}, "<html>Bad gateway</html>", None, False),
        (503, {"retry-after": "30"}, "[1]", None, False),
        (302, {}, "", None, False),
    ],
)
def test_meaning(
    status: int, headers: dict[str, str], body: str, retry_in: float | None, permanent: bool
) -> None:
    error = refusal("GET /x", status, headers, body, NOW)
    assert error.status == status
    assert error.retry_at == (None if retry_in is None else NOW + retry_in)
    assert error.permanent is permanent


def test_githubs_words_are_repeated_in_part() -> None:
    body = json.dumps(
        {"message": "Validation Failed", "errors": ["no such line", {"message": "x" * 1000}, {"code": 1}]}
    )
    message = str(refusal("POST /reviews", 422, {}, body, NOW))
    assert message.startswith("GitHub answered 422 to POST /reviews: Validation Failed; no such line; xxx")
    assert len(message) < 400


class Clock:
    def __init__(self) -> None:
        self.now, self.slept = NOW, 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.now += seconds


def test_a_review_is_not_slowed_and_a_storm_comes_to_one_write_a_second() -> None:
    clock = Clock()
    pace = Pace(clock, clock.sleep)
    for _ in range(BURST):
        pace.take()
    assert clock.slept == 0
    for _ in range(60):
        pace.take()
    assert clock.slept == pytest.approx(60)
    clock.now += 3600
    for _ in range(BURST):
        pace.take()
    assert clock.slept == pytest.approx(60)


def test_nobody_sleeps_long_for_a_turn() -> None:
    clock = Clock()
    pace = Pace(clock, lambda seconds: None)
    for _ in range(BURST + int(LONGEST_WAIT)):
        pace.take()
    with pytest.raises(ForgeError) as refused:
        pace.take()
    assert refused.value.retry_at is not None
    assert NOW + LONGEST_WAIT < refused.value.retry_at <= NOW + LONGEST_WAIT + 1


def test_a_clock_set_back_gives_nothing_and_takes_nothing() -> None:
    clock = Clock()
    pace = Pace(clock, clock.sleep, burst=1)
    pace.take()
    clock.now -= 1000
    pace.take()
    assert clock.slept == pytest.approx(1)
