"""The demo's webhooks: an HMAC over the body as GitHub has it, with names of our own."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256

from bot.errors import UserError
from bot.forges.base import Refused
from bot.forges.delivery import json_object, utf8
from bot.model import Comment, Delivery, Intent, User

NAME = "demo"
EVENT, DELIVERY, SIGNATURE = "X-Demo-Event", "X-Demo-Delivery", "X-Demo-Signature"

_PREFIX = "sha256="
_ID = re.compile(r"[A-Za-z0-9-]{1,80}")
_PULL_INTENTS = {
    "opened": Intent.REVIEW,
    "reopened": Intent.REVIEW,
    "pushed": Intent.REVIEW,
    "closed": Intent.CLOSED,
    "merged": Intent.CLOSED,
}


class DemoHooks:
    """Verifies and reads what `deliveries` sends."""

    def __init__(self, secret: str) -> None:
        if not secret:
            raise UserError("The demo's webhook secret is empty; start the demo again to make one.")
        self._secret = secret.encode()

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:  # noqa: ARG002 - the port's
        given = header(headers, SIGNATURE).encode("utf-8", "replace")
        if not hmac.compare_digest(given, sign(self._secret, body).encode()):
            raise Refused(401, "the signature is missing or wrong")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        event, delivery = header(headers, EVENT), header(headers, DELIVERY)
        if not _ID.fullmatch(delivery):
            raise Refused(400, "the delivery has no id")
        payload = json_object(utf8(body))
        if event == "ping":
            return Delivery(NAME, delivery, event, "", Intent.PING)
        action = _text(payload, "action")
        if event == "pull_request" and action in _PULL_INTENTS:
            intent, comment = _PULL_INTENTS[action], None
        elif event == "comment" and action == "created":
            intent, comment = Intent.COMMENT, _comment(_object(payload.get("comment")))
        else:
            reason = "nothing that the demo reacts to"
            return Delivery(NAME, delivery, event, action, Intent.IGNORED, reason=reason)
        return Delivery(
            forge=NAME,
            id=delivery,
            event=event,
            action=action,
            intent=intent,
            repo=_text(payload, "repository"),
            number=_number(payload, "number"),
            sender=_text(payload, "sender"),
            comment=comment,
        )

    def redact(self, body: bytes) -> bytes:
        """The demo's deliveries repeat no secret."""
        return body


def sign(secret: bytes, body: bytes) -> str:
    return _PREFIX + hmac.new(secret, body, sha256).hexdigest()


def header(headers: Mapping[str, str], name: str) -> str:
    """A header by name in any case; empty when absent."""
    return next((value for key, value in headers.items() if key.casefold() == name.casefold()), "")


def _comment(comment: Mapping[str, object]) -> Comment:
    author = _object(comment.get("author"))
    user = User(_number(author, "id"), _text(author, "login"), is_bot=author.get("is_bot") is True)
    return Comment(str(_number(comment, "id")), user, _text(comment, "body"))


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Refused(400, "the body does not have the form of a delivery")
    return value


def _text(payload: Mapping[str, object], key: str) -> str:
    value = payload.get(key)
    if not isinstance(value, str):
        raise Refused(400, f"{key} is not text")
    return value


def _number(payload: Mapping[str, object], key: str) -> int:
    value = payload.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 53:
        raise Refused(400, f"{key} is not a number")
    return value
