"""A slow host's large file over several connections: the same digest, the same doubts, and never blame."""

from __future__ import annotations

import hashlib
import random
import re
import select
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from bot.downloads import Fetcher
from rules.facts import RemoteFile, RemoteState, Wanted
from rules.finding import Fault
from tests.downloads.conftest import QUICK
from tests.downloads.host import NAME, TAG, Answer, AssetHost, Exchange, file

pytestmark = pytest.mark.network

CONTENT = random.Random(11).randbytes(1_500_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER_DIGEST = "0" * 64
URL = f"https://{NAME}/a.ckpt"
#: Anything is large, and nothing fast enough.
EAGER = replace(
    QUICK, per_host=4, pieces_from=200_000, pieces_below=1 << 40, pieces_seconds=0.0, piece=100_000
)

#: Answers the nth piece that is asked for: the exchange, its first byte and the one behind its last.
Twist = Callable[[Exchange, int, int], None]


def piece(exchange: Exchange, start: int, end: int, **changes: object) -> None:
    named = {
        "Content-Length": end - start,
        "Content-Range": f"bytes {start}-{end - 1}/{len(CONTENT)}",
        "ETag": TAG,
    }
    exchange.head(206, named | {name.replace("_", "-"): value for name, value in changes.items()})
    exchange.send(CONTENT[start:end])


def ranged(*twists: Twist, ranges: str = "bytes", tag: str = TAG, sent: int = 400_000) -> Answer:
    """Sends the beginning of the whole and waits; pieces are answered by each twist, then properly."""
    left, lock = list(twists), threading.Lock()

    def answer(exchange: Exchange) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", exchange.headers.get("range", ""))
        if asked:
            assert exchange.headers["if-range"] == TAG
            with lock:
                twist = left.pop(0) if left else piece
            twist(exchange, int(asked[1]), int(asked[2]) + 1)
            return
        if exchange.number > 1:
            file(CONTENT, ETag=tag)(exchange)
            return
        exchange.head(200, {"Content-Length": len(CONTENT), "ETag": tag, "Accept-Ranges": ranges})
        exchange.send(CONTENT[:sent])
        exchange.host.stopping.wait(0.05)
        exchange.send(CONTENT[sent:])

    return answer


def measured(host: AssetHost, answer: Answer, declared: str = DIGEST) -> RemoteFile:
    host.routes["/a.ckpt"] = answer
    with closing(Fetcher(EAGER, connect_to=host.connect_to, ca_bundle=host.ca)) as fetcher:
        (found,) = fetcher.measure([Wanted(URL, declared)], lambda: False)
    return found


def pieces(host: AssetHost) -> list[str]:
    return [
        e.headers["range"] for e in host.seen if re.fullmatch(r"bytes=\d+-\d+", e.headers.get("range", ""))
    ]


def test_the_rest_comes_in_pieces_over_no_more_connections_than_granted(host: AssetHost) -> None:
    found = measured(host, ranged())
    assert (found.state, found.sha256, found.reads) == (RemoteState.MEASURED, DIGEST, 1)
    assert len(pieces(host)) == len(set(pieces(host))) >= 10
    assert 3 <= host.connections <= 1 + EAGER.per_host


@pytest.mark.parametrize(
    "answer",
    [ranged(ranges="none"), ranged(tag='W/"v1"'), ranged(tag="")],
    ids=["no ranges", "a weak validator", "no validator"],
)
def test_without_sound_ranges_and_versions_there_are_no_pieces(answer: Answer, host: AssetHost) -> None:
    assert measured(host, answer).sha256 == DIGEST
    assert pieces(host) == []


def changed(exchange: Exchange, start: int, end: int) -> None:
    exchange.head(200, {"Content-Length": len(CONTENT), "ETag": '"v2"'})
    exchange.send(CONTENT)


def refused(exchange: Exchange, start: int, end: int) -> None:
    exchange.head(503, {"Content-Length": 0})


def broken(exchange: Exchange, start: int, end: int) -> None:
    exchange.head(
        206,
        {
            "Content-Length": end - start,
            "ETag": TAG,
            "Content-Range": f"bytes {start}-{end - 1}/{len(CONTENT)}",
        },
    )
    exchange.send(CONTENT[start : start + 500])
    exchange.drop(reset=True)


def silent(exchange: Exchange, start: int, end: int) -> None:
    exchange.host.stopping.wait(0.6)
    exchange.drop()


def shifted(exchange: Exchange, start: int, end: int) -> None:
    piece(exchange, start + 1, end + 1)


def shorter(exchange: Exchange, start: int, end: int) -> None:
    piece(exchange, start, end - 1)


def packed(exchange: Exchange, start: int, end: int) -> None:
    piece(exchange, start, end, Content_Encoding="gzip")


def other_length(exchange: Exchange, start: int, end: int) -> None:
    piece(exchange, start, end, Content_Range=f"bytes {start}-{end - 1}/{len(CONTENT) + 1}")


def other_tag(exchange: Exchange, start: int, end: int) -> None:
    piece(exchange, start, end, ETag='"v2"')


TWISTS = [changed, refused, broken, silent, shifted, shorter, packed, other_length, other_tag]


@pytest.mark.parametrize("twist", TWISTS)
@pytest.mark.parametrize("times", [1, 2, 100], ids=["once", "twice", "always"])
def test_trouble_with_pieces_never_costs_the_digest(twist: Twist, times: int, host: AssetHost) -> None:
    found = measured(host, ranged(*[twist] * times))
    assert (found.state, found.sha256, found.reason) == (RemoteState.MEASURED, DIGEST, "")


def closing_unsaid(exchange: Exchange, start: int, end: int) -> None:
    piece(exchange, start, end)
    exchange.drop()


def closing_as_said(exchange: Exchange, start: int, end: int) -> None:
    piece(exchange, start, end, Connection="close")
    exchange.drop()


@pytest.mark.parametrize("twist", [closing_unsaid, closing_as_said])
@pytest.mark.parametrize("times", [1, 3, 100], ids=["once", "thrice", "always"])
def test_what_a_closing_host_was_asked_behind_a_piece_is_asked_again(
    twist: Twist, times: int, host: AssetHost
) -> None:
    found = measured(host, ranged(*[twist] * times))
    assert (found.state, found.sha256, found.reason) == (RemoteState.MEASURED, DIGEST, "")


def test_the_next_piece_is_asked_for_before_the_last_has_come(host: AssetHost) -> None:
    asked = threading.Event()

    def halting(exchange: Exchange, start: int, end: int) -> None:
        exchange.head(
            206,
            {
                "Content-Length": end - start,
                "Content-Range": f"bytes {start}-{end - 1}/{len(CONTENT)}",
                "ETag": TAG,
            },
        )
        if not asked.is_set() and select.select([exchange.wire], [], [], 5)[0]:
            asked.set()
        exchange.send(CONTENT[start:end])

    patient = replace(EAGER, answer_seconds=20, window_seconds=20)
    host.routes["/a.ckpt"] = ranged(*[halting] * 100)
    with closing(Fetcher(patient, connect_to=host.connect_to, ca_bundle=host.ca)) as fetcher:
        (found,) = fetcher.measure([Wanted(URL, DIGEST)], lambda: False)
    assert (found.state, found.sha256) == (RemoteState.MEASURED, DIGEST)
    assert asked.is_set()


def lying(exchange: Exchange, start: int, end: int) -> None:
    exchange.head(
        206,
        {
            "Content-Length": end - start,
            "ETag": TAG,
            "Content-Range": f"bytes {start}-{end - 1}/{len(CONTENT)}",
        },
    )
    exchange.send(bytes(end - start))


def test_a_host_that_counts_its_ranges_wrong_puts_nobody_in_the_wrong(host: AssetHost) -> None:
    found = measured(host, ranged(*[lying] * 100))
    assert (found.state, found.sha256, found.reads) == (RemoteState.MEASURED, DIGEST, 2)
    host.seen.clear()
    found = measured(host, ranged(*[lying] * 100), OTHER_DIGEST)
    assert (found.state, found.sha256, found.fault) == (RemoteState.CHANGING, "", Fault.HOST)


def test_a_mismatch_is_confirmed_over_one_connection(host: AssetHost) -> None:
    found = measured(host, ranged(), OTHER_DIGEST)
    assert (found.state, found.sha256, found.reads) == (RemoteState.MEASURED, DIGEST, 2)
    assert "range" not in host.seen[-1].headers


def test_cancelling_ends_pieces(host: AssetHost) -> None:
    def hanging(exchange: Exchange, start: int, end: int) -> None:
        exchange.host.stopping.wait()

    host.routes["/a.ckpt"] = ranged(*[hanging] * 100)
    wish = threading.Event()
    threading.Timer(0.4, wish.set).start()
    patient = replace(EAGER, answer_seconds=60, window_seconds=60)
    with closing(Fetcher(patient, connect_to=host.connect_to, ca_bundle=host.ca)) as fetcher:
        start = time.monotonic()
        assert list(fetcher.measure([Wanted(URL, DIGEST)], wish.is_set)) == []
        assert time.monotonic() - start < 4
        _wait_until(lambda: not _pieces_run())


def test_pieces_give_way_to_other_files(host: AssetHost) -> None:
    first = threading.Event()

    def slowly(exchange: Exchange, start: int, end: int) -> None:
        first.set()
        exchange.host.stopping.wait(0.15)
        piece(exchange, start, end)

    host.routes["/a.ckpt"] = ranged(*[slowly] * 100)
    host.routes["/b.ckpt"] = file()
    finished: list[str] = []
    with closing(Fetcher(EAGER, connect_to=host.connect_to, ca_bundle=host.ca)) as fetcher:

        def other() -> None:
            first.wait(5)
            time.sleep(0.1)
            finished.extend(f.url for f in fetcher.measure([Wanted(f"https://{NAME}/b.ckpt")], lambda: False))

        thread = threading.Thread(target=other)
        thread.start()
        finished.extend(f.url for f in fetcher.measure([Wanted(URL, DIGEST)], lambda: False))
        thread.join()
    assert finished == [f"https://{NAME}/b.ckpt", URL]


def _pieces_run() -> bool:
    return any(thread.name == "download-piece" for thread in threading.enumerate())


def _wait_until(true: Callable[[], bool], seconds: float = 2) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "still running"
        time.sleep(0.02)
