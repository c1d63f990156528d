"""The audit's job: resumes after a kill, lets reviews go first, never asks a file twice in a round."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from bot.downloads import Fetcher
from bot.downloads.alive import Alive
from bot.flows import audit
from bot.flows.attempt import attempt
from bot.flows.run import Run, Stopped
from bot.model import PullRef
from bot.review.health import DAY, State
from bot.settings import AuditSettings
from bot.store import work
from bot.store.auditrows import DIGESTS
from bot.store.audits import AuditStore
from bot.store.hubview import HubView, Query
from bot.store.queue import Lease
from bot.store.work import Request, review_request
from bot.wiring import Auditor, World
from rules.facts import RemoteFile, RemoteState, Wanted
from rules.finding import Fault
from tests.flows.forge import REPO
from tests.flows.story import HOST, NAME, Story, digest, page

REF = PullRef("github", REPO, 0)
HUB = f"github/{REPO}"
WEEK = 7 * DAY


@dataclass
class Host:
    """A file host without sockets: `gone`, `down`, `other` hold addresses; `asked` counts whole readings."""

    now: Callable[[], float]
    asked: Counter[str] = field(default_factory=Counter)
    alive_asked: Counter[str] = field(default_factory=Counter)
    gone: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    resting: set[str] = field(default_factory=set)
    other: set[str] = field(default_factory=set)
    dies_after: int = 10**6

    def measure(self, wanted: Sequence[Wanted], cancelled: Callable[[], bool]) -> Iterator[RemoteFile]:
        for want in wanted:
            if sum(self.asked.values()) >= self.dies_after:
                raise SystemExit("killed")
            self.asked[want.url] += 1
            yield self._file(want)

    def alive(self, url: str, stop: threading.Event) -> Alive | None:
        self.alive_asked[url] += 1
        tag = "other" if url in self.other else "first"
        return None if url in self.gone | self.down else Alive(9, tag)

    def _file(self, want: Wanted) -> RemoteFile:
        at = self.now()
        if want.url in self.resting:
            return RemoteFile(want.url, RemoteState.UNVERIFIED, reason="host-unavailable", measured_at=at)
        if want.url in self.gone:
            return RemoteFile(want.url, RemoteState.WRONG, reason="not-found", measured_at=at)
        if want.url in self.down:
            return RemoteFile(
                want.url, RemoteState.UNVERIFIED, reason="dns", fault=Fault.HOST, measured_at=at
            )
        tag = "other" if want.url in self.other else "first"
        sha = digest(want.url + (tag if tag == "other" else ""))
        return RemoteFile(want.url, RemoteState.MEASURED, sha256=sha, size=9, etag=tag, measured_at=at)


@dataclass
class Patrol:
    """A story whose hub has pages of its own, and the jobs of their audit."""

    story: Story
    host: Host
    world: World

    def put(self) -> None:
        request = Request(f"audit {HUB}", work.AUDIT, REF, {}, work.LAST)
        self.world.queue.put(request, self.world.now())

    def lease(self) -> Lease | None:
        self.world.queue.beat("w", self.world.now())
        return self.world.queue.lease("w", (work.AUDIT,), self.world.now())

    def piece(self) -> bool:
        """Does one job if one is due."""
        lease = self.lease()
        if lease is None:
            return False
        assert attempt(Run(self.world, lease, threading.Event()))
        return True

    def all(self) -> None:
        """Does jobs as long as any is due."""
        for _ in range(50):
            self.story.time += 0.5
            if not self.piece():
                return
        raise AssertionError("the audit does not come to rest")

    def states(self) -> dict[str, State]:
        rows, _ = HubView(self.world.store.engine).pages(HUB, Query(limit=999))
        return {row.name: row.state for row in rows}


@pytest.fixture
def patrol(engine: Engine, story: Story) -> Patrol:
    files = {f"mshub_res/assets/mindspore/1.10/m{n}_mnist.md": _page(n) for n in range(6)}
    publish(story, files)
    host = Host(lambda: story.time)
    chosen = AuditSettings(every=WEEK, alive=DAY, pause=0.0)
    auditor = Auditor(chosen, cast(Fetcher, host), AuditStore(engine))
    made = Patrol(story, host, replace(story.world, auditor=auditor))
    made.put()
    return made


def publish(story: Story, files: dict[str, str]) -> None:
    """Puts pages on the default branch, beside those that are there."""
    forge = story.forge
    there = {path: forge.content[entry.oid].decode() for path, entry in forge.trees[forge.base].items()}
    forge.base = forge._commit({**there, **files})


def _page(number: int) -> str:
    url = _url(number)
    old = f"{HOST}0/{NAME}"
    return page().replace(old, url).replace(digest(old), digest(url))


def _url(number: int) -> str:
    return f"https://host{number % 2}.example/{number}.ckpt"


def test_a_round_reads_every_file_once_and_comes_back_in_a_day(patrol: Patrol) -> None:
    patrol.all()
    assert patrol.host.asked == Counter({_url(n): 1 for n in range(6)})
    assert patrol.states() == {f"m{n}_mnist": State.SOUND for n in range(6)}
    patrol.story.time += DAY - 60
    patrol.all()
    assert not patrol.host.alive_asked
    patrol.story.time += 120
    patrol.all()
    assert patrol.host.alive_asked == Counter({_url(n): 1 for n in range(6)})
    assert sum(patrol.host.asked.values()) == 6
    patrol.story.time += 6 * DAY
    patrol.all()
    assert patrol.host.asked == Counter({_url(n): 2 for n in range(6)})


def test_after_a_kill_it_goes_on_where_it_was(patrol: Patrol) -> None:
    patrol.host.dies_after = 3
    lease = patrol.lease()
    assert lease is not None
    with pytest.raises(SystemExit):
        attempt(Run(patrol.world, lease, threading.Event()))
    patrol.world.queue.forget_workers()
    patrol.host.dies_after = 10**6
    patrol.all()
    assert patrol.host.asked == Counter({_url(n): 1 for n in range(6)})


def test_two_misses_on_different_days_and_a_change(patrol: Patrol) -> None:
    patrol.all()
    patrol.host.gone, patrol.host.other = {_url(0), _url(1)}, {_url(2)}
    patrol.story.time += DAY
    patrol.all()
    assert patrol.states()["m0_mnist"] is State.MISSED
    assert patrol.states()["m2_mnist"] is State.CHANGED
    patrol.host.gone = {_url(0)}
    patrol.story.time += DAY
    patrol.all()
    assert patrol.states()["m0_mnist"] is State.DEAD
    assert patrol.states()["m1_mnist"] is State.SOUND
    standing = HubView(patrol.world.store.engine).incidents(HUB, 9, standing=True)
    assert [(entry.kind, entry.history.url) for entry in standing] == [
        (State.CHANGED, _url(2)),
        (State.DEAD, _url(0)),
    ]


def test_a_host_that_fails_is_never_an_incident(patrol: Patrol) -> None:
    patrol.all()
    patrol.host.down = {_url(n) for n in range(6)}
    for _ in range(5):
        patrol.story.time += DAY
        patrol.all()
    assert set(patrol.states().values()) == {State.UNVERIFIED}
    patrol.host.down = set()
    patrol.story.time += DAY
    patrol.all()
    assert set(patrol.states().values()) == {State.SOUND}


def test_a_host_that_rests_is_asked_later_and_the_others_go_on(patrol: Patrol) -> None:
    patrol.host.resting = {_url(1)}
    patrol.all()
    assert [name for name, state in patrol.states().items() if state is State.WAITING] != []
    assert {patrol.states()[f"m{n}_mnist"] for n in (0, 2, 4)} == {State.SOUND}
    patrol.host.resting = set()
    patrol.story.time += audit.RECOVER
    patrol.all()
    assert set(patrol.states().values()) == {State.SOUND}


def test_a_review_goes_first(patrol: Patrol) -> None:
    patrol.world.queue.put(review_request(replace(REF, number=3), supersede=False), patrol.story.time)
    assert patrol.piece()
    # One file of each host, so that reviews without end do not starve the audit.
    assert sum(patrol.host.asked.values()) == 2
    assert not patrol.piece()
    patrol.story.time += audit.GIVE_WAY
    assert patrol.piece()
    assert sum(patrol.host.asked.values()) == 4


def test_a_worker_that_stops_ends_it(patrol: Patrol) -> None:
    lease = patrol.lease()
    assert lease is not None
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        audit.audit(Run(patrol.world, lease, stop))
    assert patrol.world.auditor is not None
    assert patrol.world.auditor.store.open_round(HUB) is not None


def test_a_page_that_is_published_later_joins_the_next_round(patrol: Patrol) -> None:
    patrol.all()
    publish(patrol.story, {"mshub_res/assets/mindspore/1.10/m7_mnist.md": _page(7)})
    patrol.story.time += DAY
    patrol.all()
    assert patrol.states()["m7_mnist"] is State.SOUND
    assert len(patrol.states()) == 7


def test_off_is_off(patrol: Patrol) -> None:
    lease = patrol.lease()
    assert lease is not None
    off = replace(patrol.world, auditor=None)
    assert audit.audit(Run(off, lease, threading.Event())) is None
    assert off.store.engine is patrol.world.store.engine
    assert AuditStore(off.store.engine).last_round(HUB, DIGESTS) is None


def test_without_daily_rounds_only_the_weekly_ones(patrol: Patrol) -> None:
    assert patrol.world.auditor is not None
    chosen = AuditSettings(every=WEEK, alive=0.0, pause=0.0)
    patrol.world = replace(patrol.world, auditor=replace(patrol.world.auditor, chosen=chosen))
    patrol.all()
    patrol.story.time += 3 * DAY
    patrol.all()
    assert not patrol.host.alive_asked
    patrol.story.time += 5 * DAY
    patrol.all()
    assert cast(Any, patrol.host.asked)[_url(0)] == 2
