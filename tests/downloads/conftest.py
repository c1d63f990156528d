"""A host of model files on loopback, and a fetcher that reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.downloads import Fetcher, Limits
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


@pytest.fixture
def measure(host: AssetHost) -> Iterator[Measure]:
    with closing(Fetcher(QUICK, connect_to=host.connect_to, ca_bundle=host.ca)) as fetcher:

        def measure(answer: Answer, declared: str = DIGEST, path: str = "/a.ckpt") -> RemoteFile:
            host.routes[path] = answer
            (file,) = fetcher.measure([Wanted(f"https://{NAME}{path}", declared)], lambda: False)
            return file

        yield measure
