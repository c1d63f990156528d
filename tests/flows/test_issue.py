"""The issue about a hub on both forges: one, found again, edited on change, closed, opened again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import pytest

from bot.errors import ForgeError
from bot.flows import issue, reconcile
from bot.flows.attempt import attempt
from bot.flows.run import Run
from bot.model import PullRef
from bot.review.health import DAY
from bot.review.issue import marker
from bot.store import queue, work
from bot.wiring import Keeping
from tests.flows.test_audit import HUB, REF, Patrol, _url, patrol
from tests.forges.issues import BOT, FORGES, REPO, STRANGER, IssueServer, serving

pytestmark = pytest.mark.network

__all__ = ["patrol"]


@dataclass
class Watch:
    """A hub's audit and the issue about it on a forge."""

    patrol: Patrol
    server: IssueServer

    def day(self, seconds: float = DAY) -> None:
        """Lets a day pass: its round, then what the worker does about the issue."""
        self.patrol.story.time += seconds
        self.patrol.all()
        self.look()

    def look(self) -> bool:
        """Runs the job of the issue if it is due; whether it was."""
        world = self.patrol.world
        world.queue.beat("w", world.now())
        lease = world.queue.lease("w", (work.ISSUE,), world.now())
        if lease is None:
            return False
        assert attempt(Run(world, lease, threading.Event()))
        return True

    @property
    def only(self) -> dict[str, str]:
        assert len(self.server.issues) == 1
        return self.server.issues[0]


@pytest.fixture(params=FORGES)
def watch(request: pytest.FixtureRequest, patrol: Patrol) -> Iterator[Watch]:
    with serving(request.param) as (server, tracker):
        assert patrol.world.auditor is not None
        auditor = replace(patrol.world.auditor, keeping={"github": Keeping(tracker, REPO)})
        patrol.world = replace(patrol.world, auditor=auditor, public_url="https://bot.example")
        yield Watch(patrol, server)


def change(watch: Watch, number: int = 2) -> None:
    watch.patrol.host.other.add(_url(number))


def test_where_all_is_well_nothing_is_opened(watch: Watch) -> None:
    watch.day()
    assert watch.server.writes == []
    assert not watch.look()


def test_opened_edited_closed_and_opened_again(watch: Watch) -> None:
    watch.day()
    change(watch)
    watch.day()
    assert watch.only["state"] == "open"
    assert watch.only["body"].startswith(marker(HUB) + "\n")
    assert "m2_mnist" in watch.only["body"]
    watch.patrol.host.gone.add(_url(0))
    watch.day()
    assert "m0_mnist" not in watch.only["body"]  # one miss is no link rot
    watch.day()
    assert "m0_mnist" in watch.only["body"]
    assert len(watch.server.writes) == 2
    watch.patrol.host.gone.clear()
    watch.patrol.host.other.clear()
    watch.day()
    assert watch.only["state"] == "closed"
    assert "closed" in watch.only["body"]
    change(watch, 4)
    watch.day()
    assert watch.only["state"] == "open"
    assert "m4_mnist" in watch.only["body"]


def test_it_is_written_on_change_only(watch: Watch) -> None:
    watch.day()
    change(watch)
    watch.patrol.host.gone.add(_url(0))
    watch.day()
    watch.day()
    writes = list(watch.server.writes)
    for _ in range(8):
        watch.day()
    assert watch.server.writes == writes


def test_a_failing_host_is_told_of_after_a_week_as_nobodys_mistake(watch: Watch) -> None:
    watch.day()
    watch.patrol.host.down.add(_url(1))
    for _ in range(6):
        watch.day()
    assert watch.server.issues == []
    watch.day()
    watch.day()
    assert "host1.example" in watch.only["body"]
    assert "no mistake of the pages" in watch.only["body"]
    assert "m1_mnist" not in watch.only["body"]


def test_a_lost_answer_opens_no_second_one(watch: Watch) -> None:
    watch.day()
    change(watch)
    watch.server.lose = 1
    watch.day()
    assert len(watch.server.issues) == 1
    watch.server.hides = 1  # and the forge is slow to list what it has
    watch.patrol.story.time += 60
    assert watch.look()
    assert len(watch.server.issues) == 1
    watch.server.hides = 0
    watch.patrol.story.time += issue.SETTLES
    assert watch.look()
    assert watch.only["state"] == "open"
    assert watch.server.writes == ["POST "]


def test_a_crash_before_it_is_noted_opens_no_second_one(watch: Watch) -> None:
    watch.day()
    change(watch)
    store = watch.patrol.world.store
    key = f"issue {HUB} in {REPO}"
    watch.day()
    store.save_note(key, f"{issue.ASKED}{watch.patrol.story.time}", watch.patrol.story.time)
    request = issue.request(watch.patrol.world, REF)
    assert request is not None
    watch.patrol.world.queue.put(request, watch.patrol.story.time)
    assert watch.look()
    assert watch.server.writes == ["POST "]
    store.save_note(key, "", watch.patrol.story.time)  # even with the whole database lost
    watch.patrol.world.queue.put(request, watch.patrol.story.time)
    assert watch.look()
    assert watch.server.writes == ["POST "]


