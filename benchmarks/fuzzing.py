"""Runs a fuzzer's inputs in batches, each in a child process: a crash or a hang costs one input, not the run.

An input is a function of a seed and its number, so that any of them can be made again alone, and a run that
was ended goes on where its file of state says.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import random
import resource
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from mmap import mmap
from pathlib import Path
from typing import Protocol

#: Seconds between two looks of the watchdog, and looks without progress after which an input counts as a
#: hang. Looks are counted, not time, so that a run that was stopped for a while has not hung.
LOOK = 0.5
MAX_LOOKS = 60
#: A run that finds so much has found enough.
MAX_BROKEN = 50
_NUMBER = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one input came to: under which words it counts, and what is wrong, if anything."""

    counts: tuple[str, ...]
    trouble: str = ""


class Target(Protocol):
    """A fuzzer: makes inputs and judges them, the latter in a process of its own."""

    name: str
    suffix: str
    batch: int
    #: Processor seconds that one input may take.
    slow: float

    def make(self, seed: int, number: int) -> bytes: ...

    def start(self) -> Callable[[int, int], Verdict]:
        """What is needed to judge inputs by seed and number, made once a process."""
        ...


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run showed: processor seconds, the slowest input's too, and bytes by which memory grew."""

    done: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    cpu: float = 0.0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_number: int = -1
    grown: int = 0
    broken: tuple[tuple[int, str], ...] = ()


def chance_of(seed: int, number: int) -> random.Random:
    """The randomness that one input is made with."""
    return random.Random((seed << 40) + number)


def run(
    target: Target, seed: int, first: int, count: int, state: Path | None = None, looks: int = MAX_LOOKS
) -> Figures:
    """Judges inputs `first` to `first + count`; with a file of state only those that are not done yet."""
    figures = _restored(state, seed, first)
    while figures.done < count and len(figures.broken) < MAX_BROKEN:
        begun = time.monotonic()
        start = first + figures.done
        batch = _batch(target, seed, start, min(target.batch, count - figures.done), looks)
        figures = replace(_added(figures, batch), seconds=figures.seconds + time.monotonic() - begun)
        if state:
            _keep(state, seed, first, figures)
    return figures


def judge_all(target: Target, seed: int, numbers: range, reached: Callable[[int], None]) -> Figures:
    """Judges inputs in this process, one after the other."""
    before, begun, counts = _peak(), time.process_time(), Counter[str]()
    slowest, slowest_number, broken = 0.0, -1, []
    judge = target.start()
    for number in numbers:
        reached(number)
        started = time.process_time()
        verdict = judge(seed, number)
        took = time.process_time() - started
        counts.update(verdict.counts)
        if took > slowest:
            slowest, slowest_number = took, number
        trouble = verdict.trouble or (f"{took:.1f} s of the processor" if took > target.slow else "")
        if trouble:
            broken.append((number, trouble))
    cpu, grown = time.process_time() - begun, _peak() - before
    return Figures(len(numbers), counts, cpu, 0.0, slowest, slowest_number, grown, tuple(broken[:MAX_BROKEN]))


def _batch(target: Target, seed: int, start: int, count: int, looks: int) -> Figures:
    """A batch in a child; what kills or hangs the child is noted, and the inputs before it judged again."""
    progress = mmap(-1, _NUMBER)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _work(target, seed, range(start, start + count), progress, writer)
    os.close(writer)
    said, hung = _listen(reader, progress, child, looks)
    _, status = os.waitpid(child, 0)
    if said and not status:
        return _from_json(json.loads(said))
    number = int.from_bytes(progress[:], "little")
    why = "hang" if hung else f"the process ended with {os.waitstatus_to_exitcode(status)}"
    before = _batch(target, seed, start, number - start, looks) if number > start else Figures()
    return _added(before, Figures(done=1, counts={"died": 1}, broken=((number, why),)))


