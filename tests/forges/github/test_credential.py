"""Signing in: tokens minted a repository at a time, renewed before they end and once when refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bot.errors import ForgeError, UserError
from bot.forges.github.client import GitHubAppForge, GitHubForge, app_client
from bot.model import Comment, PullRequest, Reaction, User

from .conftest import NOW, REPO, Call, FakeGitHub, Reply, free_pace

pytestmark = pytest.mark.network

MINT = "POST /app/installations/60/access_tokens"
INSTALLATION = f"GET /repos/{REPO}/installation"


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(github: FakeGitHub, pem: str, clock: Clock, pull_answer: dict[str, Any]) -> Iterator[GitHubAppForge]:
    minted = iter(range(1, 100))

    def mint(call: Call) -> object:
        ends = datetime.fromtimestamp(clock.now + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Reply(201, {"token": f"ghs_4201_{next(minted)}", "expires_at": ends})

    github.on(MINT, mint)
    github.on(INSTALLATION, {"id": 60})
    github.on("GET pulls/7", pull_answer)
    client = app_client(github.url, 4201, pem, now=clock, pace=free_pace())
    yield client
    client.close()


def used(github: FakeGitHub) -> list[str]:
    """Tokens by which the pull request was read."""
    return [c.headers["authorization"] for c in github.calls if c.path.endswith("/pulls/7")]


def test_a_token_is_minted_once_and_for_this_repository_only(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest
) -> None:
    app.pull_request(pull.ref)
    app.pull_request(pull.ref)
    assert used(github) == ["token ghs_4201_1"] * 2
    mints = [call for call in github.calls if call.name == MINT]
    assert [call.body for call in mints] == [{"repositories": ["pages"]}]
    assert mints[0].headers["authorization"].startswith("Bearer ey")


def test_it_is_renewed_before_it_ends(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest, clock: Clock
) -> None:
    app.pull_request(pull.ref)
    clock.now += 3600 - 130
    app.pull_request(pull.ref)
    clock.now += 20
    app.pull_request(pull.ref)
    assert used(github) == ["token ghs_4201_1"] * 2 + ["token ghs_4201_2"]


def test_a_refused_token_is_replaced_once(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest, pull_answer: dict[str, Any]
) -> None:
    refused = Reply(401, {"message": "Bad credentials"})
    github.on("GET pulls/7", pull_answer, refused, pull_answer)
    assert [app.pull_request(pull.ref).title for _ in range(2)] == ["Add LeNet"] * 2
    assert used(github) == ["token ghs_4201_1"] * 2 + ["token ghs_4201_2"]
    github.on("GET pulls/7", refused)
    with pytest.raises(ForgeError) as error:
        app.pull_request(pull.ref)
    assert error.value.permanent
    assert len(used(github)) == 5


def test_a_token_refused_at_a_file_is_replaced_once(github: FakeGitHub, app: GitHubForge) -> None:
    data = b"page\n"
    oid = sha1(b"blob %d\0" % len(data) + data).hexdigest()
    github.on("POST /graphql", {"data": {"repository": {"b0": None}}})
    github.on(f"GET git/blobs/{oid}", Reply(401, {"message": "Bad credentials"}), Reply(200, data))
    assert app.blobs(REPO, [oid], commit="a" * 40) == {oid: data}
    tokens = [call.headers["authorization"] for call in github.calls if "git/blobs" in call.path]
    assert tokens == ["token ghs_4201_1", "token ghs_4201_2"]
    github.on(f"GET git/blobs/{oid}", Reply(401, {"message": "Bad credentials"}))
    with pytest.raises(ForgeError, match="401") as error:
        app.blobs(REPO, [oid], commit="a" * 40)
    assert error.value.permanent


def test_an_app_that_was_installed_again_is_found_again(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest, clock: Clock
) -> None:
    app.pull_request(pull.ref)
    clock.now += 7200
    github.on(INSTALLATION, {"id": 61})
    github.on(MINT, Reply(404, {"message": "Not Found"}))
    github.on(
        "POST /app/installations/61/access_tokens",
        Reply(201, {"token": "ghs_new", "expires_at": "2030-01-01T00:00:00Z"}),
    )
    app.pull_request(pull.ref)
    assert used(github)[-1] == "token ghs_new"


@pytest.mark.parametrize(
    ("installation", "mint", "permanent", "words"),
    [
        (Reply(404, {"message": "Not Found"}), {}, True, "not installed on hub/pages"),
        (Reply(401, {"message": "Integration not found"}), {}, True, "401"),
        ({"id": 60}, Reply(403, {"message": "This installation has been suspended"}), True, "suspended"),
        ({"id": 60}, Reply(404, {"message": "Not Found"}), False, "404"),
        ({"id": "60"}, {}, False, "`id`"),
        ({"id": 60}, {"token": None, "expires_at": "2030-01-01T00:00:00Z"}, False, "`token`"),
        ({"id": 60}, {"token": "ghs_1", "expires_at": "later"}, False, "no expiry"),
        ({"id": 60}, Reply(502, b"<html>"), False, "502"),
    ],
)
def test_no_token_to_be_had(
    github: FakeGitHub,
    app: GitHubForge,
    pull: PullRequest,
    installation: object,
    mint: object,
    permanent: bool,
    words: str,
) -> None:
    github.on(INSTALLATION, installation)
    github.on(MINT, mint)
    with pytest.raises(ForgeError, match=words) as error:
        app.pull_request(pull.ref)
    assert error.value.permanent is permanent
    assert used(github) == []


def test_no_token_is_not_taken_for_no_permission_or_no_comment(
    github: FakeGitHub, app: GitHubForge, pull: PullRequest
) -> None:
    """A 404 while signing in says nothing about what was asked for."""
    github.on(MINT, Reply(404, {"message": "Not Found"}))
    with pytest.raises(ForgeError, match="access_tokens"):
        app.permission(REPO, User(5, "alice"))
    with pytest.raises(ForgeError, match="access_tokens"):
        app.react(pull, Comment("31", User(5, "alice"), "/recheck"), Reaction.SEEN)


def test_the_app_writes_as_its_bot_account(github: FakeGitHub, app: GitHubForge) -> None:
    github.on("GET /app", {"slug": "hub-bot", "id": 4201})
    github.on("GET /app/installations", [{"id": 60}])
    github.on("GET /users/hub-bot%5Bbot%5D", {"id": 1002, "login": "hub-bot[bot]", "type": "Bot"})
    assert app.me() == User(1002, "hub-bot[bot]", is_bot=True)
    calls = len(github.calls)
    assert app.me().id == 1002
    assert len(github.calls) == calls


def test_an_app_that_is_installed_nowhere(github: FakeGitHub, app: GitHubForge) -> None:
    github.on("GET /app", {"slug": "hub-bot"})
    github.on("GET /app/installations", [])
    with pytest.raises(ForgeError, match="not installed anywhere"):
        app.me()


def of_another_kind() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "secret words",
        "-----BEGIN RSA PRIVATE KEY-----\nsecret\n-----END RSA PRIVATE KEY-----",
        of_another_kind(),
    ],
)
def test_a_key_that_is_none_is_said_at_the_start_and_not_shown(key: str) -> None:
    with pytest.raises(UserError, match="private key") as error:
        app_client("http://127.0.0.1:1", 4201, key)
    assert "secret" not in str(error.value)


def test_an_empty_id_is_said_at_the_start(pem: str) -> None:
    with pytest.raises(UserError, match="id is empty"):
        app_client("http://127.0.0.1:1", "", pem)


def test_a_lost_delivery_is_asked_for_as_the_app_itself(github: FakeGitHub, app: GitHubAppForge) -> None:
    lost = {
        "id": 41, "guid": "g", "status": "timed out", "redelivery": False,
        "repository_id": 7, "delivered_at": "2023-11-14T00:00:00Z",
    }  # fmt: skip
    github.on(f"GET /repos/{REPO}", {"id": 7})
    github.on("GET /app/hook/deliveries", [lost])
    github.on("POST /app/hook/deliveries/41/attempts", Reply(202, {}))
    assert app.redeliver_failed(REPO, "40") == (1, "41")
    signed = [call.headers["authorization"] for call in github.calls if "/app/hook" in call.path]
    assert len(signed) == 2
    assert all(header.startswith("Bearer ") for header in signed)
