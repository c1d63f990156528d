"""What a worker asks of a downloader, and what comes back: plain values that go through the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: Times that an order is taken up without bringing one outcome before it counts as poison.
MAX_ATTEMPTS = 3


class Errand(StrEnum):
    """What is to be done: measure for a review, read texts, measure for an audit, ask whether it is there."""

    MEASURE = "measure"
    TEXTS = "texts"
    AUDIT = "audit"
    ALIVE = "alive"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer: the position of its address among those asked for, and what was found there."""

    position: int
    document: str


@dataclass(frozen=True, slots=True)
class Seen:
    """How an order stands: what has come since the last look, and whether anybody works at it or could.

    `is_over` says that no more outcomes come.
    `beaten_at` is when any downloader was last alive, in seconds since the epoch.
    """

    outcomes: tuple[Outcome, ...] = ()
    taken: bool = False
    attempts: int = 0
    is_over: bool = False
    beaten_at: float = 0.0

    @property
    def is_poison(self) -> bool:
        return self.attempts >= MAX_ATTEMPTS and not self.taken


@dataclass(frozen=True, slots=True)
class Task:
    """An order in the hands of one downloader until another takes it over; `done` was answered before."""

    id: str
    errand: Errand
    document: str
    token: int
    done: frozenset[int] = frozenset()
