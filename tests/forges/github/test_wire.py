"""Answers that are none: lost, cut, endless, HTML, of the wrong type. Always `ForgeError`, never a guess."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
import requests

from bot.errors import ForgeError
from bot.forges.github.client import GitHubForge, token_client
from bot.forges.github.errors import StatusError
from bot.forges.github.wire import MAX_ANSWER, read_bounded
from bot.model import Check, CheckState, Comment, PullRequest, User

from .conftest import NOW, REPO, Call, FakeGitHub, Reply

pytestmark = pytest.mark.network

PULL = "GET pulls/7"
HTML = Reply(200, b"<!DOCTYPE html><html></html>", {"Content-Type": "text/html"})
NONSENSE = [
    HTML,
    Reply(200, b""),
    Reply(200, b"null"),
    Reply(200, b"[]"),
    Reply(200, b"{}"),
    Reply(200, b'"x"'),
    Reply(200, b'{"number": 7'),
    Reply(200, b'{"a": "\xff"}'),
    Reply(200, b"[" * 100_000),
    Reply(200, b'{"number": 7}', {"X-RateLimit-Remaining": "x", "X-RateLimit-Limit": "y"}),
    Reply(200, b"{}", {"Content-Length": "20", "Connection": "close"}),
    Reply(202, b"{}"),
    Reply(drop=True),
    Reply(500, b"null"),
    Reply(500, b"[1]"),
    Reply(502, b"<html>Bad gateway</html>"),
]


@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_is_an_error_that_passes(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, answer: Reply
) -> None:
    github.on(PULL, answer)
    with pytest.raises(ForgeError) as error:
        forge.pull_request(pull.ref)
    assert not error.value.permanent
    assert len(github.calls) == 1


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("number", 8),
        ("number", True),
        ("id", None),
        ("state", "merged"),
        ("title", None),
        ("draft", None),
        ("user", "alice"),
        ("user", {"login": "alice"}),
        ("head", None),
        ("head", {"sha": "HEAD", "repo": None}),
        ("base", {"sha": "b" * 40, "ref": None}),
        ("changed_files", "1"),
        ("changed_files", None),
        ("changed_files", -1),
        ("labels", None),
        ("labels", ["x"]),
    ],
)
def test_every_field_is_of_its_type(
    github: FakeGitHub,
    forge: GitHubForge,
    pull: PullRequest,
    pull_answer: dict[str, Any],
    key: str,
    wrong: object,
) -> None:
    github.on(PULL, {**pull_answer, key: wrong})
    with pytest.raises(ForgeError):
        forge.pull_request(pull.ref)


@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_in_answer_to_a_write_is_no_success(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, answer: Reply
) -> None:
    github.on("GET commits/" + pull.head_sha + "/statuses", [])
    github.on("POST statuses/" + pull.head_sha, answer)
    github.on("GET issues/7/comments", [])
    github.on("POST issues/7/comments", answer)
    with pytest.raises(ForgeError):
        forge.set_check(pull, Check("hubbot/gate", CheckState.PENDING, "reading"))
    with pytest.raises(ForgeError):
        forge.post_summary(pull, "<!-- hubbot:summary -->", None)
    assert len(github.names("POST")) == 2


def test_limits_say_when_to_come_back_and_nobody_sleeps(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on(
        PULL, Reply(403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "7200"})
    )
    github.on("PATCH issues/comments/3", Reply(429, {"message": "slow down"}, {"Retry-After": "90"}))
    with pytest.raises(ForgeError) as read:
        forge.pull_request(pull.ref)
    with pytest.raises(ForgeError) as write:
        forge.post_summary(pull, "x", Comment("3", User(9, "hubbot"), "y"))
    assert (read.value.retry_at, write.value.retry_at) == (NOW + 7200, NOW + 90)


def test_a_limit_of_graphql_is_a_limit(github: FakeGitHub, forge: GitHubForge) -> None:
    github.on(
        "POST /graphql",
        Reply(
            200,
            {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]},
            {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Limit": "5000",
                "X-RateLimit-Reset": str(int(NOW) + 300),
            },
        ),
    )
    with pytest.raises(ForgeError) as error:
        forge.blobs(REPO, ["a" * 40], commit="b" * 40)
    assert error.value.retry_at == NOW + 301


@pytest.mark.parametrize(
    "answer", [{"data": None, "errors": [{"message": "x"}]}, {"data": {"repository": None}}, []]
)
def test_a_query_without_data(github: FakeGitHub, forge: GitHubForge, answer: object) -> None:
    github.on("POST /graphql", answer)
    with pytest.raises(ForgeError):
        forge.blobs(REPO, ["a" * 40], commit="b" * 40)


def moved(location: str) -> Reply:
    return Reply(301, {"message": "Moved Permanently"}, {"Location": location})


def test_a_reading_follows_a_renamed_repository(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, pull_answer: dict[str, object]
) -> None:
    github.on(PULL, moved(f"{github.url}/repositories/1/pulls/7"))
    github.on("GET /repositories/1/pulls/7", pull_answer)
    assert forge.pull_request(pull.ref).head_sha == pull.head_sha


def test_a_reading_follows_neither_in_a_circle_nor_elsewhere(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on(PULL, moved(f"{github.url}/repos/{pull.ref.repo}/pulls/7"))
    with pytest.raises(ForgeError, match="more than 2 times"):
        forge.pull_request(pull.ref)
    assert len(github.calls) == 3
    for elsewhere in ("http://127.0.0.1:1/repositories/1/pulls/7", "https://evil.example/", ""):
        github.on(PULL, moved(elsewhere))
        with pytest.raises(ForgeError, match="another host"):
            forge.pull_request(pull.ref)


def test_a_write_to_a_renamed_repository_is_said_to_be_and_not_repeated(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on("POST issues/7/labels", moved(f"{github.url}/repositories/1/issues/7/labels"))
    with pytest.raises(ForgeError, match="renamed") as error:
        forge.set_labels(pull, ["x"], [])
    assert error.value.permanent
    assert len(github.calls) == 1


def test_an_endless_answer_is_cut_off(github: FakeGitHub, forge: GitHubForge, pull: PullRequest) -> None:
    github.on(PULL, Reply(200, b"[" + b" " * MAX_ANSWER + b"]"))
    with pytest.raises(ForgeError, match=f"longer than {MAX_ANSWER} bytes"):
        forge.pull_request(pull.ref)


def test_a_body_is_read_in_time_or_not_at_all(github: FakeGitHub) -> None:
    github.on("GET /body", Reply(200, b"x" * 100_000))
    with requests.get(github.url + "/body", stream=True, timeout=5) as response, pytest.raises(TimeoutError):
        read_bounded(response, 1 << 20, time.monotonic() - 1)
    with requests.get(github.url + "/body", stream=True, timeout=5) as response:
        assert read_bounded(response, 1 << 20, time.monotonic() + 5) == (b"x" * 100_000, True)


def test_nobody_is_there(pull: PullRequest) -> None:
    gone = FakeGitHub()
    gone.close()
    forge = token_client(gone.url, "the-token")
    with pytest.raises(ForgeError, match="could not be reached") as error:
        forge.pull_request(pull.ref)
    assert not error.value.permanent
    forge.close()


@pytest.mark.parametrize(("repo_status", "permanent"), [(200, False), (404, True)])
def test_a_missing_pull_request_may_come_and_a_missing_repository_does_not(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, repo_status: int, permanent: bool
) -> None:
    github.on(f"GET /repos/{REPO}", Reply(repo_status, {"message": "Not Found"}))
    with pytest.raises(ForgeError) as error:
        forge.pull_request(pull.ref)
    assert error.value.permanent is permanent


def test_the_token_is_in_no_message(github: FakeGitHub, forge: GitHubForge, pull: PullRequest) -> None:
    github.on(PULL, Reply(401, {"message": "Bad credentials"}))
    with pytest.raises(StatusError) as error:
        forge.pull_request(pull.ref)
    assert error.value.permanent
    assert "the-token" not in str(error.value) + repr(error.value.__cause__)
    assert github.calls[0].headers["authorization"] == "token the-token"
    assert len(github.calls) == 2, "once more, and then it is believed"


@pytest.mark.parametrize(
    "name", ["", "hub", "hub/pages/x", "hub/pages?x", "../..//", "../pages", "hub/..", "hub/pa ges"]
)
def test_a_name_that_is_no_repository_is_asked_of_nobody(
    github: FakeGitHub, forge: GitHubForge, name: str
) -> None:
    with pytest.raises(ForgeError):
        forge.tree(name, "a" * 40)
    assert github.calls == []


def test_many_threads_share_one_client(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, pull_answer: dict[str, Any]
) -> None:
    """Each answer comes back to the thread that asked, whatever the others do meanwhile."""

    def numbered(number: int) -> None:
        def answer(call: Call) -> object:
            assert json.dumps(call.body) == "null"
            return {**pull_answer, "number": number, "title": f"title {number}"}

        github.on(f"GET pulls/{number}", answer)

    for number in range(1, 9):
        numbered(number)
    wrong: list[str] = []

    def read(number: int) -> None:
        for _ in range(5):
            ref = type(pull.ref)("github", REPO, number)
            title = forge.pull_request(ref).title
            if title != f"title {number}":
                wrong.append(title)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(github.calls) == 40
