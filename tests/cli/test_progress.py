"""The line of progress on terminals of any width, and that nothing is shown where nobody watches."""

from __future__ import annotations

import fcntl
import io
import os
import re
import select
import struct
import termios
from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.cli.progress import WORDS, Progress, State, line

HALF = State(count=5_000_000, total=10_000_000, rate=5e6)
UNKNOWN = State(count=2_000_000, rate=4e6)
FILES = State(files=12, done=3, count=120_300_000, rate=23.4e6)


@pytest.mark.parametrize(
    ("state", "width", "lang", "expected"),
    [
        (HALF, 79, "en", "[############............]  50%  5.0 of 10.0 MB  5.0 MB/s"),
        (HALF, 48, "en", "[#######.......]  50%  5.0 of 10.0 MB  5.0 MB/s"),
        (HALF, 35, "en", " 50%  5.0 of 10.0 MB  5.0 MB/s"),
        (HALF, 22, "en", " 50%  5.0 of 10.0 MB"),
        (HALF, 8, "en", " 50%"),
        (HALF, 3, "en", " 50"),
        (UNKNOWN, 79, "en", "2.0 MB  4.0 MB/s"),
        (UNKNOWN, 4, "en", "2.0"),
        (State(count=20, total=10), 79, "en", "[########################] 100%  0.0 of 0.0 MB  0.0 MB/s"),
        (FILES, 79, "en", "[######..................] 3 of 12 files   25%  120.3 MB  23.4 MB/s"),
        (FILES, 79, "zh", "[######..................] 文件 3/12   25%  120.3 MB  23.4 MB/s"),
        (FILES, 20, "en", "3 of 12 files   25%"),
        (FILES, 9, "zh", "文件 3/12"),
        (FILES, 6, "zh", "文件 "),
    ],
)
def test_the_line(state: State, width: int, lang: str, expected: str) -> None:
    assert line(state, width, lang) == expected


@pytest.mark.parametrize("state", [HALF, UNKNOWN, FILES])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_line_is_wider_than_its_terminal(state: State, lang: str) -> None:
    for width in range(1, 120):
        shown = line(state, width, lang)
        assert sum(2 if ord(c) > 0x2E7F else 1 for c in shown) <= width
        coloured = line(state, width, lang, colour=True)
        assert re.sub(r"\x1b\[\d*m", "", coloured) == shown


def test_the_words_of_both_languages_match() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()


END = "\x1c"


class Terminal:
    """A real one, of the kernel's."""

    def __init__(self, columns: int) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.stream = os.fdopen(slave, "w", encoding="utf-8")
        self.time = 0.0

    def clock(self) -> float:
        self.time += 0.2
        return self.time

    def shown(self) -> str:
        """All that was written since; the kernel hands it over in its own time, so an end is marked."""
        self.stream.write(END)
        self.stream.flush()
        shown = ""
        while END not in shown:
            assert select.select([self.master], [], [], 20)[0], "nothing comes"
            shown += os.read(self.master, 1 << 16).decode()
        return shown.removesuffix(END)

    def close(self) -> None:
        self.stream.close()
        os.close(self.master)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with closing(Terminal(60)) as terminal:
        yield terminal


def progress(terminal: Terminal, files: int = 0, **environment: str) -> Progress:
    return Progress(files, stream=terminal.stream, environment=environment, clock=terminal.clock)


def test_a_terminal_sees_the_line_and_then_nothing_of_it(terminal: Terminal) -> None:
    with closing(progress(terminal, TERM="xterm")) as bar:
        bar.read("a", 1_000_000, 4_000_000)
        bar.read("a", 2_000_000, 4_000_000)
        shown = terminal.shown()
        assert "\x1b[32m######" in shown
        assert "50%" in shown
    assert terminal.shown() == "\r\x1b[K"
    bar.read("a", 3_000_000, 4_000_000)
    assert terminal.shown() == ""


def test_no_colour_where_none_is_wanted(terminal: Terminal) -> None:
    with closing(progress(terminal, TERM="xterm", NO_COLOR="1")) as bar:
        bar.read("a", 2_000_000, 4_000_000)
        assert "\x1b[3" not in terminal.shown()


def test_a_narrow_terminal_gets_one_line_only() -> None:
    with closing(Terminal(12)) as terminal, closing(progress(terminal, TERM="xterm", NO_COLOR="1")) as bar:
        bar.read("a", 2_000_000, 4_000_000)
        assert terminal.shown() == "\r 50%\x1b[K"


def test_a_terminal_that_cannot_go_back_gets_plain_lines(terminal: Terminal) -> None:
    with closing(progress(terminal, 2, TERM="dumb")) as bar:
        for count in range(60):
            bar.read("a", count * 100_000, None)
        bar.finished()
    lines = terminal.shown().splitlines()
    assert 1 <= len(lines) <= 4
    assert all(text.isprintable() and "of 2 files" in text for text in lines)


def test_bytes_of_all_files_are_counted_and_a_second_reading_too(terminal: Terminal) -> None:
    with closing(progress(terminal, 2, TERM="xterm", NO_COLOR="1")) as bar:
        bar.read("a", 3_000_000, None)
        bar.read("b", 2_000_000, None)
        bar.read("a", 1_000_000, None)
        bar.finished()
        assert "1 of 2 files   50%  6.0 MB" in terminal.shown()


def test_where_nobody_watches_nothing_is_shown() -> None:
    stream = io.StringIO()
    with closing(Progress(3, stream=stream)) as bar:
        bar.read("a", 1, 2)
        bar.finished()
    assert stream.getvalue() == ""
