"""What every forge must do alike: each function asserts one promise of the `Forge` port about a `Subject`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha1

import pytest

from bot.errors import CouldNotVerify, ForgeError
from bot.forges.base import FINDING_MARKER, REPLY_MARKER, SUMMARY_MARKER, Forge
from bot.model import (
    CONTEXTS,
    ChangedFile,
    ChangeKind,
    Check,
    CheckState,
    Comment,
    InlineComment,
    Permission,
    PullRef,
    PullRequest,
    PullState,
    Reaction,
    ThreadState,
    User,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A forge with one open pull request on which nothing of ours stands yet.

    `added` is the path of a text file that the pull request adds. `say` lets somebody who is not the bot
    comment, `heard` gives all that stands in the conversation, `reactions` those to a comment: all three go
    past the `Forge` port. `head_moves` pushes a commit to the pull request.
    """

    forge: Forge
    ref: PullRef
    added: str
    say: Callable[[str], Comment]
    heard: Callable[[], Sequence[Comment]]
    reactions: Callable[[Comment], frozenset[Reaction]]
    head_moves: Callable[[], object]

    @property
    def pull(self) -> PullRequest:
        return self.forge.pull_request(self.ref)


def the_pull_request_is_told_whole(subject: Subject) -> None:
    pull = subject.pull
    assert pull.ref == subject.ref
    assert pull.ref.forge == subject.forge.name
    assert pull.state is PullState.OPEN
    assert pull.title
    assert pull.author.login
    assert pull.author.id != subject.forge.me().id
    assert re.fullmatch(r"[0-9a-f]{40}", pull.head_sha)
    assert re.fullmatch(r"[0-9a-f]{40}", pull.base_sha)
    assert pull.head_sha != pull.base_sha
    assert subject.ref in {each.ref for each in subject.forge.open_pulls(subject.ref.repo)}


def an_unknown_pull_request_is_an_error(subject: Subject) -> None:
    # Permanent or not is each forge's own: a signed delivery may be ahead of what its API knows.
    with pytest.raises(ForgeError):
        subject.forge.pull_request(replace(subject.ref, number=987_654))


def an_unknown_repository_is_a_permanent_error(subject: Subject) -> None:
    with pytest.raises(ForgeError) as caught:
        subject.forge.pull_request(replace(subject.ref, repo="nobody/nothing"))
    assert caught.value.permanent


def the_bot_is_known_as_a_bot(subject: Subject) -> None:
    assert subject.forge.me().login
    assert subject.forge.me() == subject.forge.me()


def changes_are_the_difference_of_two_trees(subject: Subject) -> None:
    pull = subject.pull
    found = subject.forge.changes(pull)
    before = subject.forge.tree(subject.ref.repo, found.merge_base)
    after = subject.forge.tree(subject.ref.repo, pull.head_sha)
    assert dict(found.base_tree) == dict(before)
    differing = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert sorted(file.path for file in found.files) == sorted(differing)
    for file in found.files:
        assert (file.base, file.head) == (before.get(file.path), after.get(file.path))
        assert file.kind is _kind(file)


def an_added_file_comes_with_its_patch(subject: Subject) -> None:
    added = _added(subject)
    assert added.kind is ChangeKind.ADDED
    if subject.forge.name == "github":  # of counts that agree none is asked for: a review makes its own
        assert added.patch is None
        assert subject.forge.changes(subject.pull).computes_patches
        return
    assert added.patch is not None
    assert added.patch.startswith("@@ -0,0 +1")


def blobs_are_the_bytes_of_their_ids(subject: Subject) -> None:
    pull, head = subject.pull, _added(subject).head
    assert head is not None
    blobs = subject.forge.blobs(subject.ref.repo, [head.oid, head.oid], commit=pull.head_sha)
    assert list(blobs) == [head.oid]
    content = blobs[head.oid]
    assert sha1(b"blob %d\0" % len(content) + content).hexdigest() == head.oid


def files_of_the_base_can_be_read(subject: Subject) -> None:
    pull = subject.pull
    path, entry = next(iter(subject.forge.tree(subject.ref.repo, pull.base_sha).items()))
    blobs = subject.forge.blobs(subject.ref.repo, [entry.oid], commit=pull.base_sha)
    assert sha1(b"blob %d\0" % len(blobs[entry.oid]) + blobs[entry.oid]).hexdigest() == entry.oid, path


def a_tip_has_a_tree(subject: Subject) -> None:
    tip = subject.forge.tip(subject.ref.repo)
    assert re.fullmatch(r"[0-9a-f]{40}", tip)
    assert subject.forge.tree(subject.ref.repo, tip)


def many_blobs_come_complete(subject: Subject) -> None:
    pull = subject.pull
    oids = {entry.oid for entry in subject.forge.tree(subject.ref.repo, pull.head_sha).values()}
    blobs = subject.forge.blobs(subject.ref.repo, oids, commit=pull.head_sha)
    assert set(blobs) == oids


