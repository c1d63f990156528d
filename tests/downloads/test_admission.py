"""The one door: process-wide bounds, requests in bundles, spare connections, and trials of a host."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from bot.downloads.admission import Admission, Ticket
from bot.downloads.hosts import OwnHosts
from bot.downloads.outcome import Cancelled
from bot.hosts import Closed, Courtesy
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault

DOWN = RemoteFile("u", RemoteState.UNVERIFIED, reason="connect", fault=Fault.HOST)
FINE = RemoteFile("u", RemoteState.MEASURED)


class Clock:
    time = 100.0

    def __call__(self) -> float:
        return self.time


def door(courtesy: Courtesy, clock: Callable[[], float] = time.monotonic, parallel: int = 16) -> Admission:
    return Admission(OwnHosts(courtesy, clock), parallel, clock, time.sleep)


def taken(admission: Admission, host: str = "h", run: str = "a") -> Ticket:
    ticket = admission.take(host, run)
    assert isinstance(ticket, Ticket)
    return ticket


def test_spare_connections_are_for_a_file_alone_on_its_host() -> None:
    admission = door(Courtesy(connections=3))
    ticket = taken(admission)
    share = admission.share(ticket)
    assert [share.take() for _ in range(3)] == [True, True, False]
    assert share.keep()
    assert admission.take("h", "b") is None, "spares count as connections"
    assert [share.keep() for _ in range(2)] == [False, True], "one of them gives way"
    share.free()
    other = taken(admission, run="b")
    share.free()
    assert not share.take(), "two files are read"
    admission.free(other, None)
    assert share.take()


def test_spare_connections_are_this_process_s_too() -> None:
    admission = door(Courtesy(connections=8), parallel=4)
    share = admission.share(taken(admission))
    assert [share.take() for _ in range(4)] == [True, True, True, False]
    assert admission.take("elsewhere", "b") is None
    assert [share.keep() for _ in range(2)] == [False, True]
    share.free()
    assert isinstance(admission.take("elsewhere", "b"), Ticket)


def test_a_large_run_leaves_a_small_one_its_share_of_the_process() -> None:
    admission = door(Courtesy(connections=8), parallel=4)
    first = [taken(admission, f"h{n}") for n in range(4)]
    assert admission.take("small", "b") is None
    admission.free(first[0], FINE)
    assert admission.take("h9", "a") is None, "it has its share, and another run waits"
    taken(admission, "small", "b")


def test_a_host_that_was_closed_is_tried_by_one() -> None:
    clock = Clock()
    admission = door(Courtesy(failures=1, rest=60), clock)
    admission.free(taken(admission), DOWN)
    assert admission.take("h", "a") == Closed(160.0)
    clock.time = 161
    probe = taken(admission)
    assert admission.take("h", "b") is None, "the others wait for its outcome"
    admission.heard("h", 503)
    assert admission.take("h", "b") is None
    admission.heard("h", 200)
    taken(admission, run="b")
    admission.free(probe, FINE)


def test_a_trial_that_was_cancelled_or_never_ends_is_another_s() -> None:
    clock = Clock()
    admission = door(Courtesy(failures=1, rest=60), clock)
    admission.free(taken(admission), DOWN)
    clock.time = 161
    admission.free(taken(admission), None)
    taken(admission)
    assert admission.take("h", "b") is None
    clock.time = 200
    taken(admission, run="b")


def test_requests_are_announced_once_and_wait_where_they_must() -> None:
    admission = door(Courtesy(rate=20, burst=1))
    stop = threading.Event()
    start = time.monotonic()
    taken(admission)
    for _ in range(4):  # the first came with the ticket, and three follow it evenly
        admission.before("h", stop)
    assert time.monotonic() - start >= 0.14


def test_waiting_for_a_turn_ends_with_the_run() -> None:
    admission = door(Courtesy(rate=0.001, burst=1))
    stop = threading.Event()
    admission.before("h", stop)
    threading.Timer(0.2, stop.set).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        admission.before("h", stop)
    assert time.monotonic() - start < 4


def test_an_address_without_a_host_needs_no_slot() -> None:
    admission = door(Courtesy(connections=1), parallel=2)
    tickets = [taken(admission, ""), taken(admission, "")]
    assert [ticket.slot for ticket in tickets] == [None, None]
    assert not admission.share(tickets[0]).take()
    admission.free(tickets[0], None)
    taken(admission)
