"""The last look: head and conversation in one request, and nothing said twice after it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import ForgeError
from bot.forges.base import SUMMARY_MARKER
from bot.forges.github.client import GitHubForge
from bot.model import PullRequest, PullState

from .conftest import HEAD, ME, FakeGitHub

pytestmark = pytest.mark.network


def answer(**more: Any) -> dict[str, Any]:
    pull = {
        "headRefOid": HEAD,
        "baseRefName": "master",
        "state": "OPEN",
        "isDraft": False,
        "labels": {"nodes": [{"name": "hubbot:verified"}]},
        "reviewThreads": {"totalCount": 0},
        "comments": {"pageInfo": {"hasNextPage": False}, "nodes": []},
        **more,
    }
    return {"data": {"repository": {"pullRequest": pull}}}


def said(body: str, *, ours: bool) -> dict[str, Any]:
    return {"databaseId": 5, "body": body, "url": "https://github.com/x#5", "viewerDidAuthor": ours}


@pytest.fixture(autouse=True)
def quiet(github: FakeGitHub) -> None:
    github.on(f"GET commits/{HEAD}/statuses", [])
    github.on("POST /graphql", answer())


def test_one_request_tells_all(github: FakeGitHub, forge: GitHubForge, pull: PullRequest) -> None:
    comments = [said(f"{SUMMARY_MARKER} -->", ours=ours) for ours in (False, True)]
    listed = {"pageInfo": {"hasNextPage": False}, "nodes": comments}
    github.on("POST /graphql", answer(comments=listed, state="MERGED", isDraft=True))
    now, posted = forge.look_again(pull)
    assert (now.state, now.draft, now.labels) == (PullState.MERGED, True, ("hubbot:verified",))
    assert [(one.id, one.author.id) for one in posted.summaries] == [("5", ME["id"])]
    assert posted.labels == {"hubbot:verified"}
    assert (
        github.names() == ["POST /graphql", "GET /user", f"GET commits/{HEAD}/statuses"]
        or len(github.calls) == 3
    )


def test_a_long_conversation_is_read_by_its_list(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on("POST /graphql", answer(comments={"pageInfo": {"hasNextPage": True}, "nodes": []}))
    whole = {"id": 8, "body": f"{SUMMARY_MARKER} -->", "user": ME, "html_url": ""}
    github.on("GET issues/7/comments", [whole])
    assert [one.id for one in forge.look_again(pull)[1].summaries] == ["8"]


def test_what_a_look_found_unsaid_is_said_once_without_another(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on("POST issues/7/comments", {"id": 8, "body": "x", "user": ME})
    github.on("GET issues/7/comments", [])
    forge.look_again(pull)
    forge.post_summary(pull, "x", None)
    assert "GET issues/7/comments" not in github.names()
    forge.post_summary(pull, "x", None)
    assert "GET issues/7/comments" in github.names()


def test_another_head_is_read_whole(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, pull_answer: dict[str, Any]
) -> None:
    github.on("POST /graphql", answer(headRefOid="d" * 40))
    github.on("GET pulls/7", {**pull_answer, "head": {"sha": "d" * 40, "repo": None}})
    now, _ = forge.look_again(pull)
    assert (now.head_sha, now.head_repo) == ("d" * 40, None)


@pytest.mark.parametrize("wrong", [{"state": "LOCKED"}, {"headRefOid": None}, {"comments": None}])
def test_an_answer_that_is_none_is_an_error(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, wrong: dict[str, Any]
) -> None:
    github.on("POST /graphql", answer(**wrong))
    with pytest.raises(ForgeError):
        forge.look_again(pull)