def a_comment_is_read_as_it_stands(subject: Subject) -> None:
    said = subject.say("/status")
    found = subject.forge.comment(subject.pull, said.id)
    assert found is not None
    assert (found.id, found.author.id, found.body) == (said.id, said.author.id, "/status")
    assert found.author.id != subject.forge.me().id
    assert subject.forge.comment(subject.pull, "98765432") is None


def no_blobs_are_asked_for_and_none_come(subject: Subject) -> None:
    assert subject.forge.blobs(subject.ref.repo, [], commit=subject.pull.head_sha) == {}


def a_missing_blob_is_never_passed_over(subject: Subject) -> None:
    with pytest.raises((ForgeError, CouldNotVerify)):
        subject.forge.blobs(subject.ref.repo, ["1" * 40], commit=subject.pull.head_sha)


def nothing_stands_at_first(subject: Subject) -> None:
    posted = subject.forge.posted(subject.pull)
    assert posted.summaries == ()
    assert posted.fingerprints == frozenset()
    assert not {
        context: check for context, check in posted.checks.items() if check[0] is not CheckState.PENDING
    }


def a_summary_is_created_once_and_then_edited(subject: Subject) -> None:
    first = subject.forge.post_summary(subject.pull, f"{SUMMARY_MARKER} v1 -->\none", None)
    (standing,) = subject.forge.posted(subject.pull).summaries
    assert standing.id == first.id
    assert "one" in standing.body
    again = subject.forge.post_summary(subject.pull, f"{SUMMARY_MARKER} v1 -->\ntwo", standing)
    (standing,) = subject.forge.posted(subject.pull).summaries
    assert again.id == standing.id == first.id
    assert "two" in standing.body


def a_summary_that_somebody_deleted_is_created_again(subject: Subject) -> None:
    first = subject.forge.post_summary(subject.pull, f"{SUMMARY_MARKER} v1 -->\none", None)
    subject.forge.delete_comment(subject.pull, first)
    assert subject.forge.posted(subject.pull).summaries == ()
    subject.forge.post_summary(subject.pull, f"{SUMMARY_MARKER} v1 -->\ntwo", first)
    (standing,) = subject.forge.posted(subject.pull).summaries
    assert "two" in standing.body


def deleting_a_comment_twice_is_no_error(subject: Subject) -> None:
    first = subject.forge.post_summary(subject.pull, f"{SUMMARY_MARKER} v1 -->\none", None)
    subject.forge.delete_comment(subject.pull, first)
    subject.forge.delete_comment(subject.pull, first)
    assert first.id not in {comment.id for comment in subject.heard()}


def a_strangers_marker_is_not_believed(subject: Subject) -> None:
    said = subject.say(f"{SUMMARY_MARKER} v1 -->\nall good\n{FINDING_MARKER} {'a' * 16} -->")
    posted = subject.forge.posted(subject.pull)
    assert posted.summaries == ()
    assert posted.fingerprints == frozenset()
    assert said.id in {comment.id for comment in subject.heard()}


def checks_stand_as_they_were_last_set(subject: Subject) -> None:
    pull = subject.pull
    states = (CheckState.SUCCESS, CheckState.FAILURE, CheckState.ERROR)
    for context in CONTEXTS:
        subject.forge.set_check(pull, Check(context, CheckState.PENDING, "reading"))
    for context, state in zip(CONTEXTS, states, strict=True):
        subject.forge.set_check(pull, Check(context, state, f"ended {state}"))
        subject.forge.set_check(pull, Check(context, state, f"ended {state}"))
    checks = subject.forge.posted(pull).checks
    assert {context: checks[context] for context in CONTEXTS} == {
        context: (state, f"ended {state}") for context, state in zip(CONTEXTS, states, strict=True)
    }


def checks_belong_to_one_head(subject: Subject) -> None:
    before = subject.pull
    subject.forge.set_check(before, Check(CONTEXTS[0], CheckState.SUCCESS, "fine"))
    subject.head_moves()
    after = subject.pull
    assert after.head_sha != before.head_sha
    assert CONTEXTS[0] not in subject.forge.posted(after).checks


def labels_are_added_and_removed(subject: Subject) -> None:
    subject.forge.set_labels(subject.pull, ["hubbot:needs-fix", "hubbot:hold"], [])
    subject.forge.set_labels(subject.pull, ["hubbot:verified"], ["hubbot:needs-fix", "hubbot:waived"])
    ours = {name for name in subject.forge.posted(subject.pull).labels if name.startswith("hubbot:")}
    assert ours == {"hubbot:verified", "hubbot:hold"}
    assert ours <= set(subject.pull.labels)


def an_inline_comment_is_said_and_remembered(subject: Subject) -> None:
    comment = _inline(subject.added, 1, "c" * 16, "d" * 16)
    assert subject.forge.post_review(subject.pull, "", [comment]) == ()
    assert subject.forge.posted(subject.pull).fingerprints == {"c" * 16, "d" * 16}


