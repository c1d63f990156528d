"""Lost deliveries: asked for once, within bounds, and nothing of before the first look."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import ForgeError
from bot.forges.github.deliveries import DECIDED, MAX_ASKED, MAX_PAGES, redeliver_failed

NOW = 1_700_000_000.0
OLD, FRESH = "2023-11-14T22:00:00Z", "2023-11-14T22:13:19Z"
HUB = 7


def sent(number: int, status: str = "OK", guid: str = "", **more: Any) -> dict[str, Any]:
    known = {"redelivery": False, "repository_id": HUB, "delivered_at": OLD}
    return {"id": number, "guid": guid or f"g{number}", "status": status, **known, **more}


class Hook:
    """GitHub's log of deliveries, newest first, so many a page."""

    def __init__(self, *log: dict[str, Any], size: int = 100) -> None:
        self.log, self.size, self.asked, self.pages = list(log), size, list[int](), 0

    def __call__(self, verb: str, path: str, parameters: dict[str, str | int]) -> tuple[dict[str, str], Any]:
        if verb == "POST":
            self.asked.append(int(path.removesuffix("/attempts").rpartition("/")[2]))
            return {}, None
        self.pages += 1
        start = int(parameters.get("cursor", 0))
        ordered = sorted(self.log, key=lambda one: str(one["id"]).zfill(9), reverse=True)
        more = f'<https://api.github.com/app/hook?per_page=100&cursor={start + self.size}>; rel="next"'
        headers = {"link": more} if start + self.size < len(ordered) else {}
        return headers, ordered[start : start + self.size]

    def look(self, cursor: str) -> str:
        before = len(self.asked)
        count, cursor = redeliver_failed(self, HUB, cursor, NOW)
        assert count == len(self.asked) - before
        return cursor


def test_the_first_look_asks_for_nothing() -> None:
    hook = Hook(sent(1, "timed out"), sent(2))
    assert hook.look("") == "2"
    assert hook.asked == []
    assert Hook().look("") == "0"


def test_what_failed_since_is_asked_for_once() -> None:
    hook = Hook(sent(1, "timed out"), sent(2, "timed out"), sent(3), sent(4, "Invalid HTTP Response: 503"))
    cursor = hook.look("1")
    assert (cursor, hook.asked) == ("4", [2, 4])
    hook.log += [sent(5, "timed out", "g2", redelivery=True), sent(6, guid="g4", redelivery=True)]
    assert hook.look(cursor) == "6"
    assert hook.look("1") == "6", "the cursor was lost"
    assert hook.asked == [2, 4], "what failed again is left alone"


@pytest.mark.parametrize(
    "other",
    [
        sent(2, "timed out", repository_id=8),
        sent(2, "timed out", repository_id=None),
        sent(2, "timed out", delivered_at=FRESH),
    ],
)
def test_others_are_left_alone(other: dict[str, Any]) -> None:
    hook = Hook(sent(1), other)
    hook.look("1")
    assert hook.asked == []


def test_one_under_way_is_looked_at_when_its_fate_is_known() -> None:
    hook = Hook(sent(1), sent(2, "", delivered_at=FRESH))
    cursor = hook.look("0")
    assert cursor == "1"
    assert redeliver_failed(hook, HUB, cursor, NOW + DECIDED) == (1, "2")


def test_many_are_asked_for_in_several_looks() -> None:
    hook = Hook(*(sent(number, "timed out") for number in range(1, MAX_ASKED + 8)))
    cursor = hook.look("0")
    assert (len(hook.asked), cursor) == (MAX_ASKED, str(MAX_ASKED))
    hook.look(cursor)
    assert sorted(hook.asked) == list(range(1, MAX_ASKED + 8))


def test_a_long_log_is_read_within_bounds_and_down_to_the_cursor() -> None:
    hook = Hook(*(sent(number) for number in range(1, 101)), size=10)
    hook.look("85")
    assert hook.pages == 2
    hook.pages = 0
    hook.look("1")
    assert hook.pages == MAX_PAGES


@pytest.mark.parametrize("broken", [{"delivered_at": "noon"}, {"id": "1"}, {"guid": None}, {"redelivery": 1}])
def test_nonsense_is_no_delivery(broken: dict[str, Any]) -> None:
    with pytest.raises(ForgeError):
        Hook({**sent(1), **broken}).look("0")
