"""Many files at once: each address once, fair to hosts, over when nobody wants the rest, in flat memory."""

from __future__ import annotations

import hashlib
import threading
import time
import tracemalloc
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot import logs
from bot.downloads import Fetcher, Limits
from bot.hosts import Slot
from bot.store.database import open_database, upgrade
from bot.store.hosts import SharedHosts
from rules.facts import RemoteState, Wanted
from rules.finding import Fault
from tests.downloads.conftest import QUICK
from tests.downloads.host import DIGEST, NAME, OTHER_DIGEST, AssetHost, Exchange, file, status
from tests.loglines import logged

pytestmark = pytest.mark.network

URL = f"https://{NAME}/a.ckpt"


def fetcher_for(host: AssetHost, limits: Limits = QUICK, **more: object) -> Fetcher:
    return Fetcher(limits, connect_to=host.connect_to, ca_bundle=host.ca, **more)  # type: ignore[arg-type] # free


def never() -> bool:
    return False


def endless(exchange: Exchange) -> None:
    exchange.head(200, {"Content-Length": 1_900_000})
    while exchange.until_stopped():
        exchange.send(b"x" * 1000)


def unanswered(exchange: Exchange) -> None:
    exchange.host.stopping.wait()


def test_each_address_is_read_once(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = file()
    with closing(fetcher_for(host)) as fetcher:
        found = list(fetcher.measure([Wanted(URL, DIGEST), Wanted(URL, DIGEST.upper()), Wanted(URL)], never))
    assert [f.sha256 for f in found] == [DIGEST]
    assert host.count("/a.ckpt") == 1


def test_of_two_declarations_each_is_taken_seriously(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = file()
    with closing(fetcher_for(host)) as fetcher:
        (found,) = fetcher.measure([Wanted(URL, DIGEST), Wanted(URL, OTHER_DIGEST)], never)
    assert (found.sha256, found.reads, found.declared) == (DIGEST, 2, DIGEST)


def test_nothing_wanted_is_nothing_done(host: AssetHost) -> None:
    with closing(fetcher_for(host)) as fetcher:
        assert list(fetcher.measure([], never)) == []


def test_results_carry_their_times(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = file()
    with closing(fetcher_for(host, now=lambda: 1_700_000_000.0)) as fetcher:
        (found,) = fetcher.measure([Wanted(URL)], never)
    assert found.measured_at == 1_700_000_000.0
    assert 0 < found.seconds < 5
    assert found.etag == '"v1"'


def test_a_host_never_has_more_than_its_share(host: AssetHost) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def counted(exchange: Exchange) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        exchange.host.stopping.wait(0.02)
        with lock:
            running -= 1
        file()(exchange)

    paths = [f"/{number}" for number in range(12)]
    host.routes |= dict.fromkeys(paths, counted)
    with closing(fetcher_for(host, replace(QUICK, per_host=3))) as fetcher:
        found = list(fetcher.measure([Wanted(f"https://{NAME}{path}", DIGEST) for path in paths], never))
    assert {f.sha256 for f in found} == {DIGEST}
    assert len(found) == 12
    assert most == 3


def test_a_slow_host_keeps_no_other_waiting(host: AssetHost) -> None:
    host.routes |= {f"/slow{n}": unanswered for n in range(8)}
    host.routes["/a.ckpt"] = file()
    wanted = [Wanted(f"https://slow.example.com/slow{n}") for n in range(8)] + [Wanted(URL, DIGEST)]
    with closing(fetcher_for(host, replace(QUICK, per_host=2, parallel=3))) as fetcher:
        first = next(fetcher.measure(wanted, never))
    assert first.url == URL


@pytest.mark.parametrize("answer", [endless, unanswered], ids=["in mid-body", "before the header"])
def test_cancelling_ends_within_two_seconds(answer: object, host: AssetHost) -> None:
    host.routes["/a.ckpt"] = answer  # type: ignore[assignment] # one of the two above
    patient = replace(QUICK, answer_seconds=60, window_seconds=60)
    wish = threading.Event()
    threading.Timer(0.3, wish.set).start()
    with closing(fetcher_for(host, patient)) as fetcher:
        start = time.monotonic()
        assert list(fetcher.measure([Wanted(URL, DIGEST)], wish.is_set)) == []
        assert 0.2 < time.monotonic() - start < 4
        _wait_until(lambda: not _downloads())


def test_cancelling_ends_a_pause_and_a_lookup(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = status(503, Retry_After=50)
    hanging = threading.Event()

    def resolve(*_: object) -> list[str]:
        hanging.wait(5)
        return []

    wish = threading.Event()
    threading.Timer(0.3, wish.set).start()
    only = host.connect_to.replace(":443", f"{NAME}:443", 1)
    slow = replace(QUICK, dns_seconds=60, retry_after_longest=60)
    with closing(Fetcher(slow, connect_to=only, ca_bundle=host.ca, resolve=resolve)) as fetcher:
        start = time.monotonic()
        assert list(fetcher.measure([Wanted(URL), Wanted("https://h.example.org/")], wish.is_set)) == []
        assert time.monotonic() - start < 4
        _wait_until(lambda: not _downloads())
    hanging.set()


def shared(path: Path, limits: Limits) -> SharedHosts:
    engine = open_database(f"sqlite:///{path / 'hubbot.sqlite'}")
    upgrade(engine)
    return SharedHosts(engine, limits.courtesy)


@pytest.mark.parametrize("answer", [endless, unanswered], ids=["in mid-body", "before the header"])
def test_cancelling_ends_within_two_seconds_also_where_limits_are_shared(
    answer: object, host: AssetHost, tmp_path: Path
) -> None:
    host.routes |= {f"/{n}": answer for n in range(6)}  # type: ignore[dict-item] # one of the two above
    patient = replace(QUICK, answer_seconds=60, window_seconds=60, per_host=2)
    wish = threading.Event()
    threading.Timer(0.5, wish.set).start()
    wanted = [Wanted(f"https://{NAME}/{n}") for n in range(6)]
    with (
        closing(shared(tmp_path, patient)) as hosts,
        closing(fetcher_for(host, patient, hosts=hosts)) as fetcher,
    ):
        start = time.monotonic()
        assert list(fetcher.measure(wanted, wish.is_set)) == []
        assert time.monotonic() - start < 4
        _wait_until(lambda: not _downloads())
        _wait_until(lambda: isinstance(hosts.take(NAME, "next"), Slot))


def test_two_fetchers_share_a_host_and_its_outage(host: AssetHost, tmp_path: Path) -> None:
    host.routes |= {f"/{n}": status(503) for n in range(9)}
    limits = replace(QUICK, breaker_failures=3, per_host=2)
    wanted = [Wanted(f"https://{NAME}/{n}") for n in range(9)]
    with closing(shared(tmp_path, limits)) as hosts, closing(shared(tmp_path, limits)) as others:
        with closing(fetcher_for(host, limits, hosts=hosts)) as fetcher:
            assert {f.reason for f in fetcher.measure(wanted, never)} == {"status-503", "host-unavailable"}
        asked = len(host.seen)
        with closing(fetcher_for(host, limits, hosts=others)) as fetcher:
            found = list(fetcher.measure(wanted, never))
    assert {f.reason for f in found} == {"host-unavailable"}
    assert all(f.retry_at and f.retry_at > time.time() for f in found)
    assert len(host.seen) == asked, "the other process asked nothing"


def test_a_host_that_asks_for_patience_is_left_alone(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = status(429, Retry_After=900)
    host.routes["/b.ckpt"] = file()
    with closing(fetcher_for(host, QUICK)) as fetcher:
        (busy,) = fetcher.measure([Wanted(URL)], never)
        (other,) = fetcher.measure([Wanted(f"https://{NAME}/b.ckpt")], never)
    assert (busy.reason, other.reason) == ("rate-limited", "host-unavailable")
    for found in (busy, other):
        assert found.retry_at is not None
        assert abs(found.retry_at - time.time() - 900) < 60
    assert len(host.seen) == 1


def test_the_wish_for_patience_is_believed_within_reason(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = status(503, Retry_After=10**8)
    with closing(fetcher_for(host, QUICK)) as fetcher:
        (found,) = fetcher.measure([Wanted(URL)], never)
    assert found.retry_at is not None
    assert found.retry_at <= time.time() + QUICK.retry_after_believed


def test_requests_to_a_host_are_evened_out(host: AssetHost) -> None:
    host.routes |= {f"/{n}": file() for n in range(8)}
    limits = replace(QUICK, requests_rate=20, requests_burst=2)
    start = time.monotonic()
    with closing(fetcher_for(host, limits)) as fetcher:
        found = list(fetcher.measure([Wanted(f"https://{NAME}/{n}", DIGEST) for n in range(8)], never))
    assert {f.sha256 for f in found} == {DIGEST}
    assert time.monotonic() - start >= 0.29


def test_closing_ends_a_measurement(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = endless
    fetcher = fetcher_for(host, replace(QUICK, window_seconds=60))
    threading.Timer(0.2, fetcher.close).start()
    start = time.monotonic()
    assert list(fetcher.measure([Wanted(URL)], never)) == []
    assert time.monotonic() - start < 4


def test_leaving_the_results_ends_the_rest(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = file()
    host.routes["/b.ckpt"] = endless
    with closing(fetcher_for(host, replace(QUICK, window_seconds=60))) as fetcher:
        results = fetcher.measure([Wanted(URL, DIGEST), Wanted(f"https://{NAME}/b.ckpt")], never)
        assert next(results).url == URL
        results.close()  # type: ignore[attr-defined] # a generator
        _wait_until(lambda: not _downloads())


def test_a_host_that_is_down_costs_a_few_files_only(host: AssetHost) -> None:
    paths = [f"/{number}" for number in range(40)]
    host.routes |= dict.fromkeys(paths, status(503))
    host.routes["/a.ckpt"] = file()
    wanted = [Wanted(f"https://down.example.com{path}") for path in paths] + [Wanted(URL, DIGEST)]
    with closing(fetcher_for(host, replace(QUICK, breaker_failures=3, per_host=2))) as fetcher:
        found = {f.url: f for f in fetcher.measure(wanted, never)}
    reasons = [found[one.url].reason for one in wanted[:-1]]
    assert set(reasons) == {"status-503", "host-unavailable"}
    assert reasons.count("status-503") <= 4
    assert all(found[one.url].fault is Fault.HOST for one in wanted[:-1])
    assert all(found[one.url].state is RemoteState.UNVERIFIED for one in wanted[:-1])
    assert len(host.seen) < 20
    assert found[URL].sha256 == DIGEST, "another host goes on"


def test_a_host_that_is_back_is_used_again(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = status(503)
    with closing(fetcher_for(host, replace(QUICK, breaker_failures=1, breaker_seconds=0.3))) as fetcher:
        (first,) = fetcher.measure([Wanted(URL)], never)
        host.routes["/a.ckpt"] = file()
        (second,) = fetcher.measure([Wanted(URL)], never)
        time.sleep(0.3)
        (third,) = fetcher.measure([Wanted(URL)], never)
    assert [first.reason, second.reason, third.reason] == ["status-503", "host-unavailable", ""]


def test_missing_files_say_nothing_of_their_host(host: AssetHost) -> None:
    wanted = [Wanted(f"https://{NAME}/{number}") for number in range(8)]
    with closing(fetcher_for(host, replace(QUICK, breaker_failures=2))) as fetcher:
        assert {f.reason for f in fetcher.measure(wanted, never)} == {"not-found"}


def test_a_defect_of_ours_is_worded_as_ours(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = file()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with logged() as lines, closing(fetcher_for(host, progress=broken)) as fetcher, logs.about(run="r1"):
        (found,) = fetcher.measure([Wanted(URL)], never)
    assert (found.state, found.reason, found.fault) == (RemoteState.UNVERIFIED, "internal", Fault.BOT)
    (line,) = lines()
    assert "defect" in line["message"]
    assert "ZeroDivisionError" in line["error"]
    assert line["run"] == "r1"


def test_the_time_for_a_file_grows_with_its_length_and_ends(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = endless
    limits = replace(QUICK, base_seconds=0.1, average_rate=4_000_000, window_rate=1)
    with closing(fetcher_for(host, limits)) as fetcher:
        (found,) = fetcher.measure([Wanted(URL)], never)
    assert (found.reason, found.fault) == ("timeout", Fault.HOST)
    assert found.seconds < 2


def test_memory_is_flat(host: AssetHost) -> None:
    block, blocks = b"\x5a" * (1 << 20), 200
    digest = hashlib.sha256()
    for _ in range(blocks):
        digest.update(block)

    def large(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": blocks << 20})
        for _ in range(blocks):
            exchange.send(block)

    host.routes["/a.ckpt"] = large
    limits = replace(QUICK, largest=1 << 30, window_seconds=20)
    with closing(fetcher_for(host, limits)) as fetcher:
        tracemalloc.start()
        (found,) = fetcher.measure([Wanted(URL, digest.hexdigest())], never)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (found.state, found.size, found.reads) == (RemoteState.MEASURED, blocks << 20, 1)
    assert peak < 8 << 20


def _downloads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith(("download_", "download-watchdog"))]


def _wait_until(true: object, seconds: float = 2) -> None:
    assert callable(true)
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "still running"
        time.sleep(0.02)
