"""What the deployment story came to: everything that is not as it must be, by name."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forgesim import Sim

from tests.acceptance.deployment import Deployment
from tests.acceptance.rotation import MERGER, Rotation
from tests.acceptance.stream import KINDS, Case, Stream
from tests.acceptance.world import is_final, states, summaries

#: Seconds until the last pull request has its verdict, and until what was verified is merged.
DONE_WITHIN, MERGED_WITHIN = 900.0, 120.0
#: Shorter words are no secrets that one could look for.
LEAST_SECRET = 16
MAINTAINER = "hub-maintainer"


@dataclass
class Outcome:
    """What the story came to: figures by name, and everything that is not as it must be."""

    figures: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def settle(stream: Stream, outcome: Outcome) -> None:
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


def merge(stream: Stream, outcome: Outcome) -> None:
    """A maintainer has one good pull request on each forge merged: the merge token is the changed one."""
    good = {case.forge.name: case for case in stream.cases if case.kind == "good"}
    for case in good.values():
        case.forge.set_role(MAINTAINER, "write")
        case.forge.comment(case.pull, MAINTAINER, "/merge")
    end = time.monotonic() + MERGED_WITHIN
    while time.monotonic() < end and not all(case.pull.merged for case in good.values()):
        time.sleep(0.2)
    by = {name: getattr(case.pull.merged_by, "login", "nobody") for name, case in good.items()}
    outcome.wrong += [f"{name}: merged by {who}" for name, who in by.items() if who != MERGER]
    outcome.figures["merged by /merge"] = ", ".join(sorted(by))


def judge(deployment: Deployment, sim: Sim, rotation: Rotation, stream: Stream, outcome: Outcome) -> None:
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
    codes = [code for process in deployment.processes for code in process.codes]
    outcome.wrong += [f"a process ended with {code}" for code in codes if code]
    # A push may come between a worker's look at the head and its write; the next review puts it right.
    notes = [note for note in sim.violations("warning") if note.kind != "stale-head"]
    outcome.wrong += [f"{note.severity} {note.kind}: {note.message}" for note in notes]
    leaks = [*_leaks(deployment, rotation.known), *_held(deployment, rotation.known - {rotation.opens})]
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
    places = {path.name: path.read_bytes() for path in deployment.logs()}
    return _found({**places, "the database": deployment.cluster.dump("hubbot")}, known)


def _held(deployment: Deployment, known: set[str]) -> Iterator[str]:
    """What a downloader was started with beside its own password."""
    started = [process.process for process in deployment.downloaders]
    given = {one.pid: Path(f"/proc/{one.pid}/environ").read_bytes() for one in started if one}
    return _found({f"the environment of downloader {pid}": held for pid, held in given.items()}, known)


def _found(places: Mapping[str, bytes], known: set[str]) -> Iterator[str]:
    lines = {line for secret in known for line in secret.splitlines() if "-----" not in line}
    looked_for = [line.encode() for line in lines if len(line) >= LEAST_SECRET]
    for name, content in places.items():
        yield from (f"a secret in {name}" for secret in looked_for if secret in content)
