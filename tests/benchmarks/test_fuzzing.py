"""The fuzzers' harness: a crash or a hang costs one input, and a run goes on where it was ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import fuzzing
from benchmarks.fuzzing import Verdict


class Numbers:
    """Inputs that are their numbers; some of them do harm."""

    name, suffix, batch, slow = "numbers", ".txt", 10, 5.0

    def __init__(self, **harm: int) -> None:
        self.harm = {number: how for how, number in harm.items()}

    def make(self, seed: int, number: int) -> bytes:
        return f"{seed} {number}".encode()

    def start(self) -> Callable[[int, int], Verdict]:
        return self.judge

    def judge(self, seed: int, number: int) -> Verdict:
        match self.harm.get(number):
            case "crash":
                os.abort()
            case "hang":
                time.sleep(600)
            case "wrong":
                return Verdict(("odd",), "wrong")
        return Verdict(("fine",))


def test_every_input_is_judged_once() -> None:
    figures = fuzzing.run(Numbers(), 1, 100, 35)
    assert (figures.done, figures.counts, figures.broken) == (35, {"fine": 35}, ())


def test_what_is_wrong_is_named_by_its_number() -> None:
    assert fuzzing.run(Numbers(wrong=7), 1, 0, 10).broken == ((7, "wrong"),)


def test_a_crash_costs_one_input() -> None:
    figures = fuzzing.run(Numbers(crash=13), 1, 0, 30)
    assert (figures.done, figures.counts) == (30, {"fine": 29, "died": 1})
    assert figures.broken == ((13, "the process ended with -6"),)


def test_a_hang_is_ended_and_costs_one_input() -> None:
    figures = fuzzing.run(Numbers(hang=3), 1, 0, 5, looks=2)
    assert figures.broken == ((3, "hang"),)
    assert figures.counts == {"fine": 4, "died": 1}


def test_a_run_goes_on_where_it_was_ended(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    fuzzing.run(Numbers(wrong=5), 1, 0, 20, state)
    harmless = fuzzing.run(Numbers(), 1, 0, 50, state)
    assert (harmless.done, harmless.broken) == (50, ((5, "wrong"),))
    with pytest.raises(SystemExit, match="another run"):
        fuzzing.run(Numbers(), 2, 0, 20, state)