def test_two_of_ours_become_one(watch: Watch) -> None:
    watch.server.add("old", f"{marker(HUB)}\nolder")
    watch.server.add("newer", f"{marker(HUB)}\nnewer")
    watch.day()
    change(watch)
    watch.day()
    assert [one["state"] for one in watch.server.issues] == ["open", "closed"]
    assert "m2_mnist" in watch.server.issues[0]["body"]


def test_a_strangers_marker_and_another_hubs_are_left_alone(watch: Watch) -> None:
    forged = watch.server.add("forged", f"{marker(HUB)}\nforged", STRANGER)
    claims = watch.server.add("claims", f"{marker(HUB)}\nforged", {**STRANGER, "login": BOT["login"]})
    other = watch.server.add("another hub", f"{marker('github/mindspore/docs')}\nits own")
    quoted = watch.server.add("quoted", f"somebody wrote\n{marker(HUB)}")
    pull = watch.server.add("a pull request", f"{marker(HUB)}\n", pull_request={"url": "x"})
    if watch.server.kind == "gitee":  # which lists none among its issues
        watch.server.issues.remove(pull)
    before = [dict(one) for one in (forged, claims, other, quoted)]
    watch.day()
    change(watch)
    watch.day()
    assert [forged, claims, other, quoted] == before
    assert watch.server.writes == ["POST "]


def test_what_somebody_closed_by_hand_stays_closed_until_there_is_news(watch: Watch) -> None:
    watch.day()
    change(watch)
    watch.day()
    watch.only["state"] = "closed"
    watch.day()
    assert watch.only["state"] == "closed"
    change(watch, 4)
    watch.day()
    assert watch.only["state"] == "open"


def test_a_dry_run_writes_nothing(watch: Watch) -> None:
    watch.patrol.world = replace(watch.patrol.world, dry_run=True)
    watch.day()
    change(watch)
    watch.day()
    assert watch.server.writes == []


def test_a_run_that_was_taken_over_writes_nothing(watch: Watch) -> None:
    watch.patrol.all()
    change(watch)
    watch.patrol.story.time += DAY
    watch.patrol.all()
    world = watch.patrol.world
    world.queue.beat("w", world.now())
    lease = world.queue.lease("w", (work.ISSUE,), world.now())
    assert lease is not None
    stop = threading.Event()
    stop.set()
    attempt(Run(world, lease, stop))
    assert watch.server.writes == []


def test_a_repository_that_is_not_there_holds_up_no_audit(watch: Watch) -> None:
    assert watch.patrol.world.auditor is not None
    keeping = replace(watch.patrol.world.auditor.keeping["github"], repo="mindspore/gone")
    auditor = replace(watch.patrol.world.auditor, keeping={"github": keeping})
    watch.patrol.world = replace(watch.patrol.world, auditor=auditor)
    watch.day()
    change(watch)
    watch.day()
    watch.day()
    assert watch.server.writes == []
    assert watch.patrol.host.alive_asked[_url(0)] >= 2


def test_while_a_round_goes_on_it_is_looked_at_now_and_then(watch: Watch) -> None:
    assert watch.patrol.piece()
    assert not watch.look()
    watch.patrol.story.time += issue.EVERY
    assert watch.look()


def test_a_worker_looks_when_it_starts_and_only_where_it_is_asked_to(watch: Watch) -> None:
    world = watch.patrol.world
    kinds = [request.kind for request in reconcile.standing(world)]
    assert work.ISSUE in kinds
    assert world.auditor is not None
    without = replace(world, auditor=replace(world.auditor, keeping={}))
    assert work.ISSUE not in [request.kind for request in reconcile.standing(without)]
    lease = cast(queue.Lease, type("L", (), {"ref": PullRef("github", "a/b", 0)})())
    assert issue.keep(Run(without, lease, threading.Event())) is None


def test_gitee_without_hidden_text_is_known_by_its_title(patrol: Patrol) -> None:
    with serving("gitee") as (server, tracker):
        assert patrol.world.auditor is not None
        server.keeps_markers = False
        auditor = replace(patrol.world.auditor, keeping={"github": Keeping(tracker, REPO)})
        patrol.world = replace(patrol.world, auditor=auditor)
        watch = Watch(patrol, server)
        watch.day()
        for number in (2, 4):
            change(watch, number)
            watch.day()
        assert [name.partition(" ")[0] for name in server.writes] == ["POST", "PATCH"]
        assert watch.only["user"] == BOT


def test_an_answer_without_a_number_is_an_error() -> None:
    with serving("gitee") as (server, tracker):
        server.add("t", f"{marker(HUB)}\n", number="../../x")
        with pytest.raises(ForgeError):
            tracker.issues(REPO, marker(HUB), "t")
