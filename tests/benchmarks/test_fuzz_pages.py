"""Generated pages are read and judged without fail; hostile YAML is refused at once."""

from __future__ import annotations

import time

import pytest

from benchmarks import fuzz_pages, fuzzing
from rules.page import parse

PATH = fuzz_pages.PATHS[0]
#: Seconds within which a bomb must be refused, on a machine that is busy.
REFUSED = 0.05
#: Bytes by which two thousand pages may make the process grow.
MAX_MEMORY = 400 << 20
MERGES = "".join(f"a{i}: &a{i}\n  <<: [{', '.join(f'*a{i - 1}' for _ in range(9))}]\n" for i in range(1, 20))
BOMBS = {
    "laughs": "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(40)),
    "merge": f"a0: &a0 {{}}\n{MERGES}",
    "brackets": "a: " + "[" * 200_000,
    "closed-brackets": "a: " + "[" * 200_000 + "]" * 200_000,
    "braces": "a: " + "{" * 200_000,
    "dashes": "a:\n" + "- " * 60_000 + "x",
    "indents": "".join(f"{' ' * i}a:\n" for i in range(350)),
    "questions": "? " * 30_000,
    "keys": "".join(f"k{i}: v\n" for i in range(60_000)),
    "scalar": "a: " + "x" * 1_000_000,
    "quotes": "a: '" + "''" * 500_000,
    "block": "a: |\n" + "  x\n" * 200_000,
    "tag": "a: !!python/object/apply:os.system [x]\n",
    "anchors": "".join(f"k{i}: &a{i} v\n" for i in range(5_000)),
    "directives": "%TAG ! tag:x:\n" * 10_000,
    "documents": "a: b\n...\n" * 10_000,
    "colons": "a: " + ": " * 30_000,
    "tabs": "\t" * 60_000 + "a: b\n",
    "comments": "# x\n" * 250_000,
    "blanks": " " * 1_000_000,
    "wide": "键：值\n" * 80_000,
}


def test_two_thousand_pages_never_raise_and_never_take_long() -> None:
    outcome = fuzzing.judge_all(fuzz_pages.Pages(), 7, range(2_000), lambda number: None)
    assert outcome.broken == ()
    assert outcome.done == 2_000
    assert outcome.counts["read"] > 200, "enough must get past the reader"
    assert outcome.grown < MAX_MEMORY


def test_the_same_seed_gives_the_same_pages() -> None:
    several = [[fuzz_pages.page(seed, number) for number in range(50)] for seed in (3, 3, 4)]
    assert several[0] == several[1] != several[2]


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_at_once(name: str) -> None:
    data = f"# A\n\n---\n\n{BOMBS[name]}\n\n---\n\ntext\n".encode()
    best = 9.0
    for _ in range(5):
        started = time.thread_time()
        page = parse(PATH, data)
        best = min(best, time.thread_time() - started)
    assert page.troubles, name
    assert best < REFUSED
