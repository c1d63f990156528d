"""The endpoint that forges deliver to: nothing is parsed before the signature, accepted means stored."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import IO, cast

from flask import Blueprint, Response, request

from bot import logs
from bot.forges.base import Hooks, Refused
from bot.model import Delivery, Intent, PullRef
from bot.web import defects
from bot.web.site import site
from bot.web.text import visible
from bot.web.world import StoreUnavailable, World

#: GitHub sends at most 25 MB and drops larger events itself; the rest is ours for headers of forms.
MAX_BODY = 26 * 1024 * 1024
#: Ours: so much of a body that is too large is still read away, so that its sender gets to see the answer.
MAX_DRAIN = 2 * MAX_BODY
#: Ours: a reason is one line.
MAX_REASON = 300
#: Ours: characters of an id that nobody vouches for; GitHub's have 36.
MAX_CLAIM = 100

_PIECE = 64 * 1024
# What is stored of the headers: what parsing again needs, and never what proves the sender.
_KEPT = re.compile(r"x-[a-z0-9-]+|content-type|user-agent")
_SECRET = re.compile(r"signature|token|secret|password|auth|cookie|forwarded|real-ip")
_ID = re.compile(r"x-[a-z]+-delivery")

log = logging.getLogger(__name__)
webhooks = Blueprint("webhooks", __name__)


class HeaderMap(Mapping[str, str]):
    """Request headers as a plain mapping that finds a name whatever its case."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self._pairs = {name.lower(): (name, value) for name, value in pairs.items()}

    def __getitem__(self, name: str) -> str:
        return self._pairs[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._pairs.values())

    def __len__(self) -> int:
        return len(self._pairs)


@webhooks.post("/webhooks/<forge>")
def receive(forge: str) -> Response:
    """Takes one delivery: 202 stored, 200 nothing to do and why, 4xx refused, 503 not stored, send again."""
    with logs.about(delivery=_claimed()):
        return _received(forge)


def _received(forge: str) -> Response:
    world = site().world
    hooks = world.hooks.get(forge)
    try:
        if hooks is None:
            raise Refused(404, "no such forge here")
        body = _body()
        headers = HeaderMap(dict(request.headers))
        _verified(hooks, headers, body, world.now())
        delivery, kept, idle = _parsed(hooks, headers, body, world.repositories.get(forge, frozenset()))
    except Refused as refusal:
        return _answer(refusal.status, str(refusal))
    logs.mention(delivery=visible(delivery.id))
    if delivery.number:
        logs.mention(pull=visible(str(PullRef(forge, delivery.repo, delivery.number))))
    return _answer(200, idle) if idle else _stored(world, delivery, headers, kept)


def _claimed() -> str:
    """The id that a request gives itself, before anything of it is believed; Gitee's have none."""
    found = (value for name, value in request.headers.items() if _ID.fullmatch(name.lower()))
    return visible(next(found, ""), MAX_CLAIM)


def _body() -> bytes:
    """The raw bytes of the request, never more than `MAX_BODY` of them in memory. Raises `Refused`."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refused(415, "content encodings are not accepted")
    stream = cast("IO[bytes]", request.environ["wsgi.input"])
    chunked = bool(request.environ.get("wsgi.input_terminated"))
    length = request.content_length
    expected = MAX_DRAIN if length is None and chunked else length or 0
    body, size = bytearray(), 0
    try:
        while size < min(expected, MAX_DRAIN) and (piece := stream.read(min(_PIECE, expected - size))):
            size += len(piece)
            if size <= MAX_BODY:
                body += piece
            else:
                body.clear()
    except Exception as error:  # a connection that breaks, or a server's own error for a malformed chunk
        raise Refused(400, "the body could not be read") from error
    if size > MAX_BODY or (length or 0) > MAX_BODY:
        raise Refused(413, "the body is too large")
    if length is not None and size < length:
        raise Refused(400, "the body ended early")
    return bytes(body)


def _verified(hooks: Hooks, headers: HeaderMap, body: bytes, now: float) -> None:
    """Raises `Refused`, always the same, unless the signature holds; and nothing else whatever was sent."""
    try:
        hooks.verify(headers, body, now)
    except Refused as refusal:
        raise Refused(401, "the signature does not verify") from refusal
    except Exception as error:  # a defect in a driver must neither admit nor show anything
        defects.record("verify", error)
        raise Refused(401, "the signature does not verify") from error


def _parsed(
    hooks: Hooks, headers: HeaderMap, body: bytes, repositories: frozenset[str]
) -> tuple[Delivery, bytes, str]:
    """The delivery, its body as it may be kept, and why there is nothing to do. Raises only `Refused`."""
    try:
        delivery = hooks.parse(headers, body)
        return delivery, hooks.redact(body), _idle(delivery, repositories)
    except Refused as refusal:
        raise Refused(refusal.status if 400 <= refusal.status < 500 else 400, str(refusal)) from refusal
    except Exception as error:  # hostile input finds defects; its sender sees no 5xx
        defects.record("parse", error)
        raise Refused(400, "the body is not a delivery") from error


def _idle(delivery: Delivery, repositories: frozenset[str]) -> str:
    if delivery.intent is Intent.PING:
        return "ping received"
    if delivery.intent is Intent.IGNORED:
        return f"ignored: {delivery.reason or 'nothing to do for this event'}"
    if delivery.repo.casefold() not in {name.casefold() for name in repositories}:
        return "ignored: this repository is not served here"
    return ""


def _stored(world: World, delivery: Delivery, headers: HeaderMap, body: bytes) -> Response:
    kept = {
        name: value
        for name, value in headers.items()
        if _KEPT.fullmatch(name.lower()) and not _SECRET.search(name.lower())
    }
    try:
        fresh = world.accept(delivery, kept, body)
    except StoreUnavailable as trouble:
        log.warning("a delivery is not stored: %s", trouble)
        return _answer(503, "the store is unavailable, please deliver again", trouble.retry_after)
    except Exception as error:  # noqa: BLE001 (whatever failed, it is not stored: never a false 202)
        defects.record("accept", error)
        return _answer(503, "the store is unavailable, please deliver again", StoreUnavailable().retry_after)
    return _answer(202, "accepted") if fresh else _answer(200, "duplicate: this delivery is known")


def _answer(status: int, line: str, retry_after: int | None = None) -> Response:
    said = visible(line, MAX_REASON)
    log.log(logging.WARNING if status >= 400 else logging.INFO, "delivery answered with %d: %s", status, said)
    answer = Response(said + "\n", status, mimetype="text/plain")
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer
