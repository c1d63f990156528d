"""Downloads by another process: live, cancellable, shared out, honest where nobody answers, not believed."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.downloads import Fetcher
from bot.downloads.separate import UNANSWERED, UNBELIEVABLE, Separate, Waiting
from bot.downloads.texts import TextState
from bot.orders import MAX_ATTEMPTS, Errand, Outcome
from bot.store.database import open_database, upgrade
from bot.store.orders import PlacedOrders
from bot.store.store import Store
from bot.store.tasks import OpenOrders
from rules.facts import RemoteFile, RemoteState, Wanted
from rules.finding import Fault
from tests.downloads.conftest import QUICK, working
from tests.downloads.host import CONTENT, DIGEST, NAME, AssetHost, Exchange, file
from tests.store.conftest import postgresql_url
from tests.store.postgres import empty

__all__ = ["postgresql_url"]

pytestmark = pytest.mark.network

URL = f"https://{NAME}/a.ckpt"
IMPATIENT = Waiting(silent=0.5, least=0.2, texts=0.3, alive=0.3)


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Either database, for what the two may do differently: who sees what of whom, and when."""
    if request.param == "sqlite":
        yield request.getfixturevalue("engine")
        return
    opened = open_database(request.getfixturevalue("postgresql_url"))
    upgrade(opened)
    yield opened
    empty(opened)
    opened.dispose()


