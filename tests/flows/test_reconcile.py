"""Housekeeping: it asks only for what has no result, and never disturbs what runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import pytest

from bot.errors import ForgeError, NotThere
from bot.flows.attempt import RETRY_LAST
from bot.flows.reconcile import EVERY, standing
from bot.model import Comment, Intent, PullRef, PullState, User
from bot.store.allowances import Account
from bot.store.queue import LEASE, MAX_ATTEMPTS
from bot.store.work import INDEX, RECONCILE
from bot.wiring import Polling
from tests.flows.forge import AUTHOR, BOT
from tests.flows.story import PAGE, Story, failing, links, page, page_of, path_of
from tests.loglines import logged


def start(story: Story) -> None:
    """What a worker asks for when it starts."""
    for request in standing(story.world):
        story.queue.put(request, story.time)


def test_a_worker_looks_around_when_it_starts(story: Story) -> None:
    start(story)
    assert {story.take().kind, story.take().kind} == {RECONCILE, INDEX}


def test_lost_deliveries_are_made_up_for(story: Story) -> None:
    story.forge.open(1, {PAGE: page()})
    story.forge.open(2, {"README.md": "other\n"})
    story.forge.open(3, {PAGE: page()}).state = PullState.CLOSED
    start(story)
    story.settle()
    assert story.pull.states()["gate"] == "success"
    assert story.forge.pulls[2].states()["gate"] == "success"
    assert story.forge.pulls[3].checks == {}
    story.forge.calls.clear()
    story.later(EVERY + 1)
    assert "changes" not in story.forge.calls, "what has a result is left alone"
    story.forge.push(1, {PAGE: page(slip=True)})
    story.later(EVERY + 1)
    assert story.pull.states()["gate"] == "failure"


def test_the_log_of_a_look_around_names_its_job_and_no_pull_request(story: Story) -> None:
    story.forge.open(1, {PAGE: page()})
    start(story)
    with logged() as lines:
        while (lease := story.lease()) and lease.kind == RECONCILE:
            story.run(lease)
    (row,) = (row for row in lines() if row["logger"] == "hubbot.reconcile")
    assert row["job"].startswith("reconcile ")
    assert not row.keys() & {"pull", "delivery", "run"}


def test_a_head_that_comes_back_is_a_head_without_a_result(story: Story) -> None:
    """A forced push back to an older commit: the conversation still tells of the newer one."""
    story.open(page(slip=True))
    story.settle()
    old = story.pull.head
    story.push(page())
    story.settle()
    story.pull.head = old
    start(story)
    story.settle()
    assert story.reports[0].head_sha == old
    assert len(story.pull.summaries) == 1


def test_a_superseded_run_is_no_result(story: Story) -> None:
    story.open(page())

    def close(url: str) -> None:
        story.pull.state = PullState.CLOSED

    story.fetcher.meanwhile = close
    story.settle()
    story.fetcher.meanwhile = lambda url: None
    story.pull.state = PullState.OPEN
    start(story)
    story.settle()
    assert story.pull.states()["gate"] == "success"


def test_what_waits_for_a_later_try_is_not_asked_for_again(story: Story) -> None:
    story.fetcher.down = set(links())
    story.open()
    story.settle()
    start(story)
    story.settle()
    assert len(story.reports) == 1


def test_the_looking_around_does_not_cancel_what_runs(story: Story) -> None:
    story.open(page(2))
    lease = story.take()
    start(story)
    looking = story.queue.lease("w", (RECONCILE,), story.time)
    assert looking is not None
    story.run(looking)
    assert story.queue.holds(lease, story.time)
    story.run(lease, threading.Event())
    story.settle()
    assert len(story.reports) == 1


@pytest.mark.parametrize("error", [ForgeError("401", permanent=True), NotThere("404")])
def test_looking_around_never_ends(story: Story, error: ForgeError) -> None:
    story.forge.open(1, {PAGE: page()})
    story.forge.watch = failing("open_pulls", "before", error)
    start(story)
    story.settle()
    assert story.reports == []
    story.later(1000)
    assert story.pull.states()["gate"] == "success", "the token works again, and nobody had to restart"


def test_looking_around_only_rests_after_deaths_without_end(story: Story) -> None:
    """Whatever kills the process may have been another job of it; nobody asks for a look by a command."""
    story.forge.open(1, {PAGE: page()})
    start(story)
    for attempt in range(MAX_ATTEMPTS):
        assert story.queue.lease(f"dies-{attempt}", (RECONCILE,), story.time) is not None
        story.time += LEASE + 1
    story.settle()
    assert story.reports == []
    assert story.store.figures(story.time)["jobs_parked"] == 0
    story.later(RETRY_LAST + 1)
    assert story.pull.states()["gate"] == "success"


def test_what_a_forge_refused_is_tried_again_when_it_lets_us(story: Story) -> None:
    def refuse(when: str, method: str) -> None:
        if method == "post_summary":
            raise ForgeError("403", permanent=True)

    story.forge.watch = refuse
    story.open(page(slip=True))
    start(story)
    story.settle()
    assert story.reports[0].trouble == "forge"
    story.forge.watch = lambda when, method: None
    story.later(EVERY + 1)
    assert story.pull.states()["gate"] == "failure"
    assert len(story.pull.summaries) == 1


def test_a_rerun_without_a_number_is_located_by_its_head(story: Story) -> None:
    story.forge.open(1, {PAGE: page()})
    story.forge.open(2, {PAGE: page(2)})
    story.deliver(Intent.RERUN, number=0, head_sha=story.pull.head)
    story.settle()
    assert story.pull.states()["gate"] == "success"
    assert story.forge.pulls[2].checks == {}
    story.deliver(Intent.RERUN, number=0, head_sha="0" * 40)
    story.settle()
    assert len(story.reports) == 1


def test_a_rerun_reads_every_file_anew(story: Story) -> None:
    story.open(page(2))
    story.settle()
    story.deliver(Intent.RERUN, head_sha=story.pull.head)
    story.settle()
    assert story.fetcher.asked == [*links(2), *links(2)]


def test_the_index_is_read_once(story: Story) -> None:
    story.forge.base = story.forge._commit({PAGE: page(), "README.md": "hub\n"})
    start(story)
    story.settle()
    assert story.forge.calls.count("blobs") == 1
    start(story)
    story.settle()
    assert story.forge.calls.count("blobs") == 1, "the blobs are known by now"


@pytest.mark.parametrize("kept", [True, False])
def test_old_deliveries_are_pruned(story: Story, kept: bool) -> None:
    story.open()
    story.settle()
    story.time += 44 * 86400 if kept else 46 * 86400
    start(story)
    story.settle()
    story.ids = iter([0, 1])
    assert story.deliver(Intent.REVIEW) is not kept, "a repetition is known for 45 days"


@pytest.mark.parametrize("minutes", [10, 60])
def test_after_an_outage_of_the_forge_everything_comes_right_within_15_minutes(
    story: Story, minutes: int
) -> None:
    """Half a day's events are missed meanwhile; nobody pushes again afterwards."""
    start(story)
    for number in range(1, 7):
        story.forge.open(number, {path_of(number): page_of(number)})
        story.deliver(Intent.REVIEW, number=number)
    running = story.take()

    def away(when: str, method: str) -> None:
        raise ForgeError("no route to the forge")

    story.forge.watch = away
    story.run(running)
    for minute in range(minutes):
        if minute == 3:
            for number in (1, 2, 3):  # pushed, and the deliveries were lost
                story.forge.push(number, {path_of(number): page_of(number, slip=True)})
            story.forge.pulls[4].state = PullState.CLOSED
            story.forge.open(7, {path_of(7): page_of(7)})
        story.later(60)
    assert all("success" not in pull.states().values() for pull in story.forge.pulls.values())
    story.forge.watch = lambda when, method: None
    for _ in range(15):
        story.later(60)
    gates = {number: pull.states().get("gate") for number, pull in story.forge.pulls.items()}
    wrong, right = dict.fromkeys((1, 2, 3), "failure"), dict.fromkeys((5, 6, 7), "success")
    assert gates == {**wrong, 4: None, **right}
    assert all(len(pull.summaries) == 1 for number, pull in story.forge.pulls.items() if number != 4)


