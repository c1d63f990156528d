"""One line of an examination."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended; only `FAILING` asks the operator for something."""

    OK = "ok"
    FAILING = "failing"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """What was seen, why it matters, and the exact fix (empty unless failing). Never holds a secret."""

    name: str
    state: State
    what: str
    why: str = ""
    fix: str = ""


def ok(name: str, what: str) -> Check:
    return Check(name, State.OK, what)


def failing(name: str, what: str, why: str, fix: str) -> Check:
    return Check(name, State.FAILING, what, why, fix)


def skipped(name: str, what: str, why: str = "") -> Check:
    return Check(name, State.SKIPPED, what, why)