@pytest.fixture
def engine(schema: Path, tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{shutil.copy(schema, tmp_path / 'hubbot.sqlite')}")
    yield opened
    opened.dispose()


@pytest.fixture
def fetcher(host: AssetHost) -> Iterator[Fetcher]:
    with closing(Fetcher(QUICK, connect_to=host.connect_to, ca_bundle=host.ca)) as opened:
        yield opened


def never() -> bool:
    return False


def endless(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n")
    while exchange.until_stopped():
        exchange.send(bytes(1000))


def until(true: object, seconds: float = 20.0) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def test_files_are_told_as_they_come(host: AssetHost, both: Engine, fetcher: Fetcher) -> None:
    go_on = threading.Event()

    def held(exchange: Exchange) -> None:
        go_on.wait(30)
        file()(exchange)

    host.routes |= {"/a.ckpt": file(), "/held.ckpt": held}
    wanted = [Wanted(f"https://{NAME}/held.ckpt", DIGEST), Wanted(URL, DIGEST), Wanted(URL, DIGEST)]
    with working(both, fetcher), closing(Separate(PlacedOrders(both))) as separate:
        results = separate.measure(wanted, never)
        assert next(results).url == URL
        go_on.set()
        assert [one.url for one in results] == [wanted[0].url]
    assert host.count("/a.ckpt") == 1


def test_nothing_wanted_asks_nobody(engine: Engine) -> None:
    with closing(Separate(PlacedOrders(engine))) as separate:
        assert list(separate.measure([], never)) == []
        assert list(separate.texts([], never)) == []


def test_cancelling_ends_both_sides_within_two_seconds(
    host: AssetHost, both: Engine, certificates: Path
) -> None:
    host.routes["/a.ckpt"] = endless
    patient = replace(QUICK, answer_seconds=60, window_seconds=60)
    wish = threading.Event()
    opened = Fetcher(patient, connect_to=host.connect_to, ca_bundle=host.ca)
    with (
        closing(opened) as fetcher,
        working(both, fetcher) as downloader,
        closing(Separate(PlacedOrders(both))) as separate,
    ):
        threading.Timer(1.0, wish.set).start()
        start = time.monotonic()
        assert list(separate.measure([Wanted(URL, DIGEST)], wish.is_set)) == []
        assert 0.8 < time.monotonic() - start < 4
        until(lambda: not downloader.active, 5)


def test_leaving_the_results_ends_the_rest(host: AssetHost, both: Engine, fetcher: Fetcher) -> None:
    host.routes |= {"/a.ckpt": file(), "/b.ckpt": endless}
    wanted = [Wanted(URL, DIGEST), Wanted(f"https://{NAME}/b.ckpt")]
    with working(both, fetcher) as downloader, closing(Separate(PlacedOrders(both))) as separate:
        results = separate.measure(wanted, never)
        next(results)
        results.close()  # type: ignore[attr-defined] # a generator
        until(lambda: not downloader.active, 5)


def test_two_downloaders_never_fetch_the_same(host: AssetHost, both: Engine) -> None:
    # A request that is given up on a busy machine is made again: that would count twice as well.
    patient = replace(QUICK, connect_seconds=30, answer_seconds=60, window_seconds=60)
    paths = [f"/{number}" for number in range(24)]
    host.routes |= dict.fromkeys(paths, file())
    parts = [[Wanted(f"https://{NAME}{path}", DIGEST) for path in paths[n::4]] for n in range(4)]
    found: list[RemoteFile] = []
    first, second = (Fetcher(patient, connect_to=host.connect_to, ca_bundle=host.ca) for _ in range(2))
    with (
        closing(first),
        closing(second),
        working(both, first),
        working(both, second),
        closing(Separate(PlacedOrders(both))) as separate,
    ):
        threads = [
            threading.Thread(target=lambda part=part: found.extend(separate.measure(part, never)))
            for part in parts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sorted(one.url for one in found) == sorted(want.url for part in parts for want in part)
    assert {host.count(path) for path in paths} == {1}


def test_without_a_downloader_it_is_our_fault_and_nobody_elses(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = [Wanted(URL, DIGEST), Wanted(f"https://{NAME}/b.ckpt")]
    with closing(Separate(PlacedOrders(engine), waiting=IMPATIENT)) as separate:
        with caplog.at_level(logging.ERROR):
            files = list(separate.measure(wanted, never))
        (text,) = separate.texts([URL], never)
        assert separate.alive(URL, threading.Event()) is None
    assert [(f.url, f.state, f.fault) for f in files] == [
        (want.url, RemoteState.UNVERIFIED, Fault.BOT) for want in wanted
    ]
    assert {(f.reason, f.detail) for f in files} == {("internal", UNANSWERED)}
    assert (text.state, text.reason) == (TextState.UNKNOWN, UNANSWERED)
    assert "hubbot downloader" in caplog.text
    assert Store(engine).figures(time.time())["orders_unanswered_total"] == 3


def test_a_downloader_that_begins_late_is_waited_for(
    host: AssetHost, engine: Engine, fetcher: Fetcher
) -> None:
    host.routes["/a.ckpt"] = file()
    found: list[RemoteFile] = []
    with closing(Separate(PlacedOrders(engine), waiting=replace(IMPATIENT, least=60))) as separate:
        waits = threading.Thread(target=lambda: found.extend(separate.measure([Wanted(URL, DIGEST)], never)))
        waits.start()
        time.sleep(1)
        with working(engine, fetcher):
            waits.join(30)
    assert [one.sha256 for one in found] == [DIGEST]


def test_a_file_that_kills_is_given_up(engine: Engine) -> None:
    tasks = OpenOrders(engine)
    found: list[RemoteFile] = []
    with closing(Separate(PlacedOrders(engine))) as separate:
        waits = threading.Thread(target=lambda: found.extend(separate.measure([Wanted(URL)], never)))
        waits.start()
        for number in range(MAX_ATTEMPTS):
            name = f"{number}"
            tasks.beat(name, time.time())
            until(lambda: tasks.due(tuple(Errand), time.time()))
            assert tasks.take(name, tuple(Errand), time.time()) is not None
            tasks.leave(name)
        waits.join(30)
    assert [(one.state, one.fault) for one in found] == [(RemoteState.UNVERIFIED, Fault.BOT)]


def test_a_defect_of_ours_is_tried_again_and_then_given_up(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def measure(self, *_: object) -> Iterator[RemoteFile]:
            raise RuntimeError("planted")

    with (
        working(engine, Broken()),  # type: ignore[arg-type] # it need not do more
        closing(Separate(PlacedOrders(engine))) as separate,
    ):
        (found,) = separate.measure([Wanted(URL)], never)
    assert (found.state, found.fault) == (RemoteState.UNVERIFIED, Fault.BOT)
    assert caplog.text.count("RuntimeError: planted") == MAX_ATTEMPTS


@pytest.mark.parametrize(
    "said",
    [
        [Outcome(0, '{"state": "measured"}')],
        [Outcome(0, "")],
        [Outcome(7, "{}")],
        [Outcome(-1, "{}")],
    ],
    ids=["half an answer", "no answer", "of nothing that was asked", "of nothing"],
)
def test_a_downloader_that_was_taken_over_is_not_believed(engine: Engine, said: list[Outcome]) -> None:
    tasks = OpenOrders(engine)
    tasks.beat("evil", time.time())
    found: list[RemoteFile] = []
    with closing(Separate(PlacedOrders(engine))) as separate:
        waits = threading.Thread(target=lambda: found.extend(separate.measure([Wanted(URL, DIGEST)], never)))
        waits.start()
        until(lambda: tasks.due(tuple(Errand), time.time()))
        task = tasks.take("evil", tuple(Errand), time.time())
        assert task is not None
        for outcome in said:
            tasks.record("evil", task, outcome)
        waits.join(30)
    ((state, fault, detail),) = {(one.state, one.fault, one.detail) for one in found}
    assert (state, fault) == (RemoteState.UNVERIFIED, Fault.BOT)
    assert detail in (UNANSWERED, UNBELIEVABLE)


def test_closing_ends_a_wait(engine: Engine) -> None:
    separate = Separate(PlacedOrders(engine))
    threading.Timer(0.3, separate.close).start()
    assert list(separate.measure([Wanted(URL)], never)) == []


def test_what_a_killed_downloader_had_found_is_kept(
    host: AssetHost, engine: Engine, fetcher: Fetcher
) -> None:
    """The first of two files is found by one that then leaves; the next one reads only the other."""
    host.routes |= {"/a.ckpt": file(), "/b.ckpt": endless}
    wanted = [Wanted(URL, DIGEST), Wanted(f"https://{NAME}/b.ckpt", DIGEST)]
    with closing(Separate(PlacedOrders(engine))) as separate:
        results = separate.measure(wanted, never)
        with working(engine, fetcher):
            assert next(results).sha256 == DIGEST
        host.routes["/b.ckpt"] = file()
        with working(engine, fetcher):
            assert [one.size for one in results] == [len(CONTENT)]
    assert host.count("/a.ckpt") == 1