@dataclass
class Ear:
    """A forge's list of comments, as `Polled` gives it; cursors count them."""

    said: list[tuple[PullRef, Comment]] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    trouble: ForgeError | None = None

    def comments_after(self, repo: str, cursor: str) -> tuple[tuple[tuple[PullRef, Comment], ...], str]:
        self.cursors.append(cursor)
        if self.trouble is not None:
            raise self.trouble
        return tuple(self.said[int(cursor) :]) if cursor else (), str(len(self.said))


@pytest.fixture
def heard(story: Story) -> Ear:
    """The story's worker looks every ten seconds, and no webhook tells it of anything."""
    ear = Ear()
    story.world = replace(story.world, polling={"github": Polling(ear, 10.0)})
    story.forge.open(1, {PAGE: page()})
    start(story)
    story.settle()
    assert story.pull.states()["gate"] == "success"
    story.fetcher.asked.clear()
    return ear


def say(story: Story, ear: Ear, body: str, author: User = AUTHOR) -> Comment:
    comment = story.forge.say(1, author, body)
    ear.said.append((story.ref, comment))
    return comment


def test_a_look_finds_commands_and_each_is_answered_once(story: Story, heard: Ear) -> None:
    say(story, heard, "/recheck --fresh\r\n")
    story.later(11)
    assert story.fetcher.asked == links()
    story.later(11)
    story.later(11)
    assert story.fetcher.asked == links()
    assert heard.cursors == ["", "0", "1", "1"]


