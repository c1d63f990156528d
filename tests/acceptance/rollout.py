"""A stream of pull requests on both forges while every secret of the deployment is changed under it."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forgesim import Sim

from tests.acceptance.deployment import Deployment, running
from tests.acceptance.pages import AssetPage, Hub, checkpoint
from tests.acceptance.rotation import FIRST, MERGER, Rotation, one_line
from tests.acceptance.world import (
    ASSETS,
    AUTHOR,
    CONTEXTS,
    FORMAT,
    GATE,
    as_files,
    is_final,
    states,
    summaries,
)

#: Seconds between two pull requests, and until the last of them has its verdict.
PAUSE, DONE_WITHIN = 0.7, 900.0
GREEN = dict.fromkeys(CONTEXTS, "success")
KINDS: dict[str, dict[str, str]] = {
    "good": GREEN,
    "mismatch": {**GREEN, ASSETS: "failure", GATE: "failure"},
    "bad page": {**GREEN, FORMAT: "failure", GATE: "failure"},
    "mended": GREEN,
}
#: Shorter words are no secrets that one could look for.
LEAST_SECRET = 16


@dataclass
class Case:
    """A pull request and what its head must come to."""

    forge: Any
    kind: str
    pull: Any


@dataclass
class Outcome:
    """What the story came to: figures by name, and everything that is not as it must be."""

    figures: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


class Stream:
    """Opens pull requests on both forges in turn, a kind after the other; the mended are pushed to later."""

    def __init__(self, sim: Sim, shelf: tuple[AssetPage, ...], count: int) -> None:
        self.sim, self.count = sim, count
        self.cases: list[Case] = []
        self._allowed = threading.Semaphore(0)
        self._pages = iter(shelf)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failed: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def allow(self, more: int) -> None:
        """Lets so many more be opened, one after the other, and does not wait for it."""
        for _ in range(more):
            self._allowed.release()

    def finish(self) -> None:
        self._thread.join(600)
        if self._failed:
            raise self._failed

    def _run(self) -> None:
        try:
            waiting: list[Callable[[], None]] = []
            for forge, kind in self._turns():
                self._allowed.acquire()
                for later in waiting[:-1]:
                    later()
                waiting = [*waiting[-1:], *self._open(forge, kind)]
                time.sleep(PAUSE)
            for later in waiting:
                later()
        except BaseException as error:  # noqa: BLE001 - told by `finish`, in the thread that waits
            self._failed = error

    def _turns(self) -> Iterator[tuple[Any, str]]:
        kinds, forges = list(KINDS), (self.sim.github, self.sim.gitee)
        for number in range(self.count):
            yield forges[number % 2], kinds[number // 2 % len(kinds)]

    def _open(self, forge: Any, kind: str) -> list[Callable[[], None]]:
        page = next(self._pages)
        host, path = page.address
        rule = self.sim.assets.add(host, path, body=checkpoint(page.path))
        good = page.declaring(rule.sha256)
        first = {
            "good": good,
            "mismatch": page.declaring("0123456789abcdef" * 4),
            "bad page": good.changed("mindspore-version:", "mindspore-version: v1.9"),
            "mended": page.declaring("f" * 64),
        }[kind]
        pull = forge.open_pull_from_files(files=as_files([first]), author=AUTHOR)
        self.cases.append(Case(forge, kind, pull))
        return [lambda: forge.push(pull, as_files([good]))] if kind == "mended" else []


def rollout(
    hub: Hub, folder: Path, program: list[str], count: int, app_key: str, tell: Callable[[str], None]
) -> Outcome:
    """The whole story in a folder of its own: deployed, loaded, every secret changed, restarted, judged."""
    secret, password, administrator = (secrets.token_hex(24) for _ in range(3))
    # The simulator needs nginx's port, and the settings the simulator's addresses.
    deployment = Deployment(folder, program, {}, administrator)
    sim = Sim(
        repo=hub.path,
        target=deployment.url,
        secret=secret,
        workdir=folder / "simulator",
        github={"app_key": app_key},
    )
    with sim:
        current = {
            "GITHUB_WEBHOOK_SECRET": secret,
            "GITEE_WEBHOOK_SECRET": secret,
            "GITEE_TOKEN": sim.gitee.bot_token,
            "GITHUB_MERGE_TOKEN": sim.github.add_token(MERGER, "write"),
            "GITEE_MERGE_TOKEN": sim.gitee.add_token(MERGER, "admin"),
        }
        address, port = sim.assets.https_address
        deployment.set(
            **current,
            DATABASE_URL=deployment.cluster.address(FIRST, password),
            PUBLIC_URL=deployment.url,
            GITHUB_API_URL=sim.github.url,
            GITHUB_APP_ID=str(sim.github.app.id),
            GITHUB_PRIVATE_KEY=one_line(app_key),
            GITHUB_REPOSITORIES=sim.github.repo.full_name,
            GITEE_API_URL=sim.gitee.api_url,
            GITEE_REPOSITORIES=sim.gitee.repo.full_name,
            ASSET_CONNECT_TO=f"::{address}:{port}",
            ASSET_CA_BUNDLE=sim.assets.ca_file,
        )
        known = {*current.values(), password, administrator, app_key}
        rotation = Rotation(deployment, sim, current, known)
        made = f"CREATE ROLE {FIRST} LOGIN PASSWORD '{password}'; CREATE DATABASE hubbot OWNER {FIRST};"
        with running(deployment, made.replace("; ", ";\n")):
            return _play(deployment, sim, rotation, Stream(sim, hub.shelf, count), tell)


def _play(
    deployment: Deployment, sim: Sim, rotation: Rotation, stream: Stream, tell: Callable[[str], None]
) -> Outcome:
    begun = time.monotonic()
    stream.start()
    steps = rotation.steps()
    for number, (name, change) in enumerate(steps):
        stream.allow(share(stream.count, len(steps), number))
        started = time.monotonic()
        change()
        took = time.monotonic() - started
        tell(f"{started - begun:6.1f} s  {name}: {took:.1f} s, {len(stream.cases)} opened")
    stream.finish()
    rotated = time.monotonic() - begun
    outcome = Outcome()
    _settle(stream, outcome)
    outcome.figures |= {
        "secrets changed": str(len(steps) - 1),
        "restarts of processes": str(deployment.restarts),
        "seconds of changes under load": f"{rotated:.0f}",
        "seconds until the last verdict": f"{time.monotonic() - begun:.0f}",
    }
    sim.wait_quiet(3, 60)
    _judge(deployment, sim, rotation, stream, outcome)
    return outcome


def share(count: int, parts: int, part: int) -> int:
    """How many of `count` fall to one of so many parts; together they are all."""
    return (part + 1) * count // parts - part * count // parts


def _settle(stream: Stream, outcome: Outcome) -> None:
    """Waits for every pull request; one that comes to nothing is wrong by name."""
    end = time.monotonic() + DONE_WITHIN

    def done(case: Case) -> bool:
        shown = case.forge.outcome(case.pull)
        return is_final(shown) and states(shown) == KINDS[case.kind]

    waiting = list(stream.cases)
    while waiting and time.monotonic() < end:
        waiting = [case for case in waiting if not done(case)]
        time.sleep(0.5)
    outcome.wrong += [
        f"{case.forge.name} #{case.pull.number} ({case.kind}): {states(case.forge.outcome(case.pull))}"
        for case in waiting
    ]


def _judge(deployment: Deployment, sim: Sim, rotation: Rotation, stream: Stream, outcome: Outcome) -> None:
    deliveries = [delivery for forge in sim.forges for delivery in forge.dispatcher.deliveries]
    answers = Counter(delivery.status_code for delivery in deliveries)
    refused = [d for d in deliveries if not d.ok]
    outcome.wrong += [f"delivery {d.event} {d.action}: {d.status_code} {d.status}" for d in refused]
    stored = int(deployment.cluster.sql("SELECT count(*) FROM deliveries;", database="hubbot"))
    if stored < answers[202]:
        outcome.wrong.append(f"{answers[202]} deliveries answered with 202, {stored} stored")
    for case in stream.cases:
        said = len(summaries(case.forge.outcome(case.pull)))
        if said != 1:
            outcome.wrong.append(f"{case.forge.name} #{case.pull.number} ({case.kind}): {said} summaries")
    codes = [code for process in (*deployment.receivers, *deployment.workers) for code in process.codes]
    outcome.wrong += [f"a process ended with {code}" for code in codes if code]
    # A push may come between a worker's look at the head and its write; the next review puts it right.
    notes = [note for note in sim.violations("warning") if note.kind != "stale-head"]
    outcome.wrong += [f"{note.severity} {note.kind}: {note.message}" for note in notes]
    leaks = list(_leaks(deployment, rotation.known))
    outcome.wrong += leaks
    kinds = Counter(f"{case.forge.name}, {case.kind}" for case in stream.cases)
    outcome.figures |= {
        **{f"pull requests on {kind}": str(count) for kind, count in sorted(kinds.items())},
        "deliveries": f"{len(deliveries)}: "
        + ", ".join(f"{n} answered {code}" for code, n in sorted(answers.items())),
        "slowest delivery": f"{max((d.duration for d in deliveries), default=0):.2f} s",
        "deliveries stored": str(stored),
        "secrets looked for in logs and database": f"{len(rotation.known)}, found {len(leaks)}",
    }


def _leaks(deployment: Deployment, known: set[str]) -> Iterator[str]:
    """Where a secret, or a line of one, stands that should not."""
    lines = {line for secret in known for line in secret.splitlines() if "-----" not in line}
    looked_for = [line.encode() for line in lines if len(line) >= LEAST_SECRET]
    places = {path.name: path.read_bytes() for path in deployment.logs()}
    places["the database"] = deployment.cluster.dump("hubbot")
    for name, content in places.items():
        yield from (f"a secret in {name}" for secret in looked_for if secret in content)
