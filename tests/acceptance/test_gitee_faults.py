"""One request of a review fails, whichever and however: what stands at the end is right and said once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from forgesim import Sim

from bot.flows import reconcile
from bot.forges.gitee.client import GiteeForge
from bot.forges.pace import Pace
from bot.model import Delivery, Intent, PullRef
from bot.store.database import open_database, upgrade
from bot.store.work import RECONCILE
from tests.acceptance.pages import Hub
from tests.acceptance.world import ASSETS, CONTEXTS, FORMAT, GATE, Outcome, inline_places, states, summaries
from tests.flows.story import PAGE, Story, page

pytestmark = pytest.mark.network

#: Only every third of the requests that could fail does, unless HUBBOT_FAULTS is `all`.
THINNED = 3
#: How a request fails, and every how many-th of the steps it is tried at. The steps of two kinds differ by
#: one, so that all are met several times; the first two differ most: no effect, or one without an answer.
FAULTS: dict[str, tuple[dict[str, Any], int]] = {
    "reset before": ({"kind": "reset_before"}, 3),
    "reset after": ({"kind": "reset_after"}, 2),
    "cut short": ({"kind": "truncate"}, 5),
    "status 502": ({"kind": "status", "status": 502}, 9),
    "status 500": ({"kind": "status", "status": 500}, 9),
    "status 429": ({"kind": "status", "status": 429, "retry_after": 7}, 9),
    "a page of HTML": ({"kind": "garbage"}, 9),
    "secondary limit": ({"kind": "secondary", "retry_after": 7}, 9),
    "no answer": ({"kind": "timeout", "seconds": 0.1}, 9),
    "token refused": ({"kind": "bad_credentials"}, 9),
}
#: Looks at the open pull requests until all is as it should be: a handful of retries and one look each.
ROUNDS = 12
RED = {FORMAT: "failure", ASSETS: "success", GATE: "failure"}
GREEN = dict.fromkeys(CONTEXTS, "success")


@dataclass
class Desk:
    """A worker's flows in this process, at a clock of its own, with our driver on the simulator's Gitee."""

    sim: Any
    story: Story

    def deliver(self, pull: Any) -> None:
        ref = PullRef("gitee", self.sim.gitee.repo.full_name, pull.number)
        delivery = Delivery(
            "gitee", f"d{next(self.story.ids)}", "hook", "", Intent.REVIEW, ref.repo, ref.number
        )
        self.story.store.accept(delivery, {}, b"{}", self.story.time)

    def until(self, pull: Any, wrong: Callable[[Outcome], list[str]]) -> tuple[Outcome, list[str]]:
        """Works, lets time pass and looks around as a worker does, until all is right and once more."""
        rounds = ROUNDS
        while rounds:
            self.story.settle()
            outcome: Outcome = self.sim.gitee.outcome(pull)
            rounds = rounds - 1 if wrong(outcome) else min(rounds - 1, 1)
            self.story.time += reconcile.EVERY + 1
            for request in reconcile.standing(self.story.world):
                if request.kind == RECONCILE:
                    self.story.queue.put(request, self.story.time)
        return outcome, wrong(outcome)


def not_red(outcome: Outcome) -> list[str]:
    checks = {
        "not red": states(outcome) == RED,
        "red without its label": outcome["labels"] == ["hubbot:needs-fix"],
        "not one summary": len(summaries(outcome)) == len(outcome["comments"]) == 1,
        "not one inline comment": len(outcome["inline"]) == len(inline_places(outcome)) == 1,
    }
    return [what for what, holds in checks.items() if not holds]


def not_green(outcome: Outcome) -> list[str]:
    checks = {
        "not green": states(outcome) == GREEN,
        "green without its label": outcome["labels"] == ["hubbot:verified"],
        "not one summary left": len(summaries(outcome)) == len(outcome["comments"]) <= 1,
        "said inline again": len(outcome["inline"]) <= 1,
    }
    return [what for what, holds in checks.items() if not holds]


@pytest.fixture(scope="module")
def desk(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("gitee-faults")
    engine = open_database(f"sqlite:///{folder / 'bot.sqlite'}")
    upgrade(engine)
    with Sim(repo=hub.path, forges=("gitee",), workdir=folder / "simulator") as sim:
        story = Story(engine)
        forge = GiteeForge(
            sim.gitee.api_url,
            sim.gitee.bot_token,
            now=lambda: story.time,
            sleep=lambda _: None,
            pace=Pace(burst=1_000_000),
        )
        repositories = {"gitee": (sim.gitee.repo.full_name,)}
        story.world = replace(story.world, forges={"gitee": forge}, repositories=repositories)
        made = Desk(sim, story)
        first = sim.gitee.open_pull_from_files(files={"a-note.md": "# A note\n"})
        made.deliver(first)
        made.until(first, lambda outcome: [] if states(outcome) == GREEN else ["not green"])
        sim.gitee.close(first)
        yield made
        forge.close()
    engine.dispose()


def life(desk: Desk, fault: dict[str, Any] | None, step: int) -> tuple[list[str], int]:
    """A pull request from its opening to its mending: what is wrong then, and the requests that it took."""
    gitee = desk.sim.gitee
    injected = desk.sim.faults.add("* *", times=1, after=step, **fault) if fault else None
    begun = len(desk.sim.requests("gitee"))
    pull = gitee.open_pull_from_files(files={PAGE: page(slip=True)}, title=f"{fault} at {step}")
    desk.deliver(pull)
    red, wrong = desk.until(pull, not_red)
    gitee.push(pull, {PAGE: page()})
    desk.deliver(pull)
    green, more = desk.until(pull, not_green)
    desk.sim.faults.clear()
    gitee.close(pull)
    wrong += more
    if [comment["id"] for comment in green["comments"]] != [comment["id"] for comment in red["comments"]]:
        wrong.append("another summary")
    if injected is not None and injected.hits != 1:
        wrong.append("the fault was not met")
    return wrong, len(desk.sim.requests("gitee")) - begun


@pytest.fixture(scope="module")
def steps(desk: Desk) -> int:
    """The requests of a life without any fault."""
    wrong, needed = life(desk, None, 0)
    assert wrong == []
    return needed


@pytest.mark.parametrize("kind", FAULTS)
def test_whichever_request_fails_the_end_is_right(desk: Desk, steps: int, kind: str) -> None:
    fault, stride = FAULTS[kind]
    if os.environ.get("HUBBOT_FAULTS") != "all":
        stride *= THINNED
    first = list(FAULTS).index(kind) % stride
    failed = {step: wrong for step in range(first, steps, stride) if (wrong := life(desk, fault, step)[0])}
    assert failed == {}
    # The clock here is the test's: a minute of it is less than one of Gitee's.
    assert [note for note in desk.sim.violations("warning") if note.kind != "content-rate"] == []