def test_a_look_without_news_asks_for_nothing(story: Story, heard: Ear) -> None:
    say(story, heard, "thank you")
    say(story, heard, "/recheck --fresh", BOT)
    story.forge.calls.clear()
    story.later(11)
    assert story.fetcher.asked == []
    assert "comment" not in story.forge.calls


def test_what_a_delivery_and_a_look_tell_of_is_answered_once(story: Story, heard: Ear) -> None:
    comment = say(story, heard, "/recheck --fresh")
    story.deliver(Intent.COMMENT, comment=comment)
    story.settle()
    story.later(11)
    story.deliver(Intent.COMMENT, comment=comment)
    story.settle()
    assert story.fetcher.asked == links()


def test_a_comment_that_is_told_of_before_it_is_there_is_answered_when_it_is(
    story: Story, heard: Ear
) -> None:
    """As a forged delivery may that guesses the next id: it must not silence the real one."""
    coming = Comment("2", AUTHOR, "/recheck --fresh")
    story.deliver(Intent.COMMENT, comment=coming)
    story.settle()
    comment = say(story, heard, "/recheck --fresh")
    story.deliver(Intent.COMMENT, comment=replace(coming, id=comment.id))
    story.settle()
    assert story.fetcher.asked == links()


def test_a_list_of_comments_that_cannot_be_read_keeps_neither_pushes_nor_the_next_look(
    story: Story, heard: Ear
) -> None:
    say(story, heard, "/recheck --fresh")
    story.forge.push(1, {PAGE: page(slip=True)})
    heard.trouble = ForgeError("no answer")
    story.later(11)
    assert story.pull.states()["gate"] == "failure"
    assert heard.cursors[-1] == "0"
    heard.trouble = None
    story.fetcher.asked.clear()
    story.later(20)
    assert heard.cursors[-1] == "0"
    assert story.fetcher.asked == links()


@dataclass
class Hook:
    """A forge's log of deliveries: `looks` are the cursors that it was asked with."""

    fails: bool = False
    looks: list[str] = field(default_factory=list)

    def redeliver_failed(self, repo: str, cursor: str) -> tuple[int, str]:
        self.looks.append(cursor)
        if self.fails:
            raise ForgeError("the log is away")
        return (1 if cursor else 0), str(int(cursor or 40) + 1)


def test_lost_deliveries_are_asked_for_from_where_the_last_look_ended(story: Story) -> None:
    hook = Hook()
    story.world = replace(story.world, redelivering={"github": hook})
    start(story)
    story.settle()
    story.later(EVERY + 1)
    assert hook.looks == ["", "41"]


def short(story: Story, remaining: int = 499) -> None:
    """The forge has told how many of 5000 requests are left for the next quarter of an hour."""
    said = {"limit": "5000", "remaining": str(remaining), "reset": str(int(story.time) + 900)}
    account = Account(story.world.store.engine, "github", lambda: story.time)
    account.told({f"x-ratelimit-{name}": value for name, value in said.items()})


def test_what_can_wait_is_left_out_while_the_forge_allows_little_more(
    story: Story, heard: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    hook = Hook()
    story.world = replace(story.world, redelivering={"github": hook})
    short(story)
    say(story, heard, "/recheck --fresh")
    story.forge.open(2, {"README.md": "other\n"})
    story.forge.calls.clear()
    story.later(11)
    assert hook.looks == []
    assert story.fetcher.asked == [], "the comment waits"
    assert story.forge.pulls[2].states()["gate"] == "success", "a new head does not"
    assert "github: 499 of 5000 requests left until" in caplog.text
    story.later(901)
    assert len(hook.looks) > 0
    assert story.fetcher.asked == links()


def test_enough_leaves_nothing_out(story: Story, heard: Ear) -> None:
    short(story, 500)
    say(story, heard, "/recheck --fresh")
    story.later(11)
    assert story.fetcher.asked == links()


def test_the_index_is_left_for_later(story: Story) -> None:
    short(story)
    start(story)
    story.settle()
    assert "tree" not in story.forge.calls


def test_a_log_that_is_away_holds_up_nothing(story: Story) -> None:
    hook = Hook(fails=True)
    story.world = replace(story.world, redelivering={"github": hook})
    story.forge.open(1, {PAGE: page()})
    start(story)
    story.settle()
    assert story.pull.states()["gate"] == "success"
    hook.fails = False
    story.later(EVERY + 1)
    assert hook.looks == ["", ""]
