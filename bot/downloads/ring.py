"""The window of pieces between the connections that fetch them and the hash that takes them in order."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

#: How often a waiting side looks whether anybody still wants the file, in seconds.
POLL = 0.2


@dataclass(slots=True)
class Ring:
    """The pieces of a file behind its byte `first`. Their places are given out in the file's order."""

    first: int
    total: int
    size: int
    places: list[memoryview]
    hashed: int = 0
    given: int = 0
    back: list[int] = field(default_factory=list)
    full: set[int] = field(default_factory=set)
    trouble: Exception | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def count(self) -> int:
        return -(-(self.total - self.first) // self.size)

    def range(self, number: int) -> tuple[int, int]:
        """The first byte of a piece, and the one behind its last."""
        start = self.first + number * self.size
        return start, min(start + self.size, self.total)

    def place(self, number: int) -> memoryview:
        start, end = self.range(number)
        return self.places[number % len(self.places)][: end - start]

    def next(self, *, spare: bool, wait: bool = True) -> int | None:
        """A piece to fetch, once its place is free; None when there is none left, or no more use.

        The connection that is not spare stays to the end: others may yet give pieces back.
        Without `wait` also None as long as there is none to be had.
        """
        with self.changed:
            while not self.trouble:
                if self.back:
                    return self.back.pop(self.back.index(min(self.back)))
                if self.hashed == self.count or (spare and self.given == self.count):
                    return None
                if self.given < min(self.count, self.hashed + len(self.places)):
                    self.given += 1
                    return self.given - 1
                if not wait:
                    return None
                self.changed.wait(POLL)
        return None

    def fill(self, number: int) -> None:
        with self.changed:
            self.full.add(number)
            self.changed.notify_all()

    def give_back(self, numbers: Iterable[int], trouble: Exception | None = None) -> None:
        """Pieces that will not come from whom they were given to; `trouble` ends all the others too."""
        with self.changed:
            self.back.extend(numbers)
            self.trouble = self.trouble or trouble
            self.changed.notify_all()
