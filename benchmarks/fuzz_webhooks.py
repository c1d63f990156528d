"""Sends mutated webhook requests to the receiver in this process and looks for a 5xx, a crash or a hang.

Four kinds by turns: signed GitHub and Gitee deliveries whose body was mutated before it was signed, and the
same with headers mutated afterwards. A defect that the endpoint turned into an answer counts as one too.
`python -m benchmarks.fuzz_webhooks --count 1000000 --seed 1 --state webhooks.json`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import random
import sys
import tempfile
import time
import weakref
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from benchmarks import fuzzing
from benchmarks.fuzzing import Verdict, chance_of
from bot.settings import load
from bot.web.app import create_app
from bot.web.stored import StoredWorld
from bot.wiring import receiver

SECRET, REPO = "a secret of the fuzzer", "owner/hub"
#: What stands where something else was expected.
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1 << 70, 1e308, "", " ", "\0", "\ud800", "ſ", "٣", "\u202e", "x" * 70_000),
    *([], {}, [[]], {"": {}}, "owner/hub", "../..", "<script>", "owner/hub\n", "0", "refs/heads/x"),
)
#: What is put into the bytes.
SPICE = (
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b'"',
    b"{",
    b"[" * 3000,
    b"}",
    b"NaN",
    b"1e999",
    b"\\ud800",
    b"\r\n",
)
USER = {"login": "somebody", "id": 3, "type": "User"}
PULL = {
    "number": 7,
    "id": 70,
    "title": "Add a model",
    "draft": False,
    "user": USER,
    "head": {"sha": "a" * 40, "ref": "add", "repo": {"full_name": "fork/hub"}},
    "base": {"sha": "b" * 40, "ref": "master", "repo": {"full_name": REPO}},
}
GITHUB: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pull_request", {"action": "opened", "number": 7, "pull_request": PULL}),
    ("pull_request", {"action": "edited", "number": 7, "pull_request": PULL, "changes": {"base": {}}}),
    (
        "issue_comment",
        {
            "action": "created",
            "issue": {"number": 7, "pull_request": {"url": "x"}},
            "comment": {"id": 9, "body": "/recheck", "user": USER, "html_url": "https://x.example/9"},
        },
    ),
    (
        "check_run",
        {
            "action": "rerequested",
            "check_run": {"id": 4, "head_sha": "a" * 40, "pull_requests": [{"number": 7}]},
        },
    ),
    (
        "check_suite",
        {"action": "rerequested", "check_suite": {"id": 4, "head_sha": "a" * 40, "pull_requests": []}},
    ),
    ("ping", {"zen": "x", "hook": {"config": {}}}),
)
GITEE: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "Merge Request Hook",
        {"hook_name": "merge_request_hooks", "action": "open", "pull_request": PULL, "iid": 7},
    ),
    (
        "Note Hook",
        {
            "hook_name": "note_hooks",
            "action": "comment",
            "noteable_type": "PullRequest",
            "pull_request": PULL,
            "comment": {"id": 9, "body": "/recheck", "user": USER},
        },
    ),
)


class Webhooks:
    """The fuzzer for `benchmarks.fuzzing`."""

    name, suffix = "webhook requests", ".http"
    #: Each batch has a database of its own, which so stays small.
    batch = 20_000
    #: A request is answered hundreds of times faster by far.
    slow = 2.0

    def make(self, seed: int, number: int) -> bytes:
        path, headers, body = request(chance_of(seed, number), number)
        lines = (f"POST {path}", *(f"{name}: {value}" for name, value in headers.items()), "", "")
        return "\r\n".join(lines).encode() + body

    def start(self) -> Callable[[int, int], Verdict]:
        folder = tempfile.TemporaryDirectory()
        client = client_on(Path(folder.name))
        weakref.finalize(client, folder.cleanup)
        return lambda seed, number: judge(client, seed, number)


class Defects(logging.Handler):
    """Keeps what the program wrote down as a defect of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


DEFECTS = Defects()