def _work(target: Target, seed: int, numbers: range, progress: mmap, writer: int) -> None:
    """The child's life; it ends here."""
    faulthandler.enable()
    faulthandler.register(signal.SIGTERM, chain=True)

    def reached(number: int) -> None:
        progress[:] = number.to_bytes(_NUMBER, "little")

    try:
        figures = judge_all(target, seed, numbers, reached)
        with os.fdopen(writer, "wb") as out:
            out.write(json.dumps(_as_json(figures)).encode())
    except BaseException as error:  # noqa: BLE001 - the child must not go on as its parent would
        sys.excepthook(type(error), error, error.__traceback__)
        os._exit(1)
    os._exit(0)


def _listen(reader: int, progress: mmap, child: int, most: int) -> tuple[bytes, bool]:
    """What the child says at its end, and whether it had to be ended because it made no progress."""
    said, looks, seen = b"", 0, b""
    with os.fdopen(reader, "rb", buffering=0) as source:
        while True:
            if select.select([source], [], [], LOOK)[0]:
                piece = source.read(1 << 16)
                if not piece:
                    return said, False
                said += piece
                continue
            now = progress[:]
            looks = looks + 1 if now == seen else 0
            seen = now
            if looks > most:
                os.kill(child, signal.SIGTERM)
                time.sleep(LOOK)
                os.kill(child, signal.SIGKILL)
                return b"", True


def _added(one: Figures, other: Figures) -> Figures:
    slower = max(one, other, key=lambda figures: figures.slowest)
    return Figures(
        done=one.done + other.done,
        counts=Counter(one.counts) + Counter(other.counts),
        cpu=one.cpu + other.cpu,
        seconds=one.seconds + other.seconds,
        slowest=slower.slowest,
        slowest_number=slower.slowest_number,
        grown=max(one.grown, other.grown),
        broken=one.broken + other.broken,
    )


def _as_json(figures: Figures) -> dict[str, object]:
    return {name: getattr(figures, name) for name in Figures.__slots__}


def _from_json(said: Mapping[str, object]) -> Figures:
    broken = said["broken"]
    assert isinstance(broken, list)
    return replace(Figures(**said), broken=tuple((number, why) for number, why in broken))  # type: ignore[arg-type]  # written by _as_json


def _restored(state: Path | None, seed: int, first: int) -> Figures:
    if state is None or not state.exists():
        return Figures()
    kept = json.loads(state.read_text(encoding="utf-8"))
    if (kept["seed"], kept["first"]) != (seed, first):
        raise SystemExit(f"{state} is of another run: seed {kept['seed']}, first {kept['first']}")
    return _from_json(kept["figures"])


def _keep(state: Path, seed: int, first: int, figures: Figures) -> None:
    whole = {"seed": seed, "first": first, "figures": _as_json(figures)}
    beside = state.with_name(f"{state.name}.new")
    beside.write_text(json.dumps(whole), encoding="utf-8")
    beside.replace(state)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(target: Target, description: str) -> int:
    """The command line of a fuzzer. Inputs that broke something are written to files and named."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--state", type=Path, help="file by which a run that was ended goes on")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for inputs that broke something")
    args = parser.parse_args()
    figures = run(target, args.seed, args.first, args.count, args.state)
    print(
        f"{figures.done} {target.name} in {figures.seconds:.0f} s ({figures.cpu:.0f} s of the processor, "
        f"{figures.done / max(figures.cpu, 0.001):.0f} a second of it), slowest "
        f"{figures.slowest * 1000:.0f} ms (number {figures.slowest_number}), "
        f"memory grown by {figures.grown / 1e6:.0f} MB, broken {len(figures.broken)}"
    )
    print(", ".join(f"{word}: {count}" for word, count in sorted(figures.counts.items())))
    for number, trouble in figures.broken:
        file = args.out / f"fuzz-{args.seed}-{number}{target.suffix}"
        file.write_bytes(target.make(args.seed, number))
        print(f"{file}: {trouble}")
    return int(bool(figures.broken))
