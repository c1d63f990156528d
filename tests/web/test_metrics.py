"""Figures as Prometheus reads them, over a real connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.request import urlopen

import pytest

from bot import settings
from bot.web.metrics import start_metrics

Scrape = Callable[[Callable[[], Mapping[str, float]]], list[str]]

pytestmark = pytest.mark.network


@pytest.fixture
def scrape() -> Iterator[Callable[[Callable[[], Mapping[str, float]]], list[str]]]:
    running = []

    def read_once(read: Callable[[], Mapping[str, float]]) -> list[str]:
        server, thread = start_metrics("127.0.0.1", 0, read)
        running.append((server, thread))
        with urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=5) as answer:
            return [line for line in answer.read().decode().splitlines() if not line.startswith("#")]

    yield read_once
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_figures_are_read_when_they_are_asked_for(scrape: Scrape) -> None:
    asked = []

    def read() -> Mapping[str, float]:
        asked.append(1)
        return {"jobs_waiting": 3, "deliveries_total": 41}

    assert scrape(read) == ["hubbot_store_up 1.0", "hubbot_deliveries_total 41.0", "hubbot_jobs_waiting 3.0"]
    assert asked == [1]


def test_classes_are_a_histogram(scrape: Scrape) -> None:
    figures = {"ingest_seconds_le_10": 4, "ingest_seconds_le_0.5": 3, "ingest_seconds_count": 5}
    lines = scrape(lambda: {**figures, "ingest_seconds_sum": 12.5, "jobs_waiting": 1})
    assert lines[1:] == [
        'hubbot_ingest_seconds_bucket{le="0.5"} 3.0',
        'hubbot_ingest_seconds_bucket{le="10"} 4.0',
        'hubbot_ingest_seconds_bucket{le="+Inf"} 5.0',
        "hubbot_ingest_seconds_count 5.0",
        "hubbot_ingest_seconds_sum 12.5",
        "hubbot_jobs_waiting 1.0",
    ]


def test_a_store_that_is_away_is_a_figure_too(scrape: Scrape, caplog: pytest.LogCaptureFixture) -> None:
    def read() -> Mapping[str, float]:
        raise RuntimeError("password=s3cret")

    assert scrape(read) == ["hubbot_store_up 0.0"]
    assert "RuntimeError" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_listens_where_the_settings_say_and_nowhere_else(host: str) -> None:
    assert settings.load({}).metrics_host == settings.for_downloader({}).metrics_host == "127.0.0.1"
    server, thread = start_metrics(host, 0, dict)
    assert server.server_address[0] == host
    server.shutdown()
    server.server_close()
    thread.join(5)