def judge(client: FlaskClient, seed: int, number: int) -> Verdict:
    """Sends one request; the same seed and number send the same, but for the time in Gitee's."""
    path, headers, body = request(chance_of(seed, number), number)
    DEFECTS.seen.clear()
    answer = client.post(path, data=body, headers=list(headers.items()))
    trouble = f"{answer.status_code}" if answer.status_code >= 500 else ""
    return Verdict((f"{answer.status_code}",), "; ".join([trouble, *DEFECTS.seen]).removeprefix("; "))


def request(chance: random.Random, number: int) -> tuple[str, Mapping[str, str], bytes]:
    is_github = chance.random() < 0.5
    event, said = chance.choice(GITHUB if is_github else GITEE)
    common = {"repository": {"full_name": REPO}, "sender": USER, "project": {"path_with_namespace": REPO}}
    much = chance.choice((0.3, 1.0, 1.0, 3.0))
    body = spiced(chance, json.dumps(mutated(chance, {**common, **said}, much)).encode())
    headers = github(event, body, number) if is_github else gitee(event)
    if chance.random() < 0.2:
        headers = tampered(chance, headers)
    return f"/webhooks/{'github' if is_github else 'gitee'}", headers, body


def github(event: str, body: bytes, number: int) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": f"00000000-0000-0000-0000-{number:012}",
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }


def gitee(event: str) -> dict[str, str]:
    stamp = str(int(time.time() * 1000))
    digest = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Gitee-Event": event,
        "X-Gitee-Timestamp": stamp,
        "X-Gitee-Token": b64encode(digest).decode(),
    }


def mutated(chance: random.Random, value: Any, much: float) -> Any:
    """The same with places replaced, dropped, doubled or put deeper; `much` 1 is about one place in ten."""
    if chance.random() < 0.04 * much:
        return chance.choice((chance.choice(ODD), [value], {"x": value}))
    if isinstance(value, dict):
        kept = {
            key: mutated(chance, one, much) for key, one in value.items() if chance.random() > 0.02 * much
        }
        if chance.random() < 0.03 * much:
            kept[chance.choice(("action", "number", "id", "\0", "body"))] = chance.choice(ODD)
        return kept
    if isinstance(value, list):
        return [mutated(chance, one, much) for one in value] * chance.choice((1, 1, 1, 2))
    if isinstance(value, str) and chance.random() < 0.05 * much:
        at = chance.randint(0, len(value))
        return value[:at] + chance.choice(("\0", "\n", "/", "\u202e", "é", "'", "\ud800")) + value[at:]
    return value


def spiced(chance: random.Random, body: bytes) -> bytes:
    """Bytes put in, cut off or flipped: what is no JSON any more is signed all the same."""
    if chance.random() > 0.3:
        return body
    at = chance.randint(0, len(body))
    return chance.choice((body[:at], body[:at] + chance.choice(SPICE) + body[at:], body[at:], body + body))


def tampered(chance: random.Random, headers: Mapping[str, str]) -> dict[str, str]:
    name = chance.choice(list(headers))
    odd = ("", " ", "é", "x" * 10_000, "sha256=", "application/x-www-form-urlencoded", "0", "-1", "ÿ")
    if chance.random() < 0.3:
        return {key: value for key, value in headers.items() if key != name}
    return {**headers, name: chance.choice((chance.choice(odd), headers[name].upper(), headers[name] + "0"))}


def client_on(folder: Path) -> FlaskClient:
    """The receiver as it runs, on a database of its own; its log is kept to what it calls a defect."""
    root = logging.getLogger()
    root.handlers, root.level = [DEFECTS], logging.ERROR
    env = {"DATABASE_URL": f"sqlite:///{folder / 'fuzz.sqlite'}"}
    for forge in ("GITHUB", "GITEE"):
        env |= {f"{forge}_WEBHOOK_SECRET": SECRET, f"{forge}_REPOSITORIES": REPO}
    return create_app(StoredWorld(receiver(load(env, credentials=False)))).test_client()


if __name__ == "__main__":
    sys.exit(fuzzing.main(Webhooks(), __doc__.splitlines()[0]))
