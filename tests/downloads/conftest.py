"""A host of model files on loopback, and what reaches it: this process, or a downloader beside it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.downloads import Fetcher, Limits
from bot.downloads.port import Downloads
from bot.downloads.separate import Separate
from bot.flows.downloader import Downloader
from bot.orders import Errand
from bot.store.database import open_database, upgrade
from bot.store.orders import PlacedOrders
from bot.store.tasks import OpenOrders
from rules.facts import RemoteFile, Wanted
from tests.downloads.host import DIGEST, NAME, Answer, AssetHost, make_certificates

#: As patient as a test can be.
QUICK = Limits(
    dns_seconds=1,
    connect_seconds=1,
    answer_seconds=0.5,
    window_seconds=0.3,
    window_rate=2_000,
    attempts=4,
    backoff_seconds=0.01,
    backoff_longest=0.02,
    linger_seconds=0.3,
    largest=2_000_000,
    breaker_failures=1_000,
)

#: Measures what an answer to one path gives, against a declared digest.
Measure = Callable[..., RemoteFile]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def host(certificates: Path) -> Iterator[AssetHost]:
    with AssetHost(certificates) as host:
        yield host


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables and no row, to copy."""
    path = tmp_path_factory.mktemp("schema") / "empty.sqlite"
    engine = open_database(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@contextmanager
def working(engine: Engine, fetcher: Downloads) -> Iterator[Downloader]:
    """A downloader at work in a thread of this process."""
    stop = threading.Event()
    downloader = Downloader(OpenOrders(engine), dict.fromkeys(Errand, fetcher), drain=0)
    thread = threading.Thread(target=downloader.run, args=(stop,))
    thread.start()
    try:
        yield downloader
    finally:
        stop.set()
        thread.join(20)


@pytest.fixture(params=["inline", "separate"])
def downloads(
    request: pytest.FixtureRequest, host: AssetHost, schema: Path, tmp_path: Path
) -> Iterator[Downloads]:
    """Both implementations of the port, which must not differ in what they find."""
    with closing(Fetcher(QUICK, connect_to=host.connect_to, ca_bundle=host.ca)) as fetcher:
        if request.param == "inline":
            yield fetcher
            return
        engine = open_database(f"sqlite:///{shutil.copy(schema, tmp_path / 'hubbot.sqlite')}")
        with working(engine, fetcher), closing(Separate(PlacedOrders(engine))) as separate:
            yield separate
        engine.dispose()


@pytest.fixture
def measure(host: AssetHost, downloads: Downloads) -> Measure:
    def measure(answer: Answer, declared: str = DIGEST, path: str = "/a.ckpt") -> RemoteFile:
        host.routes[path] = answer
        (file,) = downloads.measure([Wanted(f"https://{NAME}{path}", declared)], lambda: False)
        return file

    return measure
