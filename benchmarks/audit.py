"""Audits a whole hub that rots under the audit's eyes, killed again and again, and counts what it missed.

    HUBBOT_PYTHON=.venv/bin/python PYTHONPATH=SIMULATOR:. python -m benchmarks.audit HUB.git [--kills 6]

Needs the simulator that the acceptance tests use, and its dependencies. Every file of the hub is served from
loopback; pages are rewritten to declare what is served. The days between rounds pass by a moved clock. Each
day a worker of its own, as `hubbot worker` runs it, does the round that is due; on the first it is killed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = "mshub_res/assets/"
DAY = 86400.0
SECRET = "benchmark"
#: Bytes of a file that is served; what is measured is the audit, not the line.
SIZE = 20_000
#: One file of so many is an archive under a checkpoint's name.
ZIP_EVERY = 250
#: How many files each kind of trouble befalls.
PLANTED = {"differs": 10, "flaky": 20, "cut": 10, "down": 10, "unsteady": 5, "rot": 15,
           "blink": 10, "html": 3, "changed": 10, "silently": 6, "replaced": 4}  # fmt: skip


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] == "day":
        _work(float(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("hub", help="a bare clone of the hub, which stays as it is")
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--keep", type=Path, help="where the database goes, to look at it afterwards")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ok = _run(options.hub, options.kills, options.keep or Path(folder))
    raise SystemExit(0 if ok else 1)


# -- the world that rots ------------------------------------------------------


@dataclass
class Plan:
    """Which file has which trouble, and what the audit must say of it in the end."""

    kinds: dict[str, str] = field(default_factory=dict)

    def urls(self, *kinds: str) -> list[str]:
        return [url for url, kind in self.kinds.items() if kind in kinds]


def _run(hub: str, kills: int, folder: Path) -> bool:
    from forgesim import Sim

    folder.mkdir(parents=True, exist_ok=True)
    with Sim(hub, "http://127.0.0.1:9", forges=("github",), mode="token", secret=SECRET,
             workdir=folder / "simulator") as sim:  # fmt: skip
        served = _serve(sim, hub)
        plan = _plan(served)
        environment = _environment(sim, folder)
        planted = dict(Counter(plan.kinds.values()))
        print(f"{served['pages']} pages name {len(served['rules'])} files; planted: {planted}")
        _first_day(sim, plan)
        killed = _day(environment, 0, kills)
        _report("day 0, every file whole", killed)
        twice = {u: r.usage.statuses[200] for u, r in served["rules"].items() if plan.kinds.get(u) is None}
        again = sum(count > 1 for count in twice.values())
        print(
            f"  killed {killed['kills']} times; of {len(twice)} files without trouble {again} were read twice"
        )
        _second_day(sim, plan)
        before = sum(r.usage.bytes_sent for r in served["rules"].values())
        _report("day 1, are they there", _day(environment, 1, 0))
        sent = sum(r.usage.bytes_sent for r in served["rules"].values()) - before
        print(f"  bytes sent: {sent}")
        _mend(sim, plan, "blink")
        _report("day 2, are they there", _day(environment, 2, 0))
        last = _day(environment, 7.5, 0)
        _report("day 7, every file whole", last)
        return _judge(plan, served, last, again <= killed["kills"])


def _serve(sim: Any, hub: str) -> dict[str, Any]:
    """Serves every file, and makes the pages declare what is served, as whole or as cut as before."""
    from rules.page import parse

    listed = _git(hub, "ls-tree", "-r", "-z", "master", "--", ROOT).split(b"\0")
    entries = [entry.partition(b"\t") for entry in listed if entry.endswith(b".md")]
    blobs = _git(hub, "cat-file", "--batch", stdin=b"".join(e[0].split()[2] + b"\n" for e in entries))
    rules: dict[str, Any] = {}
    files: dict[str, Any] = {}
    uses: dict[str, list[str]] = {}
    declared: dict[str, str] = {}
    at = 0
    for _, _, name in entries:
        end = blobs.index(b"\n", at)
        size = int(blobs[at:end].split()[2])
        path, data = name.decode(), blobs[end + 1 : end + 1 + size]
        at = end + 2 + size
        changed = data
        for asset in parse(path, data).assets:
            parts = urlsplit(asset.link)
            if asset.link not in rules:
                content: dict[str, Any] = {"size": SIZE, "seed": len(rules) + 1}
                if len(rules) % ZIP_EVERY == 5:
                    content = {"body": b"PK\3\4" + random.Random(len(rules)).randbytes(SIZE)}
                rules[asset.link] = sim.assets.add(parts.netloc, parts.path, **content)
            whole = rules[asset.link].sha256
            if asset.sha256:
                # Not everywhere: an address may hold the beginning of the digest, too.
                old, new = re.escape(asset.sha256.encode()), whole[: len(asset.sha256)].encode()
                changed = re.sub(rb"(?i)(sha256\W{1,20})" + old, rb"\g<1>" + new, changed)
            uses.setdefault(asset.link, []).append(path)
            declared[asset.link] = asset.sha256
        if changed != data:
            files[path] = changed
    sim.github.push_branch(files, message="Declare what is served")
    return {"pages": len(entries), "rules": rules, "uses": uses, "declared": declared}


def _plan(served: dict[str, Any]) -> Plan:
    # Spread by a shuffle, so that no three in a row look like a host that is down.
    zips = [url for url, rule in served["rules"].items() if rule.body is not None]
    urls = [url for url in served["rules"] if len(served["declared"][url]) == 64 and url not in zips]
    random.Random(7).shuffle(urls)
    kinds = dict.fromkeys(zips, "format")
    for kind, count in PLANTED.items():
        for url in urls[:count]:
            kinds[url] = kind
        del urls[:count]
    return Plan(kinds)


def _first_day(sim: Any, plan: Plan) -> None:
    options: dict[str, dict[str, Any]] = {
        "differs": {"seed": 90_000, "size": SIZE},
        "flaky": {"fail_times": 2, "fail_status": 503},
        "cut": {"cut_after": 5_000, "cut_times": 2},
        "down": {"status": 503},
        "unsteady": {"changing": "fetch", "size": SIZE, "seed": 80_000},
        # A change that neither length nor version tells of is for the next round that reads all.
        "silently": {"etag": False},
    }
    for url, kind in plan.kinds.items():
        if kind in options:
            _again(sim, url, **options[kind])


def _second_day(sim: Any, plan: Plan) -> None:
    for url in plan.urls("rot", "blink"):
        _again(sim, url, status=404)
    for url in plan.urls("html"):
        _again(sim, url, kind="html")
    for number, url in enumerate(plan.urls("changed", "replaced")):
        _again(sim, url, seed=70_000 + number, size=SIZE)
    for number, url in enumerate(plan.urls("silently")):
        _again(sim, url, seed=60_000 + number, size=SIZE, etag=False)


def _mend(sim: Any, plan: Plan, kind: str) -> None:
    for url in plan.urls(kind):
        sim.assets.remove(_rule(sim, url))


def _rule(sim: Any, url: str) -> Any:
    """The rule that answers now: the newest."""
    parts = urlsplit(url)
    return next(r for r in sim.assets.rules if (r.host, r.path) == (parts.netloc, parts.path))


def _again(sim: Any, url: str, **options: Any) -> None:
    """Serves an address otherwise; what was there before comes back when the newer rule goes."""
    parts, old = urlsplit(url), _rule(sim, url)
    same = {} if {"body", "seed", "kind"} & options.keys() else {"size": SIZE, "seed": old.seed}
    sim.assets.add(parts.netloc, parts.path, **{**same, **options})


# -- the audit, and what it is held to ----------------------------------------


def _environment(sim: Any, folder: Path) -> dict[str, str]:
    address, port = sim.assets.https_address
    return {
        **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")},
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "DATABASE_URL": f"sqlite:///{folder / 'audit.sqlite'}",
        "GITHUB_API_URL": sim.github.url,
        "GITHUB_TOKEN": sim.github.bot_token,
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "GITHUB_REPOSITORIES": sim.github.repo.full_name,
        "ASSET_CONNECT_TO": f"::{address}:{port}",
        "ASSET_CA_BUNDLE": str(sim.assets.ca_file),
        "AUDIT_EVERY_HOURS": "168",
        "AUDIT_PAUSE_SECONDS": "0",
    }


def _day(environment: dict[str, str], days: float, kills: int) -> dict[str, Any]:
    """Does the round of a day, killed so many times on the way; what is known afterwards."""
    command = [os.environ.get("HUBBOT_PYTHON", sys.executable), "-m", "benchmarks.audit", "day", str(days)]
    begun, chance = time.monotonic(), random.Random(3)
    done = 0
    while True:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        limit = chance.uniform(3.0, 7.0) if done < kills else None
        try:
            out, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            done += 1
            continue
        if process.returncode:
            raise SystemExit(f"the worker ended with {process.returncode}")
        return {**json.loads(out), "seconds": time.monotonic() - begun, "kills": done}


def _report(what: str, found: dict[str, Any]) -> None:
    states, incidents = Counter(found["states"].values()), Counter(k for k, _ in found["incidents"])
    print(f"{what}: {found['seconds']:.0f} s, pages {dict(states)}, open incidents {dict(incidents)}")


def _judge(plan: Plan, served: dict[str, Any], found: dict[str, Any], resumed: bool) -> bool:
    """Every planted trouble found, and no incident that was not planted."""
    should = {("changed", u) for u in plan.urls("changed", "silently", "replaced")}
    should |= {("dead", u) for u in plan.urls("rot", "html")}
    incidents = {(kind, url) for kind, url in found["incidents"]}
    expected = {"differs": "differs", "format": "format", "down": "silent"}
    fine = {"flaky", "cut", "blink"}
    wrong = []
    for url, kind in plan.kinds.items():
        states = {found["states"][path] for path in served["uses"][url]}
        if (kind in expected and expected[kind] not in states) or (kind in fine and states != {"sound"}):
            wrong.append((kind, sorted(states), url))
    missed, false = should - incidents, incidents - should
    print(f"incidents: planted {len(should)}, missed {len(missed)}, false {len(false)}")
    print(f"other troubles: planted {len(plan.kinds) - len(should)}, said wrongly {len(wrong)}")
    for line in [*sorted(missed), *sorted(false), *wrong][:20]:
        print("  ", *line)
    return should == incidents and not wrong and resumed


def _git(repository: str, *arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(
        ["git", "-C", repository, *arguments], input=stdin, stdout=subprocess.PIPE, check=True
    ).stdout


# -- a worker whose clock is moved --------------------------------------------


def _work(days: float) -> None:
    """Runs a worker until the round that is due at the moved clock is over; prints what is known then."""
    from dataclasses import replace

    from bot import settings, wiring
    from bot.downloads import Fetcher
    from bot.downloads.limits import AUDIT_LIMITS
    from bot.flows.worker import Worker

    def now() -> float:
        return time.time() + days * DAY

    chosen = settings.load(os.environ)
    with wiring.world(chosen) as world:
        assert world.auditor is not None
        world.queue.forget_workers()
        fetcher = Fetcher(AUDIT_LIMITS, connect_to=chosen.connect_to, ca_bundle=chosen.ca_bundle, now=now)
        moved = replace(world, now=now, auditor=replace(world.auditor, fetcher=fetcher))
        hub = f"github/{chosen.github.repositories[0]}" if chosen.github else ""
        stop = threading.Event()
        threading.Thread(target=_stop_after, args=(world.auditor.store, hub, now() - DAY / 2, stop)).start()
        Worker(moved, drain=1.0).run(stop)
        json.dump(_known(world.store.engine, hub), sys.stdout)


def _stop_after(store: Any, hub: str, since: float, stop: threading.Event) -> None:
    while not stop.wait(0.2):
        last = store.last_round(hub, "digests", "alive")
        if last is not None and last.started_at > since and last.finished_at is not None:
            stop.set()


def _known(engine: Any, hub: str) -> dict[str, Any]:
    from bot.store.hubview import HubView, Query

    view = HubView(engine)
    rows, _ = view.pages(hub, Query(limit=100_000))
    standing = view.incidents(hub, 100_000, standing=True)
    return {
        "states": {row.path: row.state.value for row in rows},
        "incidents": [(entry.kind.value, entry.history.url) for entry in standing],
    }


if __name__ == "__main__":
    main()
