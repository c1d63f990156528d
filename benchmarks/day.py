"""A busy day in ten minutes: `python -m benchmarks.day [PULLS] [SECONDS] [MODE]`.

Needs the simulator's package `forgesim` on the path, as the acceptance cases do. Opens so many pull requests
in so many seconds; a fifth of the file servers fail (some for a while, some for good), a third of the pull
requests are pushed to while they are reviewed, and deliveries come twice, late and out of order.
MODE is `github-token` (default), `github-app` or `gitee-token`. Then nothing happens for two minutes, in
which the bot's processor time is taken. Ends with 1 if any final state is wrong, or if idling takes too much.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import forgesim
from forgesim.github.access import new_key

from tests.acceptance.pages import AssetPage, prepare
from tests.acceptance.process import ROOT, Bot, descendants
from tests.acceptance.world import AUTHOR, GATE, MODES, World, is_final, states, summaries

SHELF = 200
#: Shares of pull requests pushed to meanwhile or with a slip, of file servers failing a while or for good.
PUSHED, SLIPS, SHAKY, DEAD = 0.33, 0.3, 0.1, 0.1
#: Seconds after the last pull request within which everything must be final.
AFTER = 600.0
#: Seconds for the last work to end, seconds of idling, and the share of a processor that these may take.
SETTLED, IDLE, IDLE_SHARE = 30.0, 120.0, 0.01
#: A day in ten minutes.
COMPRESSED = 144
QUICKER = f"import bot.allowance\nbot.allowance.PER_SECOND *= {COMPRESSED}\n"


@dataclass
class Open:
    """A pull request under way and what must come out."""

    pull: Any
    page: AssetPage
    wanted: str
    at: float
    push: tuple[float, AssetPage, str] | None = None
    done: float = 0.0


@dataclass
class Day:
    """Everything that happened."""

    world: World
    random: random.Random = field(default_factory=lambda: random.Random(1))
    opened: list[Open] = field(default_factory=list)
    free: list[AssetPage] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    finals: Counter[str] = field(default_factory=Counter)

    def begin(self, number: int) -> None:
        page, chance = self.free.pop(0), self.random.random()
        faults: dict[str, Any] = {}
        if chance < SHAKY:
            faults = self.random.choice(
                [{"fail_times": 2, "fail_status": 503}, {"cut_after": 2000, "cut_times": 1}, {"latency": 2.0}]
            )
        elif chance < SHAKY + DEAD:
            faults = {"status": self.random.choice([500, 502, 503])}
        served, _ = self.world.serve(page, size=20_000, **faults)
        dead, slip = chance >= SHAKY and chance < SHAKY + DEAD, self.random.random() < SLIPS
        text, wanted = _judged(served, slip=slip, dead=dead)
        author = AUTHOR if number % 5 else f"author{number % 20}"
        made = Open(self.world.open([text], author=author), page, wanted, time.monotonic())
        if self.random.random() < PUSHED:
            again, wanted = _judged(served, slip=not slip, dead=dead)
            made.push = (made.at + self.random.uniform(0.3, 3.0), again, wanted)
        self.opened.append(made)

    def look(self) -> None:
        """Pushes what is due, and closes what is final: its page may then be added again."""
        for made in [one for one in self.opened if not one.done]:
            now = time.monotonic()
            if made.push is not None:
                if now >= made.push[0]:
                    self.world.push(made.pull, [made.push[1]])
                    made.wanted, made.at, made.push = made.push[2], now, None
                continue
            outcome = self.world.forge.outcome(made.pull)
            # What could not be verified is tried again by itself: that is not yet the end.
            if is_final(outcome) and states(outcome)[GATE] in (made.wanted, "success", "failure"):
                made.done = now
                self.close(made, outcome)

    def close(self, made: Open, outcome: Any) -> None:
        gate, said = states(outcome)[GATE], len(summaries(outcome))
        self.waits.append(made.done - made.at)
        self.finals[gate] += 1
        if gate != made.wanted or said != 1:
            self.wrong.append(f"#{made.pull.number}: {gate} and {said} summaries, not {made.wanted}")
        self.world.forge.close(made.pull)
        self.free.append(made.page)


def _judged(page: AssetPage, *, slip: bool, dead: bool) -> tuple[AssetPage, str]:
    """The page as it is added, and the gate's state that must come out."""
    if slip:
        return page.changed("module-type:", "module-type: vc-classification"), "failure"
    return page, "error" if dead else "success"


def main() -> int:
    """Prints one table."""
    given = sys.argv[1:]
    count, seconds = int((given[:1] or ["1000"])[0]), float((given[1:2] or ["600"])[0])
    mode = next(mode for mode in MODES if str(mode) == (given[2:3] or ["github-token"])[0])
    with tempfile.TemporaryDirectory() as folder:
        hub = prepare(Path(forgesim.__file__).parents[1] / "hub", Path(folder), SHELF)
        # Read by each Python process of the bot before anything else.
        Path(folder, "sitecustomize.py").write_text(QUICKER, "utf-8")
        search = {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
        world = World(
            mode, hub, Path(folder), os.environ.get("HUBBOT_PYTHON", sys.executable), new_key(), search
        )
        access = getattr(world.forge, "access", None)
        for holder in (*access.tokens.values(), *access.installations.values()) if access else ():
            holder.meter.limit *= COMPRESSED
        with world.sim:
            world.bot.start()
            try:
                fine = _live(Day(world), count, seconds)
                time.sleep(SETTLED)
                share = idle_share(world.bot)
                print(f"idle: {share:.2%} of a processor")
                return 0 if fine and share < IDLE_SHARE else 1
            finally:
                world.bot.stop()


def idle_share(bot: Bot) -> float:
    """The part of one processor that all processes of the bot take while nothing happens."""
    assert bot.process is not None
    pids = {bot.process.pid, *descendants(bot.process.pid)}
    before = sum(map(processor_seconds, pids))
    time.sleep(IDLE)
    return (sum(map(processor_seconds, pids)) - before) / IDLE


def processor_seconds(pid: int) -> float:
    """What a process has taken so far, in its own code and in the kernel (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _live(day: Day, count: int, seconds: float) -> bool:
    """Everything that happens, and whether it came out right."""
    day.free = list(day.world.take(SHELF))
    for kind, every in (("duplicate", 5), ("delay", 10), ("reorder", 10)):
        day.world.forge.dispatcher.fault(kind, times=count // every, seconds=2.0)
    begun = time.monotonic()
    for number in range(count):
        while time.monotonic() < begun + number * seconds / count or not day.free:
            day.look()
            time.sleep(0.05)
        day.begin(number)
    opened_in, end = time.monotonic() - begun, time.monotonic() + AFTER
    while any(not one.done for one in day.opened) and time.monotonic() < end:
        day.look()
        time.sleep(0.1)
    day.wrong += [
        f"#{one.pull.number}: {states(day.world.forge.outcome(one.pull))}, not {one.wanted}"
        for one in day.opened
        if not one.done
    ]
    waits = sorted(day.waits)
    deliveries = len(day.world.forge.dispatcher.deliveries)
    print(
        f"{count} pull requests in {opened_in:.0f} s, {deliveries} deliveries; all final {dict(day.finals)}"
    )
    print(f"from push to final: median {statistics.median(waits):.1f} s, most {waits[-1]:.1f} s")
    print(f"{len(day.wrong)} wrong", *day.wrong[:20], sep="\n  ")
    complaints = Counter(note.split(":")[0] for note in day.world.violations(0))
    print(f"complaints of the forge: {dict(complaints)}")
    return not day.wrong


if __name__ == "__main__":
    raise SystemExit(main())
