"""Whether a file is still there is asked with one byte; everything but a plain yes is left to a reading."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.downloads import Fetcher
from bot.downloads.alive import Alive
from tests.downloads.host import NAME, AssetHost, Exchange, file, raw, status

pytestmark = pytest.mark.network

URL = f"https://{NAME}/a.ckpt"
BODY = bytes(5_000_000)


@pytest.fixture
def fetcher(host: AssetHost) -> Iterator[Fetcher]:
    with closing(Fetcher(connect_to=host.connect_to, ca_bundle=host.ca)) as made:
        yield made


def ranged(exchange: Exchange) -> None:
    assert exchange.headers["range"] == "bytes=0-0"
    exchange.head(206, {"Content-Length": 1, "Content-Range": f"bytes 0-0/{len(BODY)}", "ETag": '"v"'})
    exchange.send(BODY[:1])


@pytest.mark.parametrize(
    ("answer", "size", "etag"), [(ranged, len(BODY), '"v"'), (file(BODY), len(BODY), '"v1"')]
)
def test_a_file_that_is_there(host: AssetHost, fetcher: Fetcher, answer, size: int, etag: str) -> None:
    host.routes["/a.ckpt"] = answer
    for _ in range(3):
        assert fetcher.alive(URL, threading.Event()) == Alive(size, etag)


def test_one_connection_for_many_files(host: AssetHost, fetcher: Fetcher) -> None:
    host.routes["/a.ckpt"] = ranged
    for _ in range(5):
        fetcher.alive(URL, threading.Event())
    assert host.connections == 1


def test_redirects_are_followed_and_checked(host: AssetHost, fetcher: Fetcher) -> None:
    host.routes["/a.ckpt"] = status(302, Location="/b.ckpt")
    host.routes["/b.ckpt"] = ranged
    assert fetcher.alive(URL, threading.Event()) == Alive(len(BODY), '"v"')
    host.routes["/b.ckpt"] = status(302, Location="https://127.0.0.1/c")
    assert fetcher.alive(URL, threading.Event()) is None


@pytest.mark.parametrize(
    "answer",
    [
        status(404),
        status(503),
        status(302),
        status(302, Location="/a.ckpt"),
        status(206),
        raw(b""),
        raw(b"nonsense\r\n\r\n"),
    ],
    ids=["404", "503", "nowhere", "loop", "no range", "nothing", "nonsense"],
)  # fmt: skip
def test_anything_else_is_no_answer(host: AssetHost, fetcher: Fetcher, answer) -> None:
    host.routes["/a.ckpt"] = answer
    assert fetcher.alive(URL, threading.Event()) is None


def test_who_stops_gets_none(host: AssetHost, fetcher: Fetcher) -> None:
    stop = threading.Event()
    stop.set()
    assert fetcher.alive(URL, stop) is None
    assert not host.seen
