"""What a review costs GitHub: requests, writes and seconds of ten real pull requests and one of 479 pages.

Needs a simulator of GitHub on PYTHONPATH (`forgesim`, with the hub's history beside it) and its packages:

    PYTHONPATH=<simulator>:. HUBBOT_PYTHON=<python> <its python> benchmarks/forge.py [app] [token]

`--bulk` leaves the ten out, `-v` lists the requests by route.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.acceptance.pages import Hub, prepare
from tests.acceptance.world import GATE, Mode, World, is_final, states, summaries

#: The ten largest reviews of the hub's history that differ in kind, and small ones as most are.
NUMBERS = () if "--bulk" in sys.argv else (136, 176, 208, 216, 252, 299, 314, 357, 373, 397)
FOLDERS = [f"mshub_res/assets/mindspore/{version}" for version in ("1.6", "1.7", "1.8")]
BULK_PAGES = 479
BULK = 240.0


def main(credentials: list[str]) -> int:
    import forgesim
    from forgesim.github.access import new_key

    python = os.environ.get("HUBBOT_PYTHON", sys.executable)
    failed = False
    with tempfile.TemporaryDirectory(prefix="hubbot-forge-") as folder:
        hub = prepare(Path(forgesim.__file__).parents[1] / "hub", Path(folder), 4)
        print("| mode | pull request | files | requests | writes | seconds | gate | violations |")
        print("|---|---|---:|---:|---:|---:|---|---|")
        for credential in credentials or ["token", "app"]:
            place = Path(folder) / credential
            place.mkdir()
            world = World(Mode("github", credential), hub, place, python, new_key())
            with world.sim:
                world.bot.start()
                try:
                    for pull in _pulls(world, hub):
                        failed |= _row(world, credential, *pull)
                finally:
                    world.bot.stop()
    return int(failed)


def _pulls(world: World, hub: Hub) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    told = {pull["number"]: pull for pull in hub.pulls}
    found = [(f"hub !{number}", *_real(world, hub, told[number])) for number in NUMBERS]
    pages = [page for page in hub.pages("master", FOLDERS) if page.links][:BULK_PAGES]
    served, _ = world.serve_all(pages)
    base = world.forge.repo.store.commit_files(world.forge.tip(), {page.path: None for page in pages})
    bad = [page.changed("mindspore-version:", "mindspore-version: v1.9") for page in served]
    # First, so that no pull request of the history adds the same pages, each of which would be asked after.
    return [
        ("479 new pages", {page.path: page.text for page in served}, {"base_sha": base}),
        ("479 pages, each with a defect", {page.path: page.text for page in bad}, {"base_sha": base}),
        *found,
    ]


def _real(world: World, hub: Hub, told: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    gone = [file["path"] for file in told["files"] if file["status"] == "D"]
    gone += [file["old_path"] for file in told["files"] if file["status"] == "R"]
    kept = [file["path"] for file in told["files"] if file["status"] != "D"]
    read = list(hub.read(told["head"], kept))
    pages, _ = world.serve_all([page for page in read if page.path.endswith(".md")])
    others = [page for page in read if not page.path.endswith(".md")]
    files: dict[str, str | None] = {page.path: page.text for page in [*pages, *others]}
    options = {"base_sha": told["merge_base"], "base_ref": told["branch"], "title": told["title"]}
    return files | dict.fromkeys(gone), options


def _row(world: World, credential: str, name: str, files: dict[str, Any], options: dict[str, Any]) -> bool:
    """Prints the line of one pull request; whether something was wrong with it."""
    forge, since = world.forge, time.time()
    before = len([entry for entry in world.sim.recorder.of("github") if entry.is_bot])
    pull = world.open(files, **options)
    outcome = world.wait(pull, is_final, BULK)
    entries = [entry for entry in world.sim.recorder.of("github") if entry.is_bot][before:]
    writes = [e for e in entries if e.method != "GET" and not e.path.endswith("/graphql")]
    writes = [e for e in writes if not e.path.endswith("/access_tokens")]
    complaints = world.violations(since)
    row = [credential, name, len(files), len(entries), len(writes), outcome["final_s"], states(outcome)[GATE]]
    print("|", " | ".join(map(str, row)), "|", len(complaints), "|", flush=True)
    if "-v" in sys.argv:
        for route, times in Counter(f"{e.method} {e.route or e.path}" for e in entries).most_common():
            print(f"    {times:3} {route}")
        print("   ", [kind for _, kind, _ in outcome["writes"]], complaints)
    forge.close(pull)
    return bool(complaints) or len(summaries(outcome)) > 1


if __name__ == "__main__":
    sys.exit(main([word for word in sys.argv[1:] if not word.startswith("-")]))
