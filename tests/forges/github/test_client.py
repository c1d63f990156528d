"""Pull requests, people and labels through the port."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import ForgeError
from bot.forges.base import Forge, Hooks
from bot.forges.github.client import GitHubForge
from bot.forges.github.hooks import GitHubHooks
from bot.model import Permission, PullRef, PullRequest, PullState, User

from .conftest import BASE, HEAD, REPO, Call, FakeGitHub, Reply

pytestmark = pytest.mark.network


def test_the_ports_are_kept(forge: GitHubForge) -> None:
    ports: tuple[Forge, Hooks] = (forge, GitHubHooks(["secret"]))
    assert (ports[0].name, ports[0].default_language) == ("github", "en")


def test_a_pull_request(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, pull_answer: dict[str, Any]
) -> None:
    github.on("GET pulls/7", pull_answer)
    assert forge.pull_request(pull.ref) == PullRequest(
        ref=PullRef("github", REPO, 7),
        title="Add LeNet",
        body="",
        author=User(5, "alice"),
        state=PullState.OPEN,
        draft=False,
        head_sha=HEAD,
        head_repo="alice/pages",
        base_sha=BASE,
        base_ref="master",
        changed_files=1,
        url="https://github.com/hub/pages/pull/7",
        global_id=900_001,
        labels=("hubbot:verified",),
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"state": "closed"}, {"state": PullState.CLOSED}),
        ({"state": "closed", "merged_at": "2024-01-01T00:00:00Z"}, {"state": PullState.MERGED}),
        ({"head": {"sha": HEAD, "repo": None}}, {"head_repo": None}),
        ({"user": None}, {"author": User(0, "ghost")}),
        (
            {"user": {"id": 6, "login": "renovate[bot]", "type": "Bot"}},
            {"author": User(6, "renovate[bot]", True)},
        ),
        ({"draft": True}, {"draft": True}),
        ({"title": "\ud800 half"}, {"title": "? half"}),
        ({"body": "增加模型"}, {"body": "增加模型"}),
    ],
)
def test_what_pull_requests_may_be(
    github: FakeGitHub,
    forge: GitHubForge,
    pull: PullRequest,
    pull_answer: dict[str, Any],
    change: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    github.on("GET pulls/7", {**pull_answer, **change})
    found = forge.pull_request(pull.ref)
    assert {name: getattr(found, name) for name in expected} == expected


def test_all_open_pull_requests_are_listed_once(
    github: FakeGitHub, forge: GitHubForge, pull_answer: dict[str, Any]
) -> None:
    def page(call: Call) -> object:
        start = {"1": 1, "2": 100, "3": 150}[
            call.query["page"]
        ]  # the pages overlap: one was closed meanwhile
        answers = [{**pull_answer, "number": n, "changed_files": None} for n in range(start, start + 100)]
        return answers if call.query["page"] != "3" else answers[:60]

    github.on("GET pulls", page)
    found = list(forge.open_pulls(REPO))
    assert [one.ref.number for one in found] == list(range(1, 210))
    assert {one.changed_files for one in found} == {None}
    sent = github.calls[0].query
    assert sent == {"state": "open", "sort": "created", "direction": "asc", "per_page": "100", "page": "1"}


def test_a_short_page_may_still_have_a_next(
    github: FakeGitHub, forge: GitHubForge, pull_answer: dict[str, Any]
) -> None:
    elsewhere = {"Link": '<https://elsewhere.example/?page=2>; rel="next"'}
    github.on("GET pulls", Reply(200, [pull_answer], elsewhere), [{**pull_answer, "number": 8}])
    assert [one.ref.number for one in forge.open_pulls(REPO)] == [7, 8]
    assert [call.query["page"] for call in github.calls] == ["1", "2"]


def test_a_list_without_end_is_left(
    github: FakeGitHub, forge: GitHubForge, pull_answer: dict[str, Any]
) -> None:
    github.on("GET pulls", Reply(200, [pull_answer], {"Link": f'<{github.url}>; rel="next"'}))
    with pytest.raises(ForgeError, match="more than"):
        list(forge.open_pulls(REPO))
    assert len(github.calls) == 100


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"permission": "admin", "user": {"id": 5}}, Permission.ADMIN),
        ({"permission": "write", "user": {"id": 5}}, Permission.WRITE),
        ({"permission": "read", "user": {"id": 5}}, Permission.READ),
        ({"permission": "none", "user": {"id": 5}}, Permission.NONE),
        ({"permission": "owner", "user": {"id": 5}}, Permission.NONE),
        ({"permission": "admin", "user": {"id": 6}}, Permission.NONE),
        (Reply(404, {"message": "Not Found"}), Permission.NONE),
    ],
)
def test_permission(github: FakeGitHub, forge: GitHubForge, answer: object, expected: Permission) -> None:
    github.on("GET collaborators/a%2Fb/permission", answer)
    assert forge.permission(REPO, User(5, "a/b")) is expected


@pytest.mark.parametrize(
    "answer",
    [
        Reply(500),
        Reply(403, {"message": "no"}),
        {"permission": "admin"},
        {"user": {"id": 5}},
        [],
        Reply(200, b"<html>"),
    ],
)
def test_a_permission_that_is_not_known_is_not_granted(
    github: FakeGitHub, forge: GitHubForge, answer: object
) -> None:
    github.on("GET collaborators/alice/permission", answer)
    with pytest.raises(ForgeError):
        forge.permission(REPO, User(5, "alice"))


def test_labels_are_added_together_and_removed_by_their_encoded_names(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on("POST issues/7/labels", [])
    github.on("DELETE issues/7/labels/hubbot%3Averified", [])
    forge.set_labels(pull, {"hubbot:needs-fix", "hubbot:hold"}, {"hubbot:verified", "a/b", "hubbot:hold"})
    assert github.bodies("POST issues/7/labels") == [["hubbot:hold", "hubbot:needs-fix"]]
    assert github.names("DELETE") == [
        "DELETE issues/7/labels/a%2Fb",
        "DELETE issues/7/labels/hubbot%3Averified",
    ]
    forge.set_labels(pull, (), ())
    assert len(github.calls) == 3


def test_a_label_that_cannot_be_removed_is_a_failure(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on("DELETE issues/7/labels/x", Reply(403, {"message": "no"}))
    with pytest.raises(ForgeError):
        forge.set_labels(pull, (), {"x"})


@pytest.mark.parametrize(
    "answer", [{"id": 0, "login": "x"}, {"login": "x"}, [], Reply(401, {"message": "Bad"})]
)
def test_who_we_are_must_be_known(github: FakeGitHub, forge: GitHubForge, answer: object) -> None:
    github.on("GET /user", answer)
    with pytest.raises(ForgeError):
        forge.me()
