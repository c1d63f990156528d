"""How hosts are treated: fair shares, an even rate, and breakers that open, grow and close."""

from __future__ import annotations

import pytest

from bot.hosts import (
    Courtesy,
    Holding,
    Host,
    after,
    answered,
    charged,
    is_on_trial,
    is_open,
    is_outage,
    may_take,
    spare,
)
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault

NOW = 1_000_000.0
COURTESY = Courtesy(connections=8, rate=10, burst=20, failures=3, rest=60)


def file(reason: str = "", fault: Fault = Fault.HOST, retry_at: float | None = None) -> RemoteFile:
    state = RemoteState.UNVERIFIED if reason else RemoteState.MEASURED
    return RemoteFile("https://h.example/a", state, reason=reason, fault=fault, retry_at=retry_at)


@pytest.mark.parametrize(
    ("holdings", "granted"),
    [
        ([], True),
        ([("a", 7)], True),
        ([("a", 8)], False),
        ([("b", 8)], False),
        ([("a", 7), ("b", 0)], False),
        ([("a", 3), ("b", 0)], True),
        ([("a", 4), ("b", 3)], True),
        ([("a", 2), ("b", 3), ("c", 0)], False),
        ([("a", 1), ("b", 3), ("c", 0)], True),
        ([("a", 0), ("b", 7)], True),
        ([("a", 0), ("b", 0), ("c", 0), *((f"r{n}", 0) for n in range(20))], True),
    ],
)
def test_a_run_takes_no_more_than_its_share_while_others_wait(
    holdings: list[tuple[str, int]], granted: bool
) -> None:
    assert may_take([Holding(*one) for one in holdings], "a", 8) is granted


@pytest.mark.parametrize(
    ("holdings", "count"),
    [([], 0), ([("a", 1)], 7), ([("a", 8)], 0), ([("a", 1), ("a", 1)], 0), ([("a", 1), ("b", 0)], 0)],
)
def test_spare_connections_are_for_a_file_alone(holdings: list[tuple[str, int]], count: int) -> None:
    assert spare([Holding(*one) for one in holdings], 8) == count


def test_requests_come_at_once_up_to_a_burst_and_evenly_then() -> None:
    host, waits = Host(), []
    for _ in range(25):
        host, wait = charged(host, NOW, 1, COURTESY)
        waits.append(round(wait, 6))
    assert waits == [0.0] * 20 + [0.1, 0.2, 0.3, 0.4, 0.5]
    assert charged(host, NOW + 100, 1, COURTESY)[1] == 0


def closed(host: Host = Host(), now: float = NOW) -> Host:  # noqa: B008 - frozen
    for _ in range(COURTESY.failures):
        host = after(host, file("connect"), now, COURTESY)
    return host


def test_failures_in_a_row_close_a_host_and_a_success_opens_it() -> None:
    host = after(after(Host(), file("dns"), NOW, COURTESY), file("status-503"), NOW, COURTESY)
    assert not is_open(host, NOW)
    assert not is_open(after(host, file(), NOW, COURTESY), NOW)
    host = closed()
    assert is_open(host, NOW + 59)
    assert not is_open(host, NOW + 60)
    assert is_on_trial(host, COURTESY)
    assert not is_on_trial(answered(host), COURTESY)


def test_a_failed_trial_closes_at_once_and_for_longer() -> None:
    host, now = closed(), NOW + 60
    for rest in (120, 240, 480, 960, 1920, 3600, 3600):
        host = after(host, file("connect"), now, COURTESY)
        assert host.closed_until == now + rest
        now += rest


def test_what_was_under_way_when_a_host_was_closed_says_nothing_new() -> None:
    host = closed()
    assert after(host, file("connect"), NOW + 1, COURTESY).closed_until == host.closed_until


def test_a_host_that_asks_for_patience_is_left_alone_so_long() -> None:
    busy = after(Host(), file("rate-limited", retry_at=NOW + 600), NOW, COURTESY)
    assert (busy.closed_until, is_open(busy, NOW + 599)) == (NOW + 600, True)
    forever = after(Host(), file("rate-limited", retry_at=NOW + 10**9), NOW, COURTESY)
    assert forever.closed_until == NOW + COURTESY.longest_rest
    once = after(Host(), file("status-503", retry_at=NOW + 600), NOW, COURTESY)
    assert not is_open(once, NOW)


@pytest.mark.parametrize(
    ("seen", "outage"),
    [
        (file(), False),
        (file("dns"), True),
        (file("status-502"), True),
        (file("status-400"), False),
        (file("host-unavailable"), True),
        (file("internal", Fault.BOT), False),
        (file("connect", Fault.BOT), False),
        (file("short-body"), False),
        (RemoteFile("u", RemoteState.WRONG, reason="not-found", fault=Fault.CONTRIBUTOR), False),
    ],
)
def test_what_an_outage_is(seen: RemoteFile, outage: bool) -> None:
    assert is_outage(seen) is outage


@pytest.mark.parametrize("seen", [file("host-unavailable"), file("internal", Fault.BOT)])
def test_what_says_nothing_of_a_host_changes_nothing(seen: RemoteFile) -> None:
    assert after(closed(), seen, NOW, COURTESY) == closed()
