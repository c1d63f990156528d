"""Inline comments after they were said: whether they stand, and how they are closed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.errors import ForgeError
from bot.forges.github.client import GitHubForge
from bot.forges.github.threads import MAX_ANSWERS, MAX_CLOSED
from bot.model import FIXED_MARKER, InlineComment, PullRequest, Thread, ThreadState

from .conftest import AUTHOR, HEAD, ME, Call, FakeGitHub, Reply

pytestmark = pytest.mark.network

GRAPHQL = "POST /graphql"
INLINE = "GET pulls/7/comments"
OPEN: dict[str, Any] = {"isResolved": False, "viewerCanResolve": True, "resolvedBy": None}
MARK = "0123456789abcdef"
ANSWER = f"{FIXED_MARKER} -->\nFixed."


def comment(number: int, body: str = "", who: dict[str, Any] | None = ME, below: int = 0) -> dict[str, Any]:
    said = {"id": number, "path": "a.md", "original_commit_id": HEAD, "user": who}
    return (
        said
        | {"body": body or f"<!-- hubbot:finding {MARK} -->\nfix"}
        | ({"in_reply_to_id": below} if below else {})
    )


def thread(number: int, minimized: bool = False, **changes: Any) -> dict[str, Any]:
    first = {"id": f"C{number}", "databaseId": number, "isMinimized": minimized}
    return {"id": f"T{number}", **OPEN, **changes, "comments": {"nodes": [first]}}


def page(threads: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    info = {"hasNextPage": after is not None, "endCursor": after}
    listed = {"pageInfo": info, "nodes": threads}
    return {"data": {"repository": {"pullRequest": {"reviewThreads": listed}}}}


@pytest.fixture
def posted(github: FakeGitHub, forge: GitHubForge, pull: PullRequest) -> Any:
    github.on("GET issues/7/comments", [])
    github.on(f"GET commits/{HEAD}/statuses", [])
    return lambda: forge.posted(pull)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (thread(1), ThreadState.OPEN),
        (thread(1, isResolved=True), ThreadState.DONE),
        (thread(1, isResolved=True, resolvedBy={"databaseId": ME["id"]}), ThreadState.DONE),
        (thread(1, isResolved=True, resolvedBy={"databaseId": AUTHOR["id"]}), ThreadState.DISMISSED),
        (thread(1, minimized=True), ThreadState.DONE),
        (thread(2, isResolved=True), ThreadState.OPEN),
    ],
)
def test_what_became_of_a_comment(github: FakeGitHub, posted: Any, found: Any, state: ThreadState) -> None:
    github.on(INLINE, [comment(1)])
    github.on(GRAPHQL, page([found]))
    stands = posted()
    (one,) = stands.threads
    assert (one.path, one.fingerprints, one.state, one.has_replies) == ("a.md", {MARK}, state, False)
    assert stands.fingerprints == (frozenset() if state is ThreadState.DONE else {MARK})


@pytest.mark.parametrize(
    ("reply", "state", "has_replies"),
    [
        (comment(2, "why?", AUTHOR, 1), ThreadState.OPEN, True),
        (comment(2, "why?", None, 1), ThreadState.OPEN, True),
        (comment(2, ANSWER, ME, 1), ThreadState.DONE, False),
        (comment(2, ANSWER, AUTHOR, 1), ThreadState.OPEN, True),
        (comment(2, "hm", ME, 1), ThreadState.OPEN, False),
        (comment(2, "why?", AUTHOR, 9), ThreadState.OPEN, False),
    ],
)
def test_replies_are_seen_and_only_our_answer_counts(
    github: FakeGitHub, posted: Any, reply: Any, state: ThreadState, has_replies: bool
) -> None:
    github.on(INLINE, [comment(1), reply])
    github.on(GRAPHQL, page([thread(1)]))
    (one,) = posted().threads
    assert (one.state, one.has_replies) == (state, has_replies)


def test_an_answered_comment_that_somebody_resolves_is_done(github: FakeGitHub, posted: Any) -> None:
    github.on(INLINE, [comment(1), comment(2, ANSWER, ME, 1)])
    github.on(GRAPHQL, page([thread(1, isResolved=True, resolvedBy={"databaseId": AUTHOR["id"]})]))
    assert posted().threads[0].state is ThreadState.DONE


def test_without_inline_comments_nobody_asks_for_threads(github: FakeGitHub, posted: Any) -> None:
    github.on(INLINE, [comment(1, "a person's words", AUTHOR)])
    assert posted().threads == ()
    assert [call.path for call in github.calls if call.path == "/graphql"] == []


def test_threads_come_page_by_page_and_not_for_ever(github: FakeGitHub, posted: Any) -> None:
    def more(call: Call) -> object:
        at = int(call.body["variables"]["after"] or 0) + 1
        return page([thread(at, isResolved=True)], str(at))

    github.on(INLINE, [comment(n) for n in range(1, 9)])
    github.on(GRAPHQL, more)
    assert [one.state is ThreadState.DONE for one in posted().threads] == [True] * 5 + [False] * 3


@pytest.mark.parametrize(
    "answer",
    [
        Reply(502, b"<html>"),
        Reply(403, {"message": "Resource not accessible by integration"}),
        Reply(drop=True),
        {"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "no"}]},
        {"data": None, "errors": [{"message": "no"}]},
        {"errors": [{"type": "RATE_LIMITED", "message": "later"}]},
        page([{"id": "T1"}]),
    ],
)
def test_a_review_does_not_wait_for_graphql(github: FakeGitHub, posted: Any, answer: Any) -> None:
    github.on(INLINE, [comment(1)])
    github.on(GRAPHQL, answer)
    stands = posted()
    assert stands.fingerprints == {MARK}
    assert stands.threads[0].state is ThreadState.OPEN


def gone(number: int, *, has_replies: bool = False, resolvable: bool = True) -> Thread:
    keys = (str(number), f"C{number}", f"T{number}" if resolvable else "")
    return Thread("a.md", frozenset({MARK}), has_replies=has_replies, keys=keys)


def mutations(github: FakeGitHub) -> list[tuple[str, list[str]]]:
    """What was asked of GraphQL: the name of the mutation, and to what it was to be done."""
    sent = [call.body for call in github.calls if call.path == "/graphql"]
    return [
        (re.findall(r"\w+(?=\(input)", body["query"])[0], list(body["variables"].values())) for body in sent
    ]


def test_many_are_resolved_in_one_call(github: FakeGitHub, forge: GitHubForge, pull: PullRequest) -> None:
    github.on(GRAPHQL, lambda call: {"data": {name: {} for name in call.body["variables"]}})
    forge.close_threads(pull, [gone(n) for n in range(80)], ANSWER)
    assert mutations(github) == [("resolveReviewThread", [f"T{n}" for n in range(MAX_CLOSED)])]
    query = next(call.body["query"] for call in github.calls if call.path == "/graphql")
    assert query.count("resolveReviewThread(input: {threadId: $n") == MAX_CLOSED
    assert query.startswith("mutation($n0: ID!, $n1: ID!")


def test_what_may_not_be_resolved_is_folded_away(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    refused = {
        "data": {"n0": {}, "n1": None},
        "errors": [{"type": "FORBIDDEN", "message": "no", "path": ["n1"]}],
    }
    github.on(GRAPHQL, refused, {"data": {"n0": {}, "n1": {}}})
    forge.close_threads(pull, [gone(1), gone(2), gone(3, resolvable=False)], ANSWER)
    assert mutations(github) == [("resolveReviewThread", ["T1", "T2"]), ("minimizeComment", ["C2", "C3"])]


def test_where_somebody_replied_it_is_answered(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    for number in range(1, 30):
        github.on(f"POST pulls/7/comments/{number}/replies", Reply(201, {"id": 100 + number}))
    forge.close_threads(pull, [gone(n, has_replies=True) for n in range(1, 30)], ANSWER)
    assert mutations(github) == []
    assert github.names("POST") == [f"POST pulls/7/comments/{n}/replies" for n in range(1, MAX_ANSWERS + 1)]
    assert github.bodies("POST pulls/7/comments/1/replies") == [{"body": ANSWER}]


@pytest.mark.parametrize("answer", [Reply(502), {"data": None, "errors": [{"message": "no"}]}])
def test_a_call_that_fails_whole_is_a_failure(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, answer: Any
) -> None:
    github.on(GRAPHQL, answer)
    with pytest.raises(ForgeError):
        forge.close_threads(pull, [gone(1)], ANSWER)


@pytest.mark.parametrize(("resolved", "said_again"), [(True, True), (False, False)])
def test_what_is_done_may_be_said_again_on_the_same_head(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, resolved: bool, said_again: bool
) -> None:
    github.on(INLINE, [comment(1)])
    github.on(GRAPHQL, page([thread(1, isResolved=resolved)]))
    github.on("POST pulls/7/reviews", {"id": 1})
    forge.post_review(pull, "", [InlineComment("a.md", 1, "again", (MARK,))])
    assert bool(github.bodies("POST pulls/7/reviews")) is said_again


@pytest.mark.parametrize(
    ("start", "sent"),
    [(0, {}), (4, {}), (5, {}), (2, {"start_line": 2, "start_side": "RIGHT"})],
)
def test_a_comment_on_several_lines_names_its_first(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, start: int, sent: dict[str, Any]
) -> None:
    github.on(INLINE, [])
    github.on("POST pulls/7/reviews", Reply(422))
    github.on("POST pulls/7/comments", Reply(201, {"id": 1}))
    forge.post_review(pull, "", [InlineComment("a.md", 4, "here", (MARK,), start)])
    placed = {"path": "a.md", "line": 4, "side": "RIGHT", "body": "here"} | sent
    assert github.bodies("POST pulls/7/reviews")[0]["comments"] == [placed]
    assert github.bodies("POST pulls/7/comments") == [placed | {"commit_id": HEAD}]
