"""Approvals, waivers, holds and what becomes of them when somebody pushes, told as stories."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from bot.errors import ForgeError
from bot.flows.comment import COOL_DOWN
from bot.flows.reconcile import EVERY, standing
from bot.forges.base import Merged
from bot.model import Check, CheckState, Comment, Intent, PullRequest, PullState, Reaction, User
from bot.store.schema import audit
from bot.store.work import COMMENT
from tests.flows.forge import AUTHOR, BOT, MAINTAINER, STRANGER
from tests.flows.story import PAGE, Story, failing, links, page

SECOND = User(21, "second-maintainer")
OWNER = User(22, "Owner-Of-Pages")
RULE = "MSH206"
WAIVE = f"/waive {RULE} reason: the type is new this release"


@pytest.fixture
def red(story: Story) -> Story:
    """A pull request with one static error that may be waived."""
    story.open(page(1, slip=True))
    story.settle()
    assert story.pull.states()["gate"] == "failure"
    return story


@pytest.fixture
def green(story: Story) -> Story:
    story.open(page(2))
    story.settle()
    story.fetcher.asked.clear()
    assert story.pull.states()["gate"] == "success"
    return story


def outcomes(story: Story, action: str) -> list[str]:
    return [entry.outcome for entry in story.store.rulebook.audit(story.ref) if entry.action == action]


def replies(story: Story) -> str:
    return "\n".join(story.pull.replies.values())


def status(story: Story, who: User = STRANGER) -> str:
    story.say("/status", who)
    story.settle()
    return story.pull.replies["status"]


# Waivers.


def test_a_waiver_opens_the_gate_and_is_shown(red: Story) -> None:
    comment = red.say(WAIVE, MAINTAINER)
    red.settle()
    assert red.pull.states() == dict.fromkeys(("format", "assets", "gate"), "success")
    assert red.pull.reactions == [(comment.id, Reaction.DONE)]
    (summary,) = red.pull.summaries
    assert "the type is new this release" in summary.body
    assert "hub-maintainer" in summary.body
    assert red.pull.labels == {"hubbot:waived", "hubbot:verified"}
    assert len(red.reports) == 1, "nothing was read anew"
    assert outcomes(red, "waive") == ["obeyed"]
    assert outcomes(red, "gate") == ["closed", "open"]


def test_a_waiver_survives_a_push_by_what_it_was_about(red: Story) -> None:
    red.say(WAIVE, MAINTAINER)
    red.settle()
    red.push(page(2, slip=True))
    red.settle()
    assert red.pull.states()["gate"] == "success"
    red.push(page(1).replace("cv-classification", "xy-other"))
    red.settle()
    assert red.pull.states()["gate"] == "failure", "another slip of the same rule is not what was waived"
    assert "covers nothing any more" in red.pull.summaries[0].body


def test_a_waiver_that_is_taken_back_closes_the_gate(red: Story) -> None:
    red.say(WAIVE, MAINTAINER)
    red.say(f"/unwaive {RULE}", MAINTAINER)
    red.settle()
    assert red.pull.states()["gate"] == "failure"
    assert "hubbot:waived" not in red.pull.labels


def test_a_waiver_expires(red: Story) -> None:
    red.say(f"{WAIVE} until 2025-11-25", MAINTAINER)
    red.settle()
    assert red.pull.states()["gate"] == "success"
    red.time += 3 * 86_400
    red.say("/recheck")
    red.settle()
    assert red.pull.states()["gate"] == "failure"
    assert "has expired" in status(red)


@pytest.mark.parametrize("who", [STRANGER, AUTHOR])
def test_nobody_waives_without_the_right_or_for_themselves(red: Story, who: User) -> None:
    red.forge.permissions[AUTHOR.id] = red.forge.permissions[MAINTAINER.id]
    red.say(WAIVE, who)
    red.settle()
    assert red.pull.states()["gate"] == "failure"
    assert len(red.pull.replies) == 1
    assert red.store.rulebook.waivers(red.ref) == ()


def test_an_author_who_maintains_is_told_to_find_a_second_person(red: Story) -> None:
    red.forge.permissions[AUTHOR.id] = red.forge.permissions[MAINTAINER.id]
    red.say(WAIVE, AUTHOR)
    red.say("/approve", AUTHOR)
    red.settle()
    assert "second person" in replies(red)
    assert red.store.rulebook.approvals(red.ref) == ()


def test_a_digest_is_never_waived(story: Story) -> None:
    story.open(page(1).replace(page(1).split("asset-sha256: ")[1][:64], "0" * 64))
    story.settle()
    assert story.pull.states()["gate"] == "failure"
    story.say("/waive digest-mismatch reason: we trust the server", MAINTAINER)
    story.settle()
    assert "cannot be waived by anybody" in replies(story)
    assert story.pull.states()["gate"] == "failure"


def test_a_waiver_while_the_files_are_read_counts_at_the_end(story: Story) -> None:
    def waive(url: str) -> None:
        story.say(WAIVE, MAINTAINER)
        lease = story.queue.lease("w", (COMMENT,), story.time)
        assert lease is not None
        story.run(lease)

    story.open(page(1, slip=True))
    story.fetcher.meanwhile = waive
    story.run(story.take())
    assert story.pull.states()["gate"] == "success"
    story.fetcher.meanwhile = lambda url: None
    story.settle()
    assert story.pull.states()["gate"] == "success"
    (waiver,) = story.store.rulebook.waivers(story.ref)
    assert len(waiver.fingerprints) == 1, "bound to what it covered"


def test_a_permission_that_cannot_be_looked_up_waives_nothing(red: Story) -> None:
    red.forge.watch = failing("permission", "before", ForgeError("503"))
    red.say(WAIVE, MAINTAINER)
    red.settle()
    assert "could not find out" in replies(red)
    assert outcomes(red, "waive") == ["permission-unknown"]
    assert red.pull.states()["gate"] == "failure"


def test_words_edited_into_a_comment_decide_nothing(red: Story) -> None:
    """Whoever may write can edit a maintainer's comment; the delivery tells what was said."""
    said = red.forge.say(1, MAINTAINER, WAIVE)
    red.deliver(Intent.COMMENT, comment=Comment(said.id, MAINTAINER, "/status"))
    red.settle()
    assert red.store.rulebook.waivers(red.ref) == ()
    assert outcomes(red, "waive") == ["edited"]


