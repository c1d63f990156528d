"""Gitee's own signatures and deliveries, as they were recorded: all are let in and understood."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import Any

import forgesim
import pytest

from bot.forges.base import Refused
from bot.forges.gitee.hooks import WINDOW, GiteeHooks
from bot.model import Intent

DATA = Path(forgesim.__file__).parent / "data"
VECTORS = json.loads((DATA / "samples/gitee-signature-vectors.json").read_text("utf-8"))
SAMPLES = {
    name: body
    for name, body in json.loads((DATA / "gitee_samples.json").read_text("utf-8")).items()
    if isinstance(body, dict) and "hook_name" in body
}
TITLES = {"merge_request_hooks": "Merge Request Hook", "note_hooks": "Note Hook", "push_hooks": "Push Hook"}
SECRET, PASSWORD = "a-secret-of-ours", "a-password-of-ours"
#: What each asks for; whatever is not listed asks for nothing.
ASKS = {
    "pr_open": (Intent.REVIEW, 9),
    "pr_update": (Intent.REVIEW, 7),
    "pr_close": (Intent.CLOSED, 8),
    "pr_merge": (Intent.CLOSED, 9),
    "note_hook_pr_comment": (Intent.COMMENT, 7),
}


def test_there_are_as_many_as_were_recorded() -> None:
    assert len(VECTORS) == 18
    assert len(SAMPLES) == 9
    assert set(ASKS) <= set(SAMPLES)


def headers(stamp: str, token: str, event: str = "Merge Request Hook") -> dict[str, str]:
    return {"X-Gitee-Timestamp": stamp, "X-Gitee-Token": token, "X-Gitee-Event": event}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["timestamp"] for vector in VECTORS])
def test_every_recorded_signature_is_let_in(vector: dict[str, str]) -> None:
    stamp, now = vector["timestamp"], int(vector["timestamp"]) / 1000
    sent = vector.get("sign") or vector["x_gitee_token"]
    hooks = GiteeHooks((vector["secret"],))
    for token in filter(None, (sent, vector.get("urlencoded"))):
        hooks.verify(headers(stamp, token), b"{}", now)
        hooks.verify(headers(stamp, token), b"{}", now + WINDOW)
        for late in (now + WINDOW + 1, now - WINDOW - 1):
            with pytest.raises(Refused):
                hooks.verify(headers(stamp, token), b"{}", late)
    with pytest.raises(Refused):
        hooks.verify(headers(str(int(stamp) + 1), sent), b"{}", now)
    with pytest.raises(Refused):
        GiteeHooks(("another",)).verify(headers(stamp, sent), b"{}", now)


def signed(stamp: str) -> str:
    mac = hmac.digest(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), "sha256")
    return base64.b64encode(mac).decode()


@pytest.mark.parametrize("mode", ["signature", "password"])
@pytest.mark.parametrize("spelling", ["title", "hook name"])
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_recorded_delivery_is_understood(name: str, spelling: str, mode: str) -> None:
    stamp = str(SAMPLES[name]["timestamp"])
    token = signed(stamp) if mode == "signature" else PASSWORD
    body: dict[str, Any] = {**SAMPLES[name], "sign": token if mode == "signature" else ""}
    body["password"] = "" if mode == "signature" else PASSWORD
    event = TITLES[body["hook_name"]] if spelling == "title" else body["hook_name"]
    raw, sent = json.dumps(body, ensure_ascii=False).encode(), headers(stamp, token, event)
    hooks = GiteeHooks((SECRET,), PASSWORD)
    hooks.verify(sent, raw, int(stamp) / 1000)
    found = hooks.parse(sent, raw)
    intent, number = ASKS.get(name, (Intent.IGNORED, 0))
    assert (found.intent, found.number) == (intent, number)
    assert found.repo == ("octo-dev/drone-yml-test" if number else "")
    assert bool(found.comment) == (intent is Intent.COMMENT)
    assert bool(found.reason) == (intent is Intent.IGNORED)
    kept = hooks.redact(raw)
    assert token.encode() not in kept
    assert hooks.parse(sent, kept) == found
    only_signatures = GiteeHooks((SECRET,))
    if mode == "password":
        with pytest.raises(Refused):
            only_signatures.verify(sent, raw, int(stamp) / 1000)
