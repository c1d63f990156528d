"""Figures for Prometheus, read from the store at the moment they are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from bot.web import defects
from bot.web.figures import told

#: A class of a histogram: the name before, its upper end after.
_CLASS = re.compile(r"([a-z_]+)_le_([0-9.]+)")

Read = Callable[[], Mapping[str, float]]


def start_metrics(host: str, port: int, read: Read) -> tuple[WSGIServer, Thread]:
    """Serves `/metrics` on its own port until the process ends; returns the server, to shut it down.

    `read` gives figures by name, served with `hubbot_` before it; one that ends in `_total` is a counter,
    and `X_le_<number>` with `X_count` and `X_sum` are a histogram.
    There are no labels, so that nothing that a contributor wrote can become one.
    `host` decides who can ask; nobody is asked for a password. Raises OSError when the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(read))
    return start_http_server(port, addr=host, registry=registry)


class _Figures(Collector):
    def __init__(self, read: Read) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        figures: Mapping[str, float] = {}
        try:
            figures = self._read()
            readable = 1.0
        except Exception as error:  # noqa: BLE001 (a scrape says that the store is away; it must not fail itself)
            defects.record("metrics", error)
            readable = 0.0
        yield GaugeMetricFamily("hubbot_store_up", told("store_up"), value=readable)
        classes: dict[str, list[tuple[str, float]]] = {}
        for name, value in figures.items():
            if found := _CLASS.fullmatch(name):
                classes.setdefault(found[1], []).append((found[2], value))
        for name, buckets in sorted(classes.items()):
            yield _histogram(name, buckets, figures)
        shown = {f"{name}_{part}" for name in classes for part in ("count", "sum")}
        for name, value in sorted(figures.items()):
            if name not in shown and not _CLASS.fullmatch(name):
                yield _metric(name, value)


def _histogram(name: str, buckets: list[tuple[str, float]], figures: Mapping[str, float]) -> Metric:
    ends = sorted(buckets, key=lambda pair: float(pair[0]))
    return HistogramMetricFamily(
        f"hubbot_{name}",
        told(name),
        buckets=[*ends, ("+Inf", figures.get(f"{name}_count", 0.0))],
        sum_value=figures.get(f"{name}_sum", 0.0),
    )


def _metric(name: str, value: float) -> Metric:
    family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    return family(f"hubbot_{name}", told(name), value=value)