def a_comment_off_the_diff_comes_back(subject: Subject) -> None:
    off, other = _inline(subject.added, 99_999, "e" * 16), _inline("no/such/file.md", 1, "f" * 16)
    good = _inline(subject.added, 1, "0" * 16)
    refused = subject.forge.post_review(subject.pull, "", [off, good, other])
    assert refused == (off, other)
    assert subject.forge.posted(subject.pull).fingerprints == {"0" * 16}


def a_mended_comment_is_closed_and_may_be_said_again(subject: Subject) -> None:
    comment = _inline(subject.added, 1, "c" * 16)
    assert subject.forge.post_review(subject.pull, "", [comment]) == ()
    threads = subject.forge.posted(subject.pull).threads
    if subject.forge.name == "gitee":  # it cannot close comments: it tells of none, and closing is nothing
        assert threads == ()
        subject.forge.close_threads(subject.pull, [], "Fixed.")
        assert subject.forge.posted(subject.pull).fingerprints == {"c" * 16}
        return
    (thread,) = threads
    assert (thread.state, thread.path) == (ThreadState.OPEN, subject.added)
    subject.forge.close_threads(subject.pull, [thread], "Fixed.")
    subject.forge.close_threads(subject.pull, [thread], "Fixed.")
    posted = subject.forge.posted(subject.pull)
    assert posted.fingerprints == frozenset()
    assert all(left.state is ThreadState.DONE for left in posted.threads)
    assert subject.forge.post_review(subject.pull, "", [comment]) == ()
    assert subject.forge.posted(subject.pull).fingerprints == {"c" * 16}


def a_reply_is_said_once_for_its_occasion(subject: Subject) -> None:
    subject.forge.reply(subject.pull, "first words", "help-1")
    subject.forge.reply(subject.pull, "better words", "help-1")
    subject.forge.reply(subject.pull, "other words", "help-2")
    ours = [comment.body for comment in subject.heard() if REPLY_MARKER in comment.body]
    assert len(ours) == 2
    assert "better words" in ours[0]
    assert "other words" in ours[1]
    assert subject.forge.posted(subject.pull).summaries == ()


def a_reaction_twice_is_one_reaction(subject: Subject) -> None:
    said = subject.say("/recheck")
    subject.forge.react(subject.pull, said, Reaction.SEEN)
    subject.forge.react(subject.pull, said, Reaction.SEEN)
    assert subject.reactions(said) == ({Reaction.SEEN} if subject.forge.has_reactions else frozenset())


def permission_is_looked_up(subject: Subject) -> None:
    known = subject.forge.permission(subject.ref.repo, subject.pull.author)
    stranger = subject.forge.permission(subject.ref.repo, User(999_999_999, "nobody-at-all"))
    assert isinstance(known, Permission)
    assert isinstance(stranger, Permission)


#: Every promise; parametrize a test with it. Each wants a fresh subject.
CONTRACT: tuple[Callable[[Subject], None], ...] = (
    the_pull_request_is_told_whole,
    an_unknown_pull_request_is_an_error,
    an_unknown_repository_is_a_permanent_error,
    the_bot_is_known_as_a_bot,
    changes_are_the_difference_of_two_trees,
    an_added_file_comes_with_its_patch,
    blobs_are_the_bytes_of_their_ids,
    files_of_the_base_can_be_read,
    a_tip_has_a_tree,
    many_blobs_come_complete,
    a_comment_is_read_as_it_stands,
    no_blobs_are_asked_for_and_none_come,
    a_missing_blob_is_never_passed_over,
    nothing_stands_at_first,
    a_summary_is_created_once_and_then_edited,
    a_summary_that_somebody_deleted_is_created_again,
    deleting_a_comment_twice_is_no_error,
    a_strangers_marker_is_not_believed,
    checks_stand_as_they_were_last_set,
    checks_belong_to_one_head,
    labels_are_added_and_removed,
    an_inline_comment_is_said_and_remembered,
    a_comment_off_the_diff_comes_back,
    a_mended_comment_is_closed_and_may_be_said_again,
    a_reply_is_said_once_for_its_occasion,
    a_reaction_twice_is_one_reaction,
    permission_is_looked_up,
)


def _added(subject: Subject) -> ChangedFile:
    (added,) = [file for file in subject.forge.changes(subject.pull).files if file.path == subject.added]
    return added


def _kind(file: ChangedFile) -> ChangeKind:
    if file.base is None:
        return ChangeKind.ADDED
    return ChangeKind.REMOVED if file.head is None else ChangeKind.MODIFIED


def _inline(path: str, line: int, *fingerprints: str) -> InlineComment:
    body = f"{FINDING_MARKER} {' '.join(fingerprints)} -->\nPlease look here."
    return InlineComment(path, line, body, fingerprints)
