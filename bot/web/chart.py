"""The geometry of the pages' charts: from figures to shapes, so that a template only has to draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: The drawing's own units; the page stretches it, so that there are no words in it.
WIDTH, HEIGHT = 720, 120
#: No bar is wider, so that two rounds do not look like a flag.
WIDEST = 28.0


@dataclass(frozen=True, slots=True)
class Column:
    """One moment: what it is called, and its parts from the bottom up."""

    label: str
    parts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of one column; `part` counts from the bottom."""

    x: float
    y: float
    width: float
    height: float
    part: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from the bottom up, the highest figure, and the names of the first and the last column."""

    width: int
    height: int
    highest: int
    bars: Sequence[Bar]
    first: str
    last: str


def stacked(columns: Sequence[Column]) -> Chart:
    """Columns side by side from left to right, each as high as its parts together."""
    highest = max((sum(column.parts) for column in columns), default=0)
    step = WIDTH / max(1, len(columns))
    width = min(WIDEST, step * 0.8)
    bars: list[Bar] = []
    for number, column in enumerate(columns):
        y = float(HEIGHT)
        for part, count in enumerate(column.parts):
            height = HEIGHT * count / highest if highest else 0.0
            y -= height
            if count:
                x = number * step + (step - width) / 2
                bars.append(Bar(round(x, 2), round(y, 2), round(width, 2), round(height, 2), part))
    names = [column.label for column in columns]
    first, last = (names[0], names[-1]) if names else ("", "")
    return Chart(WIDTH, HEIGHT, highest, bars, first, last if len(names) > 1 else "")


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge of two halves: widths in pixels and where each text is centred."""

    name: str
    value: str
    left: int
    right: int

    @property
    def width(self) -> int:
        return self.left + self.right


def badge(name: str, value: str) -> Badge:
    """As wide as its words need in any font: an image cannot measure them."""
    return Badge(name, value, _words(name), _words(value))


def _words(text: str) -> int:
    return 14 + sum(7 if character.isascii() else 12 for character in text)
