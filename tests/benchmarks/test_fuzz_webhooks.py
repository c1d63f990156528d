"""The fuzzer of webhooks: it reaches the parsers, it is repeatable, and it would notice."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from benchmarks.fuzz_webhooks import client_on, fuzz, request


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    yield
    logging.disable(logging.NOTSET)


def test_a_short_run_finds_nothing_and_reaches_every_answer(tmp_path: Path) -> None:
    figures = fuzz(client_on(tmp_path), 400, 7)
    assert figures.broken == []
    assert {200, 202, 400, 401} <= set(figures.statuses)
    assert figures.statuses[202] + figures.statuses[200] > 80, "most of what is signed must reach the parsers"


def test_the_same_seed_sends_the_same() -> None:
    bodies = [[request(random.Random(seed), n)[2] for n in range(5)] for seed in (1, 1, 2)]
    assert bodies[0] == bodies[1] != bodies[2]


def test_a_5xx_would_be_noticed() -> None:
    app = Flask(__name__)

    @app.post("/webhooks/<forge>")
    def broken(forge: str) -> tuple[str, int]:
        return forge, 500

    assert len(fuzz(app.test_client(), 3, 1).broken) == 3
