"""Canary secrets: after deliveries, refusals and failing reviews none is found where anybody can read."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.doctor.receiver import gitee_ping
from tests.cli.processes import environment, get, hubbot, running, until
from tests.doctor.servers import Site, serving

pytestmark = pytest.mark.network

SECRET, PREVIOUS = "canary-github-hook-4f1b", "canary-github-previous-9d2c"
TOKEN = "canary-gitee-token-77aa01"
GITEE_SECRET, PASSWORD = "canary-gitee-hook-c0de55", "canary-gitee-password-3e3e"
MINTED = "ghs_canary0123456789abcdef"
REPO = "owner/hub"


def pull_request(number: int) -> bytes:
    said = {
        "action": "opened",
        "number": number,
        "repository": {"full_name": REPO},
        "sender": {"login": "somebody", "id": 3, "type": "User"},
        "pull_request": {
            "number": number,
            "title": SECRET,  # whoever knows it may write it anywhere; stored bodies are blanked
            "head": {"sha": "a" * 40},
            "base": {"repo": {"full_name": REPO}, "ref": "master"},
            "draft": False,
        },
        "hook": {"config": {"secret": SECRET}},
    }
    return json.dumps(said).encode()


def signed(body: bytes, secret: str, delivery: str) -> Mapping[str, str]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }


def note() -> bytes:
    return json.dumps(
        {
            "hook_name": "merge_request_hooks",
            "action": "open",
            "password": PASSWORD,
            "number": 4,
            "iid": 4,
            "pull_request": {"number": 4, "base": {"repo": {"full_name": REPO}}},
            "repository": {"full_name": REPO},
            "project": {"full_name": REPO},
            "sender": {"login": "somebody", "id": 3},
        }
    ).encode()


def post(port: int, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def rows(path: Path) -> str:
    """Everything that the database holds, as text."""
    with sqlite3.connect(path) as connection:
        return "\n".join(connection.iterdump()) + path.read_bytes().decode("latin-1")


def test_no_canary_is_found_anywhere(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    site = Site(echo=True)
    with serving(site):
        site.answers = {
            "GET /app": (200, {"id": 12, "slug": "hubbot"}),
            f"GET /repos/{REPO}/installation": (200, {"id": 5}),
            "POST /app/installations/5/access_tokens": (
                201,
                {"token": MINTED, "expires_at": "2099-01-01T00:00:00Z"},
            ),
        }
        given = {
            "GITHUB_APP_ID": "12",
            "GITHUB_PRIVATE_KEY": pem,
            "GITHUB_API_URL": site.url,
            "GITHUB_WEBHOOK_SECRET": SECRET,
            "GITHUB_WEBHOOK_SECRET_PREVIOUS": PREVIOUS,
            "GITHUB_REPOSITORIES": REPO,
            "GITEE_TOKEN": TOKEN,
            "GITEE_API_URL": site.url,
            "GITEE_WEBHOOK_SECRET": GITEE_SECRET,
            "GITEE_WEBHOOK_PASSWORD": PASSWORD,
            "GITEE_REPOSITORIES": REPO,
        }
        env = environment(tmp_path, **given)
        port, metrics = int(env["PORT"]), int(env["METRICS_PORT"])
        seen: list[str] = []
        with running(tmp_path, env, "serve"):
            until(lambda: get(port, "/readyz")[0] == 200, 90, "/readyz", tmp_path)
            for number, secret in enumerate((SECRET, PREVIOUS), 1):
                body = pull_request(number)
                status, said = post(
                    port, "/webhooks/github", signed(body, secret, f"canary-{number:08}"), body
                )
                assert status == 202, said
                seen.append(said.decode())
            body = pull_request(3)
            refused = post(port, "/webhooks/github", signed(body, SECRET[:-1], "canary-00000003"), body)
            assert refused[0] == 401
            headers = dict(gitee_ping("", PASSWORD, time.time())[0])
            del headers["X-Gitee-Ping"]
            seen += [refused[1].decode(), post(port, "/webhooks/gitee", headers, note())[1].decode()]
            asked = [f"GET /repos/{REPO}/pulls/{number}" for number in (1, 2)]
            until(lambda: set(asked) <= set(site.asked), 60, "the reviews ask the forge", tmp_path)
            for path in ("/", f"/pulls/github/{REPO}/1", "/nowhere", "/healthz", "/readyz", "/commands"):
                seen.append(get(port, path)[1].decode())
            until(lambda: get(metrics, "/metrics")[0] == 200, 60, "/metrics", tmp_path)
            seen.append(get(metrics, "/metrics")[1].decode())
            for args in (
                ["doctor"],
                ["doctor", "--json"],
                ["deliveries", "list"],
                ["deliveries", "show", "1"],
            ):
                done = hubbot(*args, **env)
                seen += [done.stdout, done.stderr]
        seen += [(tmp_path / "log").read_text("utf-8", "replace"), rows(tmp_path / "hubbot.sqlite")]
    canaries = (SECRET, PREVIOUS, TOKEN, GITEE_SECRET, PASSWORD, MINTED, pem.splitlines()[5])
    found = [
        (word, text[max(0, text.find(word) - 200) :][:400])
        for word in canaries
        for text in seen
        if word in text
    ]
    assert found == []
    assert len("".join(seen)) > 10_000, "there was something to look through"
    assert [call for call in site.asked if call.startswith("POST") and "/access_tokens" not in call] == []