# Approvals.


def test_an_approval_is_void_after_a_push_unless_nothing_changes(green: Story) -> None:
    needs(green, 1)
    green.say("/recheck")
    green.settle()
    assert green.pull.states()["gate"] == "failure"
    green.say("/approve", MAINTAINER)
    green.settle()
    assert green.pull.states()["gate"] == "success"
    green.push(page(2))
    green.settle()
    assert green.pull.states()["gate"] == "success", "the same files on another commit"
    green.push(page(1))
    green.settle()
    assert green.pull.states()["gate"] == "failure"
    assert outcomes(green, "void") == ["approval"]
    answer = status(green)
    assert "1 more approval is needed" in answer
    assert "with `/approve`" in answer
    assert "void since the push" in answer


def test_two_approvals_are_two_peoples(green: Story) -> None:
    needs(green, 2)
    green.forge.permissions[SECOND.id] = green.forge.permissions[MAINTAINER.id]
    green.say("/approve", MAINTAINER)
    green.say(f"/approve {green.pull.head[:10]}", MAINTAINER)
    green.settle()
    assert green.pull.states()["gate"] == "failure"
    green.say("/approve", SECOND)
    green.settle()
    assert green.pull.states()["gate"] == "success"
    green.say("/approve cancel", SECOND)
    green.settle()
    assert green.pull.states()["gate"] == "failure"


@pytest.mark.parametrize("text", ["/approve 0123456789", "/waive MSH206 0123456 reason: it is fine"])
def test_another_commit_than_the_newest_is_refused(red: Story, text: str) -> None:
    red.say(text, MAINTAINER)
    red.settle()
    assert "but the newest one is" in replies(red)
    assert red.pull.states()["gate"] == "failure"
    assert red.store.rulebook.approvals(red.ref) == ()


def test_a_head_that_nobody_saw_reviewed_is_not_approved(green: Story) -> None:
    green.forge.push(1, {PAGE: page(1)})
    green.say("/approve", MAINTAINER)
    lease = green.queue.lease("w", (COMMENT,), green.time)
    assert lease is not None
    green.run(lease)
    assert "has not been reviewed yet" in replies(green)
    assert green.store.rulebook.approvals(green.ref) == ()


