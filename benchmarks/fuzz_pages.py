"""Generated and mutated pages in any number: reading and judging them never raises, and never takes long.

The same seed gives the same pages; a page that breaks a bound is written to a file.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules import engine, policy
from rules.facts import Facts
from rules.page import parse
from rules.source import MAX_PAGE

#: Seconds that a single page may take, and bytes that the whole run may need: ours.
MAX_SECONDS = 1.0
MAX_MEMORY = 400 << 20
#: How many times a piece may be repeated by one mutation, at most.
MAX_REPEAT = 20_000
#: Mutations add up; a page beyond what the reader takes in is no more interesting for being longer.
MAX_DATA = MAX_PAGE + 1_000

FIELDS = {
    "model-name": ("lenet", "LeNet 5", "模型", ""),
    "backbone-name": ("lenet", "-", "[]"),
    "module-type": ("cv", "cv-classification", "CV", "cv-super-resolution", "nlp-", "x" * 300),
    "fine-tunable": ("True", "no", "~"),
    "model-version": ("1.10", "v1.1", "1.10.0", "１.1", "[1, 2]"),
    "train-dataset": ("mnist", "N/A", "COCO2017, mnist", "MVtecAD_bottle"),
    "evaluation": ("-", "no", "acc: 1", "{a: 1}"),
    "author": ("MindSpore team", "'quoted", '"a: b"', "|\n  block\n  text"),
    "update-time": ("2023-02-17", "2023-2-17", "0000-99-99"),
    "repo-link": ("<https://gitee.com/mindspore/models/tree/r1.10/a>", "https://evil@x", "< >"),
    "user-id": ("MindSpore", "noah-cvlab", "&a b", "*a"),
    "used-for": ("inference", "Inference/transfer-learning", "推理"),
    "mindspore-version": ("1.10", "MindSpore 1.10", "1.1"),
    "license": ("Apache2.0", "MIT", "!!str x"),
    "summary": ("It classifies digits", "a\u200bb", "\u202eabc", "# no"),
    "模型名称": ("x", "："),
    "unknown": ("1", ""),
}
LINKS = (
    "<https://download.mindspore.cn/models/r1.10/a.ckpt>",
    "https://download.mindspore.cn/a.mindir?token=x",
    "<http://127.0.0.1/a>",
    "ftp://x",
    "",
)
DIGESTS = (
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "SHA256:9F86",
    "0" * 64,
    "9f86d081",
    "",
)
PIECES = (
    "---\n",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\0",
    "\ufeff",
    "\u2028",
    "\u200b",
    "e\u0301",
    "：",
    ": ",
    "- ",
    "[",
    "{",
    "]}",
    "&a ",
    "*a",
    "<<: *a\n",
    "!!python/object/apply:os.system ",
    "%YAML 1.1\n",
    "? ",
    "| \n",
    ">\n  ",
    "'",
    '"',
    "\\",
    "#",
    "```\n",
    "asset:\n",
    "    asset-sha256: ",
    "## a:\n",
    'model = "',
    "mshub.load(",
    "🙂",
    "中",
    "a" * 50,
)
PATHS = (
    "mshub_res/assets/mindspore/1.10/lenet_mnist.md",
    "mshub_res/assets/noah-cvlab/gpu/1.1/a_v1.0_b_cn.md",
    "mshub_res/assets/mindspore/a.md",
    "README.md",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run showed: times in seconds, memory in bytes, and the pages that broke a bound."""

    pages: int
    findings: int
    seconds: float
    slowest: float
    grown: int
    broken: tuple[tuple[int, str, bytes], ...]


