"""Shows on a terminal how far reading is: files, bytes and rate in one line, wiped away at the end.

Where nobody watches (standard error is no terminal) nothing is shown; a terminal that cannot go back in a
line (`TERM=dumb`) gets a plain line now and then. `NO_COLOR` keeps the colour out.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

#: Seconds between two drawings, and between two plain lines: more often costs more than it shows.
REDRAW, REPEAT = 0.1, 5.0
#: Seconds over which the rate is taken.
RATE_SPAN = 3.0
#: Characters of a bar, and the least that is worth one.
LONGEST_BAR, SHORTEST_BAR = 24, 8
WIDTH = 80
_GREEN, _PLAIN, _WIPE = "\x1b[32m", "\x1b[0m", "\r\x1b[K"

#: Here and not in a catalogue: `hubbot sha256` is to start at once, without a YAML parser.
WORDS = {
    "en": {"files": "{done} of {all} files", "of": "{part} of {whole} MB"},
    "zh": {"files": "文件 {done}/{all}", "of": "{part} / {whole} MB"},
}


@dataclass(frozen=True, slots=True)
class State:
    """How far it is: files done of `files` (0 for a single one), bytes read, of how many where known."""

    files: int = 0
    done: int = 0
    count: int = 0
    total: int | None = None
    rate: float = 0.0

    @property
    def part(self) -> float | None:
        """How much of the whole is done, from 0 to 1."""
        if self.files:
            return min(1.0, self.done / self.files)
        return min(1.0, self.count / self.total) if self.total else None


def line(state: State, width: int, lang: str = "en", *, colour: bool = False) -> str:
    """One line of progress within `width` columns; in a narrow one, what matters least is left out."""
    words = WORDS.get(lang, WORDS["en"])
    files = words["files"].format(done=state.done, all=state.files) if state.files else ""
    percent = "" if state.part is None else f"{state.part:4.0%}"
    whole = f"{state.total / 1e6:,.1f}" if state.total and not state.files else ""
    read = f"{state.count / 1e6:,.1f}"
    amount = words["of"].format(part=read, whole=whole) if whole else f"{read} MB"
    rate = f"{state.rate / 1e6:,.1f} MB/s"
    least = (files or percent or read,)
    for parts in ((files, percent, amount, rate), (files, percent, amount), (files, percent), least):
        text = "  ".join(part for part in parts if part)
        if text and _columns(text) <= width:
            return f"{_bar(state.part, width - _columns(text) - 2, colour)}{text}"
    return text[:width] if text.isascii() else text[: width // 2]


class Progress:
    """The line of one command. Safe to use from all threads of a fetcher."""

    def __init__(
        self,
        files: int = 0,
        lang: str = "en",
        *,
        stream: TextIO | None = None,
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._clock, self._lang = stream or sys.stderr, clock, lang
        self._watched = self._stream.isatty()
        self._moves = environment.get("TERM", "") != "dumb"
        self._colour = self._moves and not environment.get("NO_COLOR")
        self._files, self._done = files, 0
        self._rate, self._counts, self._sum = _Rate(), dict[str, int](), 0
        self._rate.at(clock(), 0)
        self._due, self._drawn = clock() + self._pause, False
        self._lock = threading.Lock()

    @property
    def _pause(self) -> float:
        return REDRAW if self._moves else REPEAT

    def read(self, name: str, count: int, total: int | None) -> None:
        """So many bytes of one file have been read, of how many where that is known."""
        if not self._watched:
            return
        with self._lock:
            before = self._counts.get(name, 0)
            self._sum += count - before if count >= before else count
            self._counts[name] = count
            self._draw(count, total)

    def finished(self) -> None:
        """One more file is done."""
        if not self._watched:
            return
        with self._lock:
            self._done += 1
            self._draw(self._sum, None)

    def close(self) -> None:
        """Wipes the line away; may be called again."""
        with self._lock:
            self._watched = False
            if self._drawn and self._moves:
                self._write(_WIPE)
            self._drawn = False

    def _draw(self, count: int, total: int | None) -> None:
        now = self._clock()
        if now < self._due:
            return
        self._due = now + self._pause
        shown = self._sum if self._files else count
        state = State(self._files, self._done, shown, total, self._rate.at(now, self._sum))
        # The last column is left free: some terminals begin a new line there.
        text = line(state, self._width() - 1, self._lang, colour=self._colour)
        self._drawn = True
        self._write(f"\r{text}\x1b[K" if self._moves else f"{text}\n")

    def _width(self) -> int:
        try:
            return max(2, os.get_terminal_size(self._stream.fileno()).columns or WIDTH)
        except (OSError, ValueError):
            return WIDTH

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


@dataclass(slots=True)
class _Rate:
    """Bytes a second of late."""

    samples: deque[tuple[float, int]] = field(default_factory=deque)

    def at(self, now: float, count: int) -> float:
        self.samples.append((now, count))
        while len(self.samples) > 2 and now - self.samples[0][0] > RATE_SPAN:
            self.samples.popleft()
        then, before = self.samples[0]
        return (count - before) / (now - then) if now > then else 0.0


def _bar(part: float | None, room: int, colour: bool) -> str:
    length = min(LONGEST_BAR, room - 2)
    if part is None or length < SHORTEST_BAR:
        return ""
    full = round(part * length)
    done = f"{_GREEN}{'#' * full}{_PLAIN}" if colour and full else "#" * full
    return f"[{done}{'.' * (length - full)}] "


def _columns(text: str) -> int:
    """How wide a terminal shows a text of ours: a Chinese character takes two columns."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
