"""Generated and mutated pages in any number: reading and judging them never raises, and never takes long.

One in thirty-two is also judged beside the one before as its base version, mended, and written in every
format.
`python -m benchmarks.fuzz_pages --count 1000000 --seed 1 --state pages.json`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

from benchmarks import fuzzing
from benchmarks.fuzzing import Verdict, chance_of
from rules import engine, policy
from rules.facts import Facts
from rules.finding import Finding
from rules.fix import fix
from rules.output import concise, github, json, markdown, rdjson, sarif, text
from rules.output.result import Result
from rules.page import Page, parse
from rules.rule import Subject
from rules.source import MAX_PAGE

#: How many times a piece may be repeated by one mutation, at most.
MAX_REPEAT = 20_000
#: Mutations add up; a page beyond what the reader takes in is no more interesting for being longer.
MAX_DATA = MAX_PAGE + 1_000
#: One page in so many goes the whole way.
WHOLE = 32
FORMATS = (concise, github, json, markdown, rdjson, sarif, text)

FIELDS = {
    "model-name": ("lenet", "LeNet 5", "模型", ""),
    "backbone-name": ("lenet", "-", "[]"),
    "module-type": ("cv", "cv-classification", "CV", "cv-super-resolution", "nlp-", "x" * 300),
    "fine-tunable": ("True", "no", "~"),
    "model-version": ("1.10", "v1.1", "1.10.0", "１.1", "[1, 2]"),
    "train-dataset": ("mnist", "N/A", "COCO2017, mnist", "MVtecAD_bottle"),
    "evaluation": ("acc=0.98", "acc: 1", "-", "no", "{a: 1}"),
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
#: Those that no page should have.
STRANGE = ("模型名称", "unknown")
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


def page(seed: int, number: int) -> tuple[str, bytes]:
    """A path and a page: some as people write them, most with a few mutations, some with many."""
    chance = chance_of(seed, number)
    data = _page(chance).encode("utf-8", "surrogatepass")
    for _ in range(chance.choice((0, 1, 1, 2, 3, 5, 40))):
        data = _mutated(chance, data)[:MAX_DATA]
    return chance.choice(PATHS), data


class Pages:
    """The fuzzer for `benchmarks.fuzzing`."""

    name, suffix = "pages", ".md"
    batch = 5_000
    #: A page is read and judged thousands of times faster by far.
    slow = 1.0

    def make(self, seed: int, number: int) -> bytes:
        return page(seed, number)[1]

    def start(self) -> Callable[[int, int], Verdict]:
        return judge


def judge(seed: int, number: int) -> Verdict:
    """Reads and judges a page alone, and one in `WHOLE` in every way there is."""
    path, data = page(seed, number)
    return judge_page(path, data, page(seed, number - 1)[1] if number % WHOLE == 0 else None)


def judge_page(path: str, data: bytes, base: bytes | None) -> Verdict:
    """Judges a page alone, and where there is a `base` in every way there is."""
    try:
        read = parse(path, data)
        found = engine.check([Subject(read)], Facts(), policy.default())
        if base is not None:
            found += _whole(read, data, parse(path, base))
    except Exception as error:  # noqa: BLE001 - any exception at all is what is looked for
        return Verdict(("raised",), f"{type(error).__name__}: {error}")
    crashed = [f"rule failed: {dict(f.values)}" for f in found if f.rule == engine.CRASHED]
    return Verdict(("read" if not read.troubles else "refused", *_words(found)), "".join(crashed[:1]))


def _whole(read: Page, data: bytes, base: Page) -> list[Finding]:
    """A page as a change of another, mended until nothing is left to mend, and written in every format."""
    found = engine.check([Subject(read, base)], Facts(), policy.default())
    engine.wanted([read])
    engine.wanted_confs([read])
    fixed = fix({read.path: data}, Facts(), policy.default())
    again = fix({read.path: fixed.changed.get(read.path, data)}, Facts(), policy.default())
    if again.changed:
        raise AssertionError("mending what was mended changes it")
    for lang in ("en", "zh"):
        result = Result(tuple(found), 1, lang, {read.path: tuple(read.lines)})
        for form in FORMATS:
            form.render(result).encode()
    return [*found, *fixed.findings]


def _words(found: list[Finding]) -> tuple[str, ...]:
    return ("with findings",) if found else ("clean",)


def _page(chance: random.Random) -> str:
    oddness = chance.choice((0.0, 0.05, 0.3, 1.0))
    fields = [name for name in FIELDS if chance.random() < (oddness if name in STRANGE else 0.95)]
    if chance.random() < 0.2:
        chance.shuffle(fields)
    end = chance.choice(("\n", "\n\n"))
    header = end.join(f"{name}: {_value(chance, FIELDS[name], oddness)}" for name in fields)
    entries = "".join(_entry(chance) for _ in range(chance.choice((0, 1, 1, 1, 2, 5))))
    body = chance.choice(("", '## Usage\n\nmodel = "mindspore/1.10/x"\n', "## A\n\ntext\n" * 20, "# 标题\n"))
    text = f"# LeNet\n\n---\n\n{header}\n\nasset:\n\n{entries}\n---\n\n{body}"
    return text.replace("\n", "\r\n") if chance.random() < 0.1 else text


def _value(chance: random.Random, values: tuple[str, ...], oddness: float) -> str:
    """The first of the values, which is as it should be, or any of them."""
    return chance.choice(values) if chance.random() < oddness else values[0]


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


if __name__ == "__main__":
    sys.exit(fuzzing.main(Pages(), __doc__.splitlines()[0]))