def test_a_crash_between_decision_and_words_decides_once(green: Story) -> None:
    needs(green, 1)
    green.forge.watch = failing("react", "before", ForgeError("502"))
    green.say("/approve", MAINTAINER)
    green.settle()
    green.later(30)
    assert len(green.store.rulebook.approvals(green.ref)) == 1
    assert green.pull.states()["gate"] == "success"
    assert outcomes(green, "approve") == ["obeyed"]


# OWNERS of the base branch.


def owning(story: Story, text: str) -> None:
    story.forge.base = story.forge._commit({"README.md": "hub\n", "OWNERS": text})


def test_an_approver_of_the_base_branch_may_decide(story: Story) -> None:
    owning(story, "approvers:\n- owner-of-pages\n")
    story.open(page(1, slip=True))
    story.settle()
    story.say(WAIVE, OWNER)
    story.settle()
    assert story.pull.states()["gate"] == "success"


def test_owners_that_the_pull_request_brings_count_for_nothing(story: Story) -> None:
    story.forge.open(1, {PAGE: page(1, slip=True), "OWNERS": "approvers:\n- owner-of-pages\n"})
    story.deliver(Intent.REVIEW)
    story.settle()
    story.say(WAIVE, OWNER)
    story.settle()
    assert story.pull.states()["gate"] == "failure"
    assert "is for maintainers" in replies(story)


def test_a_reviewer_may_hold_but_not_waive(story: Story) -> None:
    owning(story, "reviewers:\n- Owner-of-pages\napprovers:\n- somebody\n")
    story.open(page(1, slip=True))
    story.settle()
    story.say(f"{WAIVE}\n/hold wait for the tests", OWNER)
    story.settle()
    assert "is for maintainers" in replies(story)
    assert story.pull.labels == {"hubbot:needs-fix", "hubbot:hold"}


def test_owners_that_cannot_be_read_give_nobody_a_right(story: Story) -> None:
    owning(story, "approvers:\n- owner-of-pages\n")
    story.open(page(1, slip=True))
    story.settle()
    story.forge.watch = failing("tree", "before", ForgeError("500"))
    story.say(WAIVE, OWNER)
    story.settle()
    assert story.pull.states()["gate"] == "failure"
    assert "could not find out" in replies(story)


# Holds.


def test_a_hold_closes_the_gate_until_it_is_lifted(green: Story) -> None:
    green.say("/hold wait for the release", MAINTAINER)
    green.settle()
    assert green.pull.states()["gate"] == "failure"
    assert green.pull.states()["assets"] == "success"
    title = green.pull.checks[green.pull.head, "hubbot/gate"].title
    assert title == "on hold / 已暂停合入"
    assert green.pull.labels == {"hubbot:hold"}
    green.say("/unhold", AUTHOR)
    green.settle()
    assert green.pull.states()["gate"] == "failure", "a maintainer's hold is not the author's to lift"
    green.say("/unhold", MAINTAINER)
    green.settle()
    assert green.pull.states()["gate"] == "success"
    assert green.fetcher.asked == []


def test_a_hold_stays_over_a_push(green: Story) -> None:
    green.say("/hold", AUTHOR)
    green.push(page(1))
    green.settle()
    assert green.pull.states()["gate"] == "failure"
    assert "whoever set the hold" in status(green)


# Rechecks.


def test_a_recheck_of_what_failed_reads_only_that(story: Story) -> None:
    story.fetcher.down = {links(3)[1]}
    story.open(page(3))
    story.settle()
    story.fetcher.asked.clear()
    story.fetcher.down = set()
    story.time += 7 * 3600
    story.say("/recheck failed")
    story.settle()
    assert story.fetcher.asked == [links(3)[1]]
    assert story.pull.states()["gate"] == "success"


def test_a_recheck_of_a_page_reads_no_other_pages_files(story: Story) -> None:
    other = PAGE.replace("lenet_mnist", "alexnet_mnist")
    story.fetcher.down = set(links(4))
    story.forge.open(1, {PAGE: page(1), other: page(3)})
    story.deliver(Intent.REVIEW)
    story.settle()
    story.fetcher.asked.clear()
    story.say(f"/recheck {PAGE}")
    story.settle()
    assert story.fetcher.asked == links(1)
    story.fetcher.asked.clear()
    story.say("/recheck MSH206", MAINTAINER)
    story.later(COOL_DOWN)
    assert story.fetcher.asked == [], "no file has to do with that rule"


