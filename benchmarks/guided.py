"""Lets coverage choose the inputs: of reading and judging a page, or of reading a signed delivery.

`nice -n 19 python -m benchmarks.guided pages --seconds 300 --corpus corpus-pages`, or `webhooks`.
Needs Atheris, which is no locked requirement: `pip install atheris==3.0.0` into a Python 3.11 that is there
for it. The corpus is made of what benchmarks.fuzz_pages and fuzz_webhooks generate, and grows; what breaks
something is left in the corpus folder's `broken` and named by libFuzzer.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: Inputs of the other fuzzers that a corpus begins with.
SEEDS = 400
#: The longest input in bytes, and the most seconds that one may take; libFuzzer's `-max_len` and `-timeout`.
LONGEST, SLOW = 8_192, 10
#: What is watched: the code that reads what strangers wrote.
WATCHED = ["rules", "bot.forges"]
#: Judges one input. Its first byte chooses what stands beside the content: the path, or the event.
Entry = Callable[[bytes], None]


def pages() -> Entry:
    """Judges a page; raises where a rule or the parser did."""
    fuzz = importlib.import_module("benchmarks.fuzz_pages")
    importlib.import_module("rules.rule").catalogue()  # loaded now, so that the rules are watched as well

    def entry(data: bytes) -> None:
        path = fuzz.PATHS[data[0] % len(fuzz.PATHS)]
        verdict = fuzz.judge_page(path, data[1:], data[1:][::2] if data[0] >= 128 else None)
        if verdict.trouble:
            raise AssertionError(verdict.trouble)

    return entry


def webhooks() -> Entry:
    """Reads a delivery as the receiver does once its signature is right; only a refusal is no defect."""
    fuzz = importlib.import_module("benchmarks.fuzz_webhooks")
    refused = importlib.import_module("bot.forges.base").Refused
    github = importlib.import_module("bot.forges.github.hooks").GitHubHooks([fuzz.SECRET])
    gitee = importlib.import_module("bot.forges.gitee.hooks").GiteeHooks([fuzz.SECRET])

    def entry(data: bytes) -> None:
        kinds = (*fuzz.GITHUB, *fuzz.GITEE)
        number, body = data[0] % len(kinds), data[1:]
        is_github = number < len(fuzz.GITHUB)
        event, hooks = kinds[number][0], github if is_github else gitee
        headers = fuzz.github(event, body, number) if is_github else fuzz.gitee(event)
        try:
            hooks.verify(headers, body, fuzz.time.time())
            hooks.parse(headers, body)
        except refused:
            return
        hooks.redact(body)

    return entry


def seeds(target: str) -> Iterator[bytes]:
    """What the other fuzzers generate, whole ones before mutated ones."""
    fuzz: Any = importlib.import_module(f"benchmarks.fuzz_{target}")
    if target == "pages":
        for number in range(SEEDS):
            path, data = fuzz.page(1, number)
            yield bytes([fuzz.PATHS.index(path)]) + data
        return
    kinds = [said for _, said in (*fuzz.GITHUB, *fuzz.GITEE)]
    common = {"repository": {"full_name": fuzz.REPO}, "sender": fuzz.USER}
    for number in range(SEEDS):
        said = {**common, **kinds[number % len(kinds)]}
        much = 0.0 if number < len(kinds) else 1.0
        body = json.dumps(fuzz.mutated(random.Random(number), said, much)).encode()
        yield bytes([number % len(kinds)]) + body


def main() -> None:
    """Never returns: libFuzzer ends the process, with 77 or 70 where it found something."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("target", choices=("pages", "webhooks"))
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of inputs, made where it is none")
    args = parser.parse_args()
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        raise SystemExit("Atheris is not installed: pip install atheris==3.0.0") from None
    with atheris.instrument_imports(include=WATCHED):
        entry = {"pages": pages, "webhooks": webhooks}[args.target]()
    broken = args.corpus / "broken"
    broken.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(args.target)):
        (args.corpus / f"seed-{number}").write_bytes(seed[:LONGEST])

    def one(data: bytes) -> None:
        if data:
            entry(data)

    limits = [f"-max_total_time={args.seconds}", f"-max_len={LONGEST}", f"-timeout={SLOW}"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={broken}/", str(args.corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
