"""Real deliveries, whatever today's schema says of them, are taken or politely ignored."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import uuid
from pathlib import Path

import forgesim
import pytest

from tests.acceptance.world import SECRET, World

pytestmark = pytest.mark.network

SAMPLES = sorted((Path(forgesim.__file__).parent / "data/samples/github").rglob("*.json"))
UNKNOWN = [
    ("pull_request", {"action": "stacked"}),
    ("issue_comment", {"action": "pinned"}),
    ("check_run", {"action": "renamed"}),
    ("a_new_event", {"action": "created"}),
]


def delivered(world: World, event: str, body: bytes) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", world.bot.port, timeout=10)
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    try:
        connection.request("POST", "/webhooks/github", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_every_real_sample_is_taken_or_ignored_with_a_reason(world: World) -> None:
    if world.mode.forge != "github":
        pytest.skip("these are GitHub's")
    assert len(SAMPLES) >= 90
    answers = {str(path): delivered(world, path.parent.name, path.read_bytes()) for path in SAMPLES}
    refused = {path: answer for path, answer in answers.items() if answer[0] not in (200, 202)}
    assert refused == {}
    assert all(words.strip() for _, words in answers.values())


@pytest.mark.parametrize(("event", "more"), UNKNOWN, ids=[f"{e}-{m['action']}" for e, m in UNKNOWN])
def test_what_is_not_known_is_ignored(world: World, event: str, more: dict[str, str]) -> None:
    if world.mode.forge != "github":
        pytest.skip("these are GitHub's")
    folder = next((path.parent for path in SAMPLES if path.parent.name == event), None)
    payload = json.loads(next(iter(sorted(folder.glob("*.json")))).read_bytes()) if folder else {}
    status, words = delivered(world, event, json.dumps({**payload, **more}).encode())
    assert status == 200
    assert words.startswith("ignored")
