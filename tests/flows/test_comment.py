"""Commands: what the forge says of comment and author counts, never what a delivery says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import ForgeError
from bot.model import GATE, Check, CheckState, Comment, Intent, Permission, Reaction, User
from bot.store.queue import LEASE, MAX_ATTEMPTS
from bot.store.store import ANSWERED
from bot.store.work import COMMENT, REVIEW
from tests.flows.forge import AUTHOR, BOT, MAINTAINER, STRANGER
from tests.flows.story import Story, failing, links, page


@pytest.fixture
def reviewed(story: Story) -> Story:
    story.open(page(2))
    story.settle()
    story.fetcher.asked.clear()
    story.forge.calls.clear()
    return story


@pytest.mark.parametrize("who", [AUTHOR, MAINTAINER])
def test_author_and_collaborator_may_ask_again(reviewed: Story, who: User) -> None:
    comment = reviewed.say("/recheck --fresh", who)
    reviewed.settle()
    assert reviewed.fetcher.asked == links(2)
    assert reviewed.pull.reactions == [(comment.id, Reaction.SEEN)]
    assert reviewed.pull.replies == {}
    assert reviewed.pull.states()["gate"] == "success"


def test_a_stranger_is_told_so_kindly_and_nothing_runs(reviewed: Story) -> None:
    reviewed.say("/recheck", STRANGER)
    reviewed.say("/recheck", STRANGER)
    reviewed.settle()
    assert len(reviewed.reports) == 1
    assert list(reviewed.pull.replies) == [f"refused-{STRANGER.id}"], "however often it is said"


def test_anybody_may_ask_where_it_stands(reviewed: Story) -> None:
    reviewed.say("/status", STRANGER)
    reviewed.settle()
    assert list(reviewed.pull.replies) == ["status"]


def test_a_robot_is_not_answered(reviewed: Story) -> None:
    reviewed.say("/recheck", User(77, "other-bot", is_bot=True))
    reviewed.say("/status", BOT)
    reviewed.settle()
    assert len(reviewed.reports) == 1
    assert reviewed.pull.replies == {}


def test_ordinary_talk_asks_the_forge_nothing(reviewed: Story) -> None:
    reviewed.say("Thank you! See `/recheck`.\n\n> /recheck")
    reviewed.settle()
    assert reviewed.forge.calls == []


def test_a_forged_comment_is_no_comment(reviewed: Story) -> None:
    """Gitee signs no body: a delivery may say what it likes about a comment that does not exist."""
    reviewed.deliver(Intent.COMMENT, comment=Comment("4711", MAINTAINER, "/recheck --fresh"))
    reviewed.settle()
    assert len(reviewed.reports) == 1
    assert reviewed.pull.reactions == []


def test_who_speaks_and_what_is_said_is_the_forges_word(reviewed: Story) -> None:
    said = reviewed.forge.say(1, STRANGER, "/status")
    reviewed.deliver(Intent.COMMENT, comment=Comment(said.id, MAINTAINER, "/recheck --fresh"))
    reviewed.settle()
    assert len(reviewed.reports) == 1
    assert list(reviewed.pull.replies) == ["status"]


def test_a_permission_that_cannot_be_looked_up_is_none(reviewed: Story) -> None:
    def no_permission(when: str, method: str) -> None:
        if method == "permission":
            raise ForgeError("403")

    reviewed.forge.watch = no_permission
    reviewed.say("/recheck", MAINTAINER)
    reviewed.settle()
    assert len(reviewed.reports) == 1
    assert list(reviewed.pull.replies) == [f"refused-{MAINTAINER.id}"]
    reviewed.say("/recheck", AUTHOR)
    reviewed.settle()
    assert len(reviewed.reports) == 2, "the author needs no permission"


def test_somebody_who_lost_their_permission_is_a_stranger(reviewed: Story) -> None:
    reviewed.forge.permissions[MAINTAINER.id] = Permission.READ
    reviewed.say("/recheck", MAINTAINER)
    reviewed.settle()
    assert len(reviewed.reports) == 1


def test_without_reactions_one_comment_acknowledges(reviewed: Story) -> None:
    reviewed.forge.has_reactions = False
    reviewed.say("/recheck")
    reviewed.say("/recheck --fresh")
    reviewed.settle()
    assert list(reviewed.pull.replies) == ["acknowledged"]
    assert reviewed.pull.reactions == []


def test_a_recheck_is_shown_as_pending_at_once(reviewed: Story) -> None:
    reviewed.say("/recheck")
    lease = reviewed.queue.lease("w", (COMMENT,), reviewed.time)
    assert lease is not None
    reviewed.run(lease)
    assert set(reviewed.pull.states().values()) == {"pending"}
    reviewed.settle()
    assert set(reviewed.pull.states().values()) == {"success"}


def test_pending_never_comes_after_the_result_that_it_announces(reviewed: Story) -> None:
    """The review is asked for after the last pending check, so a short one cannot be overwritten."""
    due = []

    def look(when: str, method: str) -> None:
        if (when, method) == ("after", "set_check"):
            due.append(reviewed.queue.due((REVIEW,), reviewed.time))

    reviewed.say("/recheck")
    lease = reviewed.queue.lease("w", (COMMENT,), reviewed.time)
    assert lease is not None
    reviewed.forge.watch = look
    reviewed.run(lease)
    assert due == [False, False, False]
    assert reviewed.queue.due((REVIEW,), reviewed.time)


def test_pending_links_to_the_report_that_will_be_there(reviewed: Story) -> None:
    reviewed.say("/recheck")
    lease = reviewed.queue.lease("w", (COMMENT,), reviewed.time)
    assert lease is not None
    reviewed.run(lease)
    announced = {check.details_url for check in reviewed.pull.checks.values()}
    reviewed.settle()
    assert announced == {f"https://bot.example/reports/{reviewed.reports[0].id}"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["pull_request", "comment", "set_check", "react"])
def test_a_forge_that_fails_while_a_command_is_obeyed_delays_it(
    reviewed: Story, method: str, when: str
) -> None:
    reviewed.forge.watch = failing(method, when, ForgeError("502"))
    comment = reviewed.say("/recheck --fresh")
    reviewed.settle()
    reviewed.later(30)
    assert set(reviewed.pull.reactions) == {(comment.id, Reaction.SEEN)}
    assert len(reviewed.fetcher.asked) >= 2
    assert set(reviewed.pull.states().values()) == {"success"}
    assert len(reviewed.pull.summaries) == 1


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_command_that_kills_its_process_each_time_is_answered_honestly(
    reviewed: Story, dry_run: bool
) -> None:
    reviewed.world = replace(reviewed.world, dry_run=dry_run)
    said = reviewed.say("/recheck")
    for attempt in range(MAX_ATTEMPTS):
        reviewed.take(f"dies-{attempt}")
        reviewed.time += LEASE + 1
    reviewed.pull.checks[reviewed.pull.head, GATE] = Check(GATE, CheckState.PENDING, "left so")
    reviewed.settle()
    assert len(reviewed.reports) == 1
    assert dry_run or reviewed.pull.states()["gate"] == "success", "what a dying attempt showed is mended"
    assert reviewed.store.figures(reviewed.time)["jobs_parked"] == 1
    if dry_run:
        assert (reviewed.pull.replies, reviewed.pull.reactions) == ({}, [])
        return
    assert reviewed.pull.reactions == [(said.id, Reaction.CONFUSED)]
    ((key, reply),) = reviewed.pull.replies.items()
    assert key == f"broken-{AUTHOR.id}"
    assert "`/recheck`" in reply
    assert "not your fault" in reply


@pytest.mark.parametrize("body", ["/recheck", "Thank you!"])
def test_of_a_command_that_was_answered_or_is_gone_nothing_is_said_in_the_end(
    reviewed: Story, body: str
) -> None:
    """The last attempt died after its answer; or nothing stands there any more that could be carried out."""
    said = reviewed.say("/recheck")
    for attempt in range(MAX_ATTEMPTS):
        reviewed.take(f"dies-{attempt}")
        reviewed.time += LEASE + 1
    if body == said.body:
        reviewed.store.save_note(f"{ANSWERED} {reviewed.ref} {said.id}", AUTHOR.login, reviewed.time)
    else:
        reviewed.pull.comments[said.id] = replace(said, body=body)
    reviewed.settle()
    assert (reviewed.pull.replies, reviewed.pull.reactions) == ({}, [])
