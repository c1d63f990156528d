"""Contexts on a commit: check runs for an App, statuses for a token, each written only when it differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.errors import ForgeError
from bot.forges.github.checks import MAX_ANNOTATIONS, MAX_SUMMARY, RECHECK, cut
from bot.forges.github.client import STANDING_SECONDS, GitHubForge, app_client, token_client
from bot.model import ASSETS, FORMAT, GATE, Annotation, Check, CheckState, PullRequest, User

from .conftest import HEAD, ME, NOW, REPO, Call, FakeGitHub, Reply, free_pace

pytestmark = pytest.mark.network

STATUSES, POST_STATUS = f"GET commits/{HEAD}/statuses", f"POST statuses/{HEAD}"
RUNS, POST_RUN, PATCH_RUN = f"GET commits/{HEAD}/check-runs", "POST check-runs", "PATCH check-runs/50"
REPORT = "https://bot.example/reports/1"
BOT = {"id": 1002, "login": "hub-bot[bot]", "type": "Bot"}


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def token(github: FakeGitHub, clock: Clock) -> Iterator[GitHubForge]:
    github.on(STATUSES, [])
    github.on(POST_STATUS, Reply(201, {"id": 1}))
    client = token_client(github.url, "the-token", now=clock, pace=free_pace())
    yield client
    client.close()


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def app(github: FakeGitHub, clock: Clock, pem: str) -> Iterator[GitHubForge]:
    minted = Reply(201, {"token": "ghs_1", "expires_at": "2030-01-01T00:00:00Z"})
    github.on(f"GET /repos/{REPO}/installation", {"id": 60})
    github.on("GET /app", {"slug": "hub-bot"})
    github.on("GET /app/installations", [{"id": 60}])
    github.on("GET /users/hub-bot%5Bbot%5D", BOT)
    github.on("POST /app/installations/60/access_tokens", minted)
    github.on(RUNS, {"total_count": 0, "check_runs": []})
    github.on(POST_RUN, Reply(201, {"id": 50}))
    github.on(PATCH_RUN, {"id": 50})
    client = app_client(github.url, 4201, pem, now=clock, pace=free_pace())
    yield client
    client.close()


def status(
    context: str = FORMAT, state: str = "success", description: str | None = "ok", **more: Any
) -> dict[str, Any]:
    return {
        "context": context,
        "state": state,
        "description": description,
        "target_url": REPORT,
        "creator": ME,
        **more,
    }


def run(status: str = "in_progress", conclusion: str | None = None, **more: Any) -> dict[str, Any]:
    output = {"title": "ok", "summary": "ok", "annotations_count": more.pop("annotations", 0)}
    made = {"id": 50, "name": FORMAT, "status": status, "conclusion": conclusion, "external_id": "7"}
    return {**made, "details_url": REPORT, "app": {"id": 4201}, "output": output, **more}


def check(state: CheckState, title: str = "ok", *, annotations: int = 0, summary: str = "") -> Check:
    marks = tuple(Annotation(f"{n}.md", n, n, "failure", "t", "m") for n in range(annotations))
    return Check(FORMAT, state, title, REPORT, summary, marks)


def shown(github: FakeGitHub) -> list[dict[str, Any]]:
    return github.bodies("POST check-runs") + github.bodies("PATCH check-runs/50")


# -- statuses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(CheckState))
def test_a_token_writes_a_status(
    github: FakeGitHub, token: GitHubForge, pull: PullRequest, state: CheckState
) -> None:
    token.set_check(pull, check(state, "字" * 200))
    sent = {"state": state.value, "context": FORMAT, "description": "字" * 140, "target_url": REPORT}
    assert github.bodies(f"POST statuses/{HEAD}") == [sent]


@pytest.mark.parametrize(
    ("stands", "writes"),
    [
        ([status()], 0),
        ([status(context=FORMAT.upper())], 0),
        ([status(), status(state="failure")], 0),
        ([status(state="failure"), status()], 1),
        ([status(description="other")], 1),
        ([status(description=None)], 1),
        ([status(target_url=None)], 1),
        ([status(creator={"id": 6, "login": "mallory"})], 1),
        ([status(creator={"id": 6, "login": "mallory"}), status()], 1),
        ([status(context=GATE)], 1),
        ([status(creator=None)], 1),
    ],
)
def test_a_status_is_written_when_it_differs_from_what_stands(
    github: FakeGitHub, token: GitHubForge, pull: PullRequest, stands: list[dict[str, Any]], writes: int
) -> None:
    github.on(STATUSES, stands)
    token.set_check(pull, check(CheckState.SUCCESS))
    assert len(github.names("POST")) == writes


def test_three_contexts_are_looked_up_once(
    github: FakeGitHub, token: GitHubForge, pull: PullRequest, clock: Clock
) -> None:
    for context in (FORMAT, ASSETS, GATE, GATE):
        token.set_check(pull, Check(context, CheckState.PENDING, "reading"))
    assert github.names("POST") == [f"POST statuses/{HEAD}"] * 3
    assert len([name for name in github.names() if name == STATUSES]) == 1
    clock.now += STANDING_SECONDS
    token.set_check(pull, Check(GATE, CheckState.SUCCESS, "ok"))
    assert len([name for name in github.names() if name == STATUSES]) == 2


def test_after_a_lost_answer_it_is_looked_up_again(
    github: FakeGitHub, token: GitHubForge, pull: PullRequest
) -> None:
    wrote: list[Call] = []

    def lost(call: Call) -> object:
        wrote.append(call)
        github.on(STATUSES, [status()])
        return Reply(502, b"<html>")

    github.on(POST_STATUS, lost)
    with pytest.raises(ForgeError):
        token.set_check(pull, check(CheckState.SUCCESS))
    token.set_check(pull, check(CheckState.SUCCESS))
    assert len(wrote) == 1


# -- check runs ------------------------------------------------------------------------------------------


def test_what_has_not_begun_is_queued(github: FakeGitHub, app: GitHubForge, pull: PullRequest) -> None:
    app.set_check(pull, replace(check(CheckState.PENDING), queued=True))
    (made,) = [call.body for call in github.calls if call.method == "POST" and "check-runs" in call.path]
    assert made["status"] == "queued"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (CheckState.PENDING, {"status": "in_progress"}),
        (CheckState.SUCCESS, {"status": "completed", "conclusion": "success", "actions": [RECHECK]}),
        (CheckState.FAILURE, {"status": "completed", "conclusion": "failure", "actions": [RECHECK]}),
        (CheckState.ERROR, {"status": "completed", "conclusion": "timed_out", "actions": [RECHECK]}),
    ],
)
def test_an_app_writes_a_check_run(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest, state: CheckState, expected: dict[str, str]
) -> None:
    app.set_check(pull, check(state))
    assert shown(github) == [
        {
            "name": FORMAT,
            "head_sha": HEAD,
            "external_id": "7",
            "details_url": REPORT,
            "output": {"title": "ok", "summary": "ok", "annotations": []},
            **expected,
        }
    ]


CONCLUDED = check(CheckState.SUCCESS)


@pytest.mark.parametrize(
    ("stands", "wanted", "write"),
    [
        (run("completed", "success"), CONCLUDED, ""),
        (run(), check(CheckState.PENDING), ""),
        (run("queued"), check(CheckState.PENDING), ""),
        (run(), CONCLUDED, "PATCH"),
        (run(), check(CheckState.PENDING, "137/479"), "PATCH"),
        (run(annotations=3), CONCLUDED, "POST"),
        (run("completed", "success"), check(CheckState.PENDING), "POST"),
        (run("completed", "success"), check(CheckState.SUCCESS, "other"), "POST"),
        (run("completed", "success"), check(CheckState.SUCCESS, summary="other"), "POST"),
        (run("completed", "success", details_url="https://elsewhere"), CONCLUDED, "POST"),
        (run("completed", "neutral"), CONCLUDED, "POST"),
        (run("completed", "stale"), check(CheckState.PENDING), "POST"),
        (run("completed", "success", app={"id": 1}), CONCLUDED, "POST"),
        (run("completed", "success", app=None), CONCLUDED, "POST"),
        (run("completed", "success", external_id="8"), CONCLUDED, "POST"),
        (run("completed", "success", name=GATE), CONCLUDED, "POST"),
    ],
)
def test_a_run_is_kept_updated_or_replaced(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest, stands: dict[str, Any], wanted: Check, write: str
) -> None:
    github.on(RUNS, {"total_count": 1, "check_runs": [stands]})
    app.set_check(pull, wanted)
    writes = [name for name in github.names() if "check-runs" in name and not name.startswith("GET")]
    assert writes == {"": [], "PATCH": [PATCH_RUN], "POST": [POST_RUN]}[write]


def test_a_pending_run_of_ours_is_concluded_without_looking_again(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest
) -> None:
    app.set_check(pull, check(CheckState.PENDING))
    app.set_check(pull, check(CheckState.FAILURE))
    assert [name for name in github.names() if "check-runs" in name] == [RUNS, POST_RUN, PATCH_RUN]


def test_annotations_go_by_fifties_and_the_last_batch_concludes(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest
) -> None:
    app.set_check(pull, check(CheckState.FAILURE, annotations=120))
    sent = shown(github)
    assert [len(one["output"]["annotations"]) for one in sent] == [50, 50, 20]
    assert [one.get("conclusion") for one in sent] == [None, None, "failure"]
    assert sent[0]["output"]["annotations"][0] == {
        "path": "0.md",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "failure",
        "title": "t",
        "message": "m",
    }


def test_annotations_end_somewhere(github: FakeGitHub, app: GitHubForge, pull: PullRequest) -> None:
    app.set_check(pull, check(CheckState.FAILURE, annotations=MAX_ANNOTATIONS))
    assert sum(len(one["output"]["annotations"]) for one in shown(github)) == MAX_ANNOTATIONS


def test_where_not_all_annotations_fit_one_request_shows_the_gravest(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest
) -> None:
    app.set_check(pull, check(CheckState.FAILURE, annotations=MAX_ANNOTATIONS + 1))
    assert [len(one["output"]["annotations"]) for one in shown(github)] == [50]


def test_a_summary_is_cut_by_bytes_and_still_known_again(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest, clock: Clock
) -> None:
    long = check(CheckState.SUCCESS, summary="总" * 40_000)
    app.set_check(pull, long)
    sent = shown(github)[0]["output"]["summary"]
    assert MAX_SUMMARY - 3 < len(sent.encode()) <= MAX_SUMMARY
    stands = run("completed", "success", output={"title": "ok", "summary": sent, "annotations_count": 0})
    github.on(RUNS, {"check_runs": [stands]})
    clock.now += 3600
    app.set_check(pull, long)
    assert len(shown(github)) == 1


@pytest.mark.parametrize("answer", [Reply(201, {}), Reply(201, {"id": "50"}), Reply(201, b"null")])
def test_a_run_without_an_id_was_not_made(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest, answer: Reply
) -> None:
    github.on(POST_RUN, answer)
    with pytest.raises(ForgeError):
        app.set_check(pull, check(CheckState.SUCCESS))


@pytest.mark.parametrize(
    ("words", "most", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "…"),
        ("abcde", 4, "a…"),
        ("总总", 6, "总总"),
        ("总总总", 8, "总…"),
        ("\ud800", 9, "\ud800"),
    ],
)
def test_cut(words: str, most: int, expected: str) -> None:
    assert cut(words, most) == expected


def test_who_the_bot_is_is_learnt_from_its_first_status(
    github: FakeGitHub, token: GitHubForge, pull: PullRequest
) -> None:
    writer = {"id": 9, "login": "hubbot", "type": "User"}
    github.on(POST_STATUS, Reply(201, {"id": 1, "state": "success", "creator": writer}))
    token.set_check(pull, check(CheckState.SUCCESS))
    assert token.me() == User(9, "hubbot")
    assert "GET user" not in github.names("GET")