def pages(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Paths and pages: some as people write them, most with a few mutations, some with many."""
    chance = random.Random(seed)
    for _ in range(count):
        data = _page(chance).encode("utf-8", "surrogatepass")
        for _ in range(chance.choice((0, 1, 1, 2, 3, 5, 40))):
            data = _mutated(chance, data)[:MAX_DATA]
        yield chance.choice(PATHS), data


def run(seed: int, count: int) -> Outcome:
    """Reads and judges pages, each alone."""
    before = _peak()
    chosen, findings, slowest, broken = policy.default(), 0, 0.0, []
    started = time.perf_counter()
    for number, (path, data) in enumerate(pages(seed, count)):
        begun = time.perf_counter()
        trouble = ""
        try:
            found = engine.check([engine.Subject(parse(path, data))], Facts(), chosen)
        except Exception as error:  # noqa: BLE001 - any exception at all is what is looked for
            trouble = f"{type(error).__name__}: {error}"
        else:
            findings += len(found)
            trouble = next((f"rule failed: {dict(f.values)}" for f in found if f.rule == engine.CRASHED), "")
        took = time.perf_counter() - begun
        slowest = max(slowest, took)
        if took > MAX_SECONDS:
            trouble = trouble or f"{took:.1f} s"
        if trouble:
            broken.append((number, trouble, data))
    return Outcome(count, findings, time.perf_counter() - started, slowest, _peak() - before, tuple(broken))


def _page(chance: random.Random) -> str:
    fields = [name for name in FIELDS if chance.random() < 0.9]
    if chance.random() < 0.2:
        chance.shuffle(fields)
    end = chance.choice(("\n", "\n\n"))
    header = end.join(f"{name}: {chance.choice(FIELDS[name])}" for name in fields)
    entries = "".join(_entry(chance) for _ in range(chance.choice((0, 1, 1, 1, 2, 5))))
    body = chance.choice(("", '## Usage\n\nmodel = "mindspore/1.10/x"\n', "## A\n\ntext\n" * 20, "# 标题\n"))
    text = f"# LeNet\n\n---\n\n{header}\n\nasset:\n\n{entries}\n---\n\n{body}"
    return text.replace("\n", "\r\n") if chance.random() < 0.1 else text


def _entry(chance: random.Random) -> str:
    form, link, digest = (
        chance.choice(("ckpt", "CKPT", "zip", "")),
        chance.choice(LINKS),
        chance.choice(DIGESTS),
    )
    return f"-\n    file-format: {form}\n    asset-link: {link}\n    asset-sha256: {digest}\n"


def _mutated(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(len(data) + 1)
    other = chance.randrange(len(data) + 1)
    low, high = min(place, other), max(place, other)
    match chance.randrange(9):
        case 0:
            return data[:place] + chance.choice(PIECES).encode() + data[place:]
        case 1:
            return data[:low] + data[min(high, low + 40) :]
        case 2:
            return data[:high] + data[low:]
        case 3:
            return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
        case 4:
            times = chance.choice((2, 10, 100, 1_000 if chance.random() < 0.1 else 5, 5))
            return data[:place] + chance.choice(PIECES).encode() * times + data[place:]
        case 5:
            lines = data.split(b"\n")
            chance.shuffle(lines)
            return b"\n".join(lines)
        case 6:
            return data[:place]
        case 7:
            times = MAX_REPEAT if chance.random() < 0.01 else 3
            return data[:place] + chance.choice(PIECES).encode() * times
        case _:
            line = chance.choice(data.split(b"\n")) + b"\n"
            return data[:place] + line * chance.choice((1, 2, 50)) + data[place:]


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100_000)
    args = parser.parse_args()
    outcome = run(args.seed, args.count)
    print(
        f"{outcome.pages} pages, {outcome.findings} findings, {outcome.seconds:.0f} s, "
        f"slowest {outcome.slowest * 1000:.0f} ms, memory grown by {outcome.grown / 1e6:.0f} MB, "
        f"broken {len(outcome.broken)}"
    )
    for number, trouble, data in outcome.broken[:20]:
        file = Path(f"fuzz-{args.seed}-{number}.md")
        file.write_bytes(data)
        print(f"{file}: {trouble}")
    return 1 if outcome.broken or outcome.grown > MAX_MEMORY else 0


if __name__ == "__main__":
    sys.exit(main())