def test_a_second_recheck_waits_a_moment(green: Story) -> None:
    green.say("/recheck --fresh")
    green.settle()
    green.say("/recheck --fresh")
    green.settle()
    assert set(green.pull.states().values()) == {"pending"}
    assert green.fetcher.asked == links(2)
    green.later(COOL_DOWN)
    assert green.fetcher.asked == [*links(2), *links(2)]
    assert green.pull.states()["gate"] == "success"


def test_after_many_rechecks_a_maintainer_has_to_look(story: Story) -> None:
    story.fetcher.down = set(links())
    story.open()
    story.settle()
    for _ in range(12):
        story.say("/recheck")
        story.later(COOL_DOWN)
    assert story.pull.labels == {"hubbot:escalated"}
    assert "rechecked 10 times" in story.pull.replies["escalated"]
    assert "a maintainer should have a look" in status(story)
    asked = len(story.fetcher.asked)
    story.say("/recheck", MAINTAINER)
    story.later(COOL_DOWN)
    assert len(story.fetcher.asked) == asked + 1
    story.fetcher.down = set()
    story.say("/recheck", MAINTAINER)
    story.later(COOL_DOWN)
    assert story.pull.labels == {"hubbot:verified"}


def test_a_cancelled_review_is_closed_until_somebody_asks_again(story: Story) -> None:
    def cancel(url: str) -> None:
        story.fetcher.meanwhile = lambda url: None
        story.say("/cancel")
        lease = story.queue.lease("w", (COMMENT,), story.time)
        assert lease is not None
        story.run(lease)

    story.open(page(2))
    story.fetcher.meanwhile = cancel
    story.settle()
    assert story.pull.states()["gate"] == "error"
    story.later(3600)
    assert story.pull.states()["gate"] == "error"
    story.say("/recheck")
    story.settle()
    assert story.pull.states()["gate"] == "success"
    story.say("/cancel")
    story.settle()
    assert "nothing to stop" in replies(story)
    assert story.pull.states()["gate"] == "success"


# Language.


def test_the_language_is_chosen_and_kept(green: Story) -> None:
    green.say("/lang 中文")
    green.settle()
    assert "✅ 已检查的内容" in green.pull.summaries[0].body or "无需操作" in green.pull.summaries[0].body
    green.push(page(1))
    green.settle()
    assert "您无需操作" in green.pull.summaries[0].body
    green.say("/lang klingon")
    green.settle()
    assert "没有看懂" in replies(green)


# Words that are nearly ours.


def test_a_near_miss_is_answered_once_and_other_robots_words_never(green: Story) -> None:
    green.say("/rechek", STRANGER)
    green.say("/stauts", STRANGER)
    green.say("/lgtm\n/kind bug\n/check-cla", STRANGER)
    green.settle()
    assert list(green.pull.replies) == [f"near-{STRANGER.id}"]
    assert "Did you mean `/status`?" in replies(green)
    assert len(green.reports) == 1


# Questions of policy.


def test_two_pull_requests_with_the_same_page_wait_for_a_maintainer(story: Story) -> None:
    story.open()
    story.settle()
    assert story.pull.states()["gate"] == "success"
    story.forge.open(2, {PAGE: page(1)})
    story.deliver(Intent.REVIEW, number=2)
    story.settle()
    assert story.forge.pulls[2].states()["gate"] == "failure"
    assert story.pull.states()["gate"] == "failure", "the first learns of the second"
    assert "maintainer" in status(story)
    story.forge.pulls[2].state = PullState.CLOSED
    story.deliver(Intent.CLOSED, number=2)
    story.settle()
    assert story.pull.states()["gate"] == "success"


@pytest.mark.parametrize("answer", ["/approve", "/waive MSH503 reason: the old file was broken"])
def test_a_replaced_digest_waits_for_a_maintainers_answer(story: Story, answer: str) -> None:
    declared = page(1).split("asset-sha256: ")[1][:64]
    story.forge.base = story.forge._commit({PAGE: page(1).replace(declared, "0" * 64)})
    story.open(page(1))
    story.settle()
    assert story.pull.states() == {"format": "failure", "assets": "success", "gate": "failure"}
    assert "A maintainer has to decide" in story.pull.checks[story.pull.head, "hubbot/gate"].title
    assert "a maintainer who is not the author" in status(story)
    story.say(answer, MAINTAINER)
    story.settle()
    assert set(story.pull.states().values()) == {"success"}


# Forgery.


