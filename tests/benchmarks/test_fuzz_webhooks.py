"""The fuzzer of webhooks: it reaches the parsers, it is repeatable, and it would notice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from benchmarks import fuzzing
from benchmarks.fuzz_webhooks import DEFECTS, Webhooks, client_on, judge, request
from benchmarks.fuzzing import chance_of
from bot.web import defects


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    root.handlers, root.level = before


def test_a_short_run_finds_nothing_and_reaches_every_answer() -> None:
    figures = fuzzing.judge_all(Webhooks(), 7, range(400), lambda number: None)
    assert figures.broken == ()
    assert {"200", "202", "400", "401"} <= set(figures.counts)
    assert figures.counts["202"] + figures.counts["200"] > 80, "most of what is signed must reach the parsers"


def test_the_same_seed_sends_the_same() -> None:
    bodies = [[request(chance_of(seed, n), n)[2] for n in range(5)] for seed in (1, 1, 2)]
    assert bodies[0] == bodies[1] != bodies[2]


def test_a_5xx_would_be_noticed() -> None:
    app = Flask(__name__)

    @app.post("/webhooks/<forge>")
    def broken(forge: str) -> tuple[str, int]:
        return forge, 500

    assert judge(app.test_client(), 1, 1).trouble == "500"


def test_a_defect_behind_an_answer_would_be_noticed(tmp_path: Path) -> None:
    client_on(tmp_path)
    app = Flask(__name__)

    @app.post("/webhooks/<forge>")
    def refused(forge: str) -> tuple[str, int]:
        defects.record("parse", ValueError(forge))
        return forge, 400

    assert "in parse: ValueError" in judge(app.test_client(), 1, 1).trouble
    DEFECTS.seen.clear()
