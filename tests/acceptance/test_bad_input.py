"""Whatever is posted to the webhook address is answered with a 4xx, never with a 5xx."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import time
import uuid
from collections.abc import Iterator

import pytest

from tests.acceptance.world import SECRET, World

pytestmark = pytest.mark.network

#: One byte more than what the receiver takes (GitHub itself sends at most 25 MiB).
OVERSIZED = 26 * 1024 * 1024 + 1
EVENTS = {"github": ("X-GitHub-Event", "pull_request"), "gitee": ("X-Gitee-Event", "Merge Request Hook")}
REFUSED = (401, 403)
#: A receiver may close on a client that goes on sending after the answer, and the answer is lost with it.
CLOSED = 0
WRONG = tuple(range(400, 500))

WRONG_TYPES = {
    "action": ["opened"],
    "hook_name": 7,
    "number": {"a": 1},
    "pull_request": "17",
    "repository": [None],
    "sender": 3.5,
    "timestamp": [],
}


def headers(forge: str, body: bytes, secret: str) -> dict[str, str]:
    """What the forge sends with a body, signed with this secret."""
    name, event = EVENTS[forge]
    given = {"Content-Type": "application/json", name: event}
    if forge == "github":
        mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {**given, "X-GitHub-Delivery": str(uuid.uuid4()), "X-Hub-Signature-256": f"sha256={mac}"}
    stamp = str(int(time.time() * 1000))
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return {
        **given,
        "X-Gitee-Timestamp": stamp,
        "X-Gitee-Token": base64.b64encode(mac).decode(),
        "X-Gitee-Ping": "false",
    }


def post(world: World, body: bytes | Iterator[bytes], given: dict[str, str], path: str = "") -> int:
    """Status of the answer, also of one that comes before the body's end; `CLOSED` when there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", world.bot.port, timeout=30)
    target = path or f"/webhooks/{world.mode.forge}"
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", target, body, given, encode_chunked=not isinstance(body, bytes))
        return connection.getresponse().status
    except ConnectionError:
        return CLOSED
    finally:
        connection.close()


SIGNED = {
    "empty": (b"", WRONG),
    "not JSON": (b"hello", WRONG),
    "half of it": (b'{"action": "opened", ', WRONG),
    "an array": (b"[]", WRONG),
    "null": (b"null", WRONG),
    "a number": (b"1", WRONG),
    "deeply nested": (b"[" * 200_000 + b"]" * 200_000, WRONG),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, WRONG),
    "wrong types": (json.dumps(WRONG_TYPES).encode(), WRONG),
    "not UTF-8": (b'{"action": "\xff\xfe"}', WRONG),
    "an endless number": (b'{"number": ' + b"9" * 100_000 + b"}", WRONG),
    # Without a known action it may be ignored with the reason, as any event that is not for us.
    "an object without anything": (b"{}", (200, *WRONG)),
}


@pytest.mark.parametrize("name", SIGNED)
def test_signed_nonsense(world: World, name: str) -> None:
    body, expected = SIGNED[name]
    assert post(world, body, headers(world.mode.forge, body, SECRET)) in expected


def test_unsigned(world: World) -> None:
    body = b'{"action": "opened"}'
    given = headers(world.mode.forge, body, SECRET)
    for name in ("X-Hub-Signature-256", "X-Gitee-Token"):
        given.pop(name, None)
    assert post(world, body, given) in REFUSED


@pytest.mark.parametrize("secret", ["another-secret", ""])
def test_signed_with_another_secret(world: World, secret: str) -> None:
    body = b'{"action": "opened"}'
    assert post(world, body, headers(world.mode.forge, body, secret)) in REFUSED


def test_signature_of_strange_characters(world: World) -> None:
    body = b"{}"
    given = headers(world.mode.forge, body, SECRET)
    for name in ("X-Hub-Signature-256", "X-Gitee-Token"):
        if name in given:
            given[name] = "sha256=\xff\xe9" * 8
    assert post(world, body, given) in REFUSED


def test_a_body_that_is_too_large(world: World) -> None:
    body = b" " * OVERSIZED
    assert post(world, body, headers(world.mode.forge, b"", SECRET)) in (413, CLOSED)


def test_a_body_that_is_too_large_and_does_not_say_so(world: World) -> None:
    pieces = (b" " * 65536 for _ in range(OVERSIZED // 65536 + 2))
    given = {**headers(world.mode.forge, b"", SECRET), "Transfer-Encoding": "chunked"}
    assert post(world, pieces, given) in (413, CLOSED, *REFUSED)


@pytest.mark.parametrize("path", ["/webhooks/elsewhere", "/webhooks/", "/webhooks/github/../../etc/passwd"])
def test_other_addresses(world: World, path: str) -> None:
    assert post(world, b"{}", headers(world.mode.forge, b"{}", SECRET), path) in WRONG


def test_reading_instead_of_posting(world: World) -> None:
    assert world.bot.get(f"/webhooks/{world.mode.forge}") == 405


def test_it_is_still_well_after_all_that(world: World) -> None:
    assert world.bot.get("/healthz") == 200
    assert world.bot.get("/readyz") == 200