def look(story: Story) -> None:
    for request in standing(story.world):
        story.queue.put(request, story.time)
    story.settle()


def test_a_forged_status_and_label_are_repaired_and_recorded(red: Story) -> None:
    red.pull.checks[red.pull.head, "hubbot/gate"] = Check("hubbot/gate", CheckState.SUCCESS, "fine")
    red.pull.labels.add("hubbot:verified")
    look(red)
    assert red.pull.states()["gate"] == "failure"
    assert red.pull.labels == {"hubbot:needs-fix"}
    (entry,) = [entry for entry in red.store.rulebook.audit(red.ref) if entry.action == "forged"]
    assert entry.detail == {"what": "hubbot/gate hubbot:verified"}
    red.forge.writes.clear()
    red.later(EVERY + 1)
    assert red.forge.writes == []
    assert outcomes(red, "forged") == ["repaired"]


# Merging.


class FakeMerger:
    """Merges as it is told; `heads` are those that it was asked to merge."""

    def __init__(self, outcome: Merged = Merged.DONE) -> None:
        self.outcome = outcome
        self.heads: list[str] = []

    def merge(self, pull: PullRequest, sha: str) -> tuple[Merged, str]:
        self.heads.append(sha)
        return self.outcome, "405" if self.outcome is Merged.REFUSED else ""


def merging(story: Story, outcome: Merged = Merged.DONE) -> FakeMerger:
    merger = FakeMerger(outcome)
    story.world = replace(story.world, mergers={"github": merger})
    return merger


def test_without_a_merge_credential_the_word_is_nobodys(green: Story) -> None:
    green.say("/merge", MAINTAINER)
    green.settle()
    assert green.pull.replies == {}
    assert outcomes(green, "merge") == []


def test_an_open_gate_is_merged_at_the_head_that_was_named(green: Story) -> None:
    merger = merging(green)
    green.say("/merge", STRANGER)
    green.say(f"/merge {green.pull.head[:7]}", MAINTAINER)
    green.settle()
    assert merger.heads == [green.pull.head]
    assert outcomes(green, "merged") == ["done"]


def test_a_closed_gate_is_not_merged_and_says_why(red: Story) -> None:
    merger = merging(red)
    red.say("/merge", MAINTAINER)
    red.settle()
    assert merger.heads == []
    assert "1 problem on the pages" in red.pull.replies["merge"]
    red.push(page(1))
    red.settle()
    assert merger.heads == [], "a wish is for one head"


def test_an_old_verification_is_repeated_before_the_merge(green: Story) -> None:
    merger = merging(green)
    green.time += 25 * 3600
    green.say("/merge", MAINTAINER)
    green.settle()
    assert green.fetcher.asked == links(2)
    assert merger.heads == [green.pull.head]


def test_a_head_that_moved_while_merging_is_reviewed(green: Story) -> None:
    merging(green, Merged.CHANGED)
    green.say("/merge", MAINTAINER)
    green.settle()
    assert len(green.reports) == 2
    assert "changed while I was merging" in green.pull.replies["merge"]


def test_what_the_forge_refuses_is_said_and_not_tried_again(green: Story) -> None:
    merger = merging(green, Merged.REFUSED)
    green.say("/merge", MAINTAINER)
    green.settle()
    green.later(3600)
    assert merger.heads == [green.pull.head]
    assert "did not let me merge" in green.pull.replies["merge"]


# The record.


@pytest.mark.parametrize("statement", [delete(audit), update(audit).values(outcome="open")])
def test_the_record_only_grows(red: Story, statement: object) -> None:
    before = red.store.rulebook.audit(red.ref)
    assert before
    with pytest.raises(DBAPIError, match="only grows"), red.store.engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # either kind of statement
    assert red.store.rulebook.audit(red.ref) == before


def test_a_robot_decides_nothing(red: Story) -> None:
    robot = User(77, "helper[bot]", is_bot=True)
    red.forge.permissions[robot.id] = red.forge.permissions[MAINTAINER.id]
    for who in (robot, BOT):
        red.say(WAIVE, who)
        red.say("/approve", who)
    red.settle()
    assert red.store.rulebook.waivers(red.ref) == red.store.rulebook.approvals(red.ref) == ()
    assert red.pull.replies == {}


def needs(story: Story, number: int) -> None:
    story.world = replace(story.world, policy=replace(story.world.policy, approvals_needed=number))
