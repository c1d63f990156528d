"""A hub that rots: the audit finds on `/hub` what was planted and nothing else, killed in the middle."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import PYTHON
from tests.acceptance.pages import AssetPage, Hub, checkpoint
from tests.acceptance.process import until
from tests.acceptance.world import Mode, World

pytestmark = pytest.mark.network

DAY = 86_400
#: What befalls a page's file, and the words of `/hub` for it once it was looked at on two days.
PLANTED = {
    "rot": "Gone",
    "changed": "Changed",
    "differs": "Differs",
    "flaky": "Sound",
    "cut": "Sound",
    "down": "Not verified",
}
SOUND = 5
#: A host of its own for the file whose server never answers well.
DOWN_HOST = "down.example.com"
#: One round of a dozen small files on two busy cores, with a host's patience.
ROUND_WITHIN = 50.0
MOMENTS = ("read_at", "changed_at", "checked_at", "seen_at", "first_miss", "last_miss", "failing_since")


@dataclass
class Patrolled:
    """The world of a small hub, its pages by what befalls them, and the servers' rules by page."""

    world: World
    pages: Mapping[str, AssetPage]
    rules: dict[str, Any] = field(default_factory=dict)

    def serve(self, kind: str, **options: Any) -> None:
        host, path = self.pages[kind].address
        body = {} if {"status", "seed"} & options.keys() else {"body": checkpoint(self.pages[kind].path)}
        self.rules[kind] = self.world.sim.assets.add(host, path, **body, **options)

    def states(self) -> dict[str, str]:
        """What `/hub` says of each page."""
        address = f"http://127.0.0.1:{self.world.bot.port}/hub?lang=en&sort=page"
        with urllib.request.urlopen(address, timeout=10) as answer:
            text = answer.read().decode()
        rows = re.findall(r'<tr><td>((?:(?!</td>).)*)</td><td><a href="/hub/([^"?]*)', text, re.DOTALL)
        words = {path: re.sub(r"<svg.*?</svg>|<[^>]*>", "", pill, flags=re.DOTALL) for pill, path in rows}
        paths = {
            kind: page.path.removeprefix("mshub_res/assets/").removesuffix(".md")
            for kind, page in self.pages.items()
        }
        assert set(words) == set(paths.values())
        return {kind: words[path].strip() for kind, path in paths.items()}

    def rounds(self) -> int:
        """How many are over."""
        with sqlite3.connect(self.world.bot.folder / "bot.sqlite") as database:
            query = "SELECT count(*) FROM audit_rounds WHERE finished_at IS NOT NULL"
            return int(database.execute(query).fetchone()[0])

    def a_day_passes(self) -> None:
        """For the stopped bot, whose clock is the machine's: everything that it knows is a day older."""
        with sqlite3.connect(self.world.bot.folder / "bot.sqlite") as database:
            database.execute(
                "UPDATE audit_rounds SET started_at = started_at - ?, finished_at = finished_at - ?",
                (DAY, DAY),
            )
            database.execute("UPDATE jobs SET due_at = due_at - ?", (DAY,))
            for moment in ("checked_at", "seen_at"):
                database.execute(f"UPDATE audit_files SET {moment} = {moment} - ?", (DAY,))
            for moment in MOMENTS:
                database.execute(
                    "UPDATE audit_files SET document = json_set(document, ?, json_extract(document, ?) - ?)"
                    " WHERE json_extract(document, ?) > 0",
                    (f"$.{moment}", f"$.{moment}", DAY, f"$.{moment}"),
                )


@pytest.fixture
def patrolled(hub: Hub, app_key: str, tmp_path: Path) -> Iterator[Patrolled]:
    kinds = [*PLANTED, *(f"sound{number}" for number in range(SOUND))]
    pages = {kind: declared(kind, page) for kind, page in zip(kinds, hub.shelf, strict=False)}
    small = Hub(small_hub(tmp_path, pages.values()), (), ())
    extra = {"AUDIT_EVERY_HOURS": "23", "AUDIT_ALIVE_HOURS": "0", "AUDIT_PAUSE_SECONDS": "0"}
    world = World(Mode("github", "token"), small, tmp_path, PYTHON, app_key, extra)
    with world.sim:
        try:
            yield Patrolled(world, pages)
        finally:
            world.bot.stop()


def declared(kind: str, page: AssetPage) -> AssetPage:
    """The page with the digest of the file that is served, and a host of its own for the one that is down."""
    made = page.declaring(sha256(checkpoint(page.path)).hexdigest())
    return replace(made, text=made.text.replace(page.address[0], DOWN_HOST)) if kind == "down" else made


def small_hub(folder: Path, pages: Any) -> Path:
    """A bare repository with these pages alone."""
    tree, bare = folder / "tree", folder / "small.git"
    for page in pages:
        target = tree / page.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page.text, encoding="utf-8")
    who = ("-c", "user.name=acceptance", "-c", "user.email=acceptance@example.org")
    for words in (
        ("init", "--quiet", "--initial-branch=master", str(tree)),
        ("-C", str(tree), "add", "--all"),
        ("-C", str(tree), *who, "commit", "--quiet", "-m", "A small hub"),
        ("clone", "--quiet", "--bare", str(tree), str(bare)),
    ):
        subprocess.run(["git", *words], check=True, timeout=60, capture_output=True)
    return bare


def test_what_was_planted_is_found_and_nothing_else(patrolled: Patrolled) -> None:
    bot = patrolled.world.bot
    for number in range(SOUND):
        # Slow enough that the round is killed in the middle of it.
        patrolled.serve(f"sound{number}", drip=2_000 if number == 2 else 0)
    patrolled.serve("rot", status=404)
    patrolled.serve("changed")
    patrolled.serve("differs", seed=5, size=4_096)
    patrolled.serve("flaky", fail_times=1, fail_status=503)
    patrolled.serve("cut", cut_after=1_000, cut_times=1)
    patrolled.serve("down", status=503)
    bot.start()
    slow = patrolled.rules["sound2"]
    until(lambda: slow.usage.active > 0, ROUND_WITHIN, f"the slow file\n{bot.tail()}")
    before = {kind for kind, state in patrolled.states().items() if state == "Sound"}
    bot.kill("worker")
    until(lambda: patrolled.rounds() == 1, ROUND_WITHIN, f"the first round\n{bot.tail()}")
    once = dict.fromkeys(patrolled.pages, "Sound")
    assert patrolled.states() == {**once, "rot": "Missed once", "differs": "Differs", "down": "Not verified"}
    # What was read before the kill was not read again.
    assert {kind for kind in before if patrolled.rules[kind].usage.statuses[200] > 1} <= {"cut"}

    assert bot.stop() == 0
    patrolled.a_day_passes()
    patrolled.serve("changed", seed=9, size=4_096)
    bot.start()
    until(lambda: patrolled.rounds() == 2, ROUND_WITHIN, f"the second round\n{bot.tail()}")
    assert patrolled.states() == {**once, **PLANTED}
    assert patrolled.world.violations(0) == []
    assert bot.stop() == 0
