"""Verifies Gitee's webhook deliveries and says what they ask for.

Gitee signs the timestamp only, never the body: a delivery is a hint, and what it says is read again by API.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from bot.forges.base import Refused
from bot.forges.delivery import Object
from bot.forges.gitee import payload
from bot.model import Comment, Delivery, Intent, User

#: Seconds. Gitee documents a tolerance of one hour; a captured header pair works no longer than this.
WINDOW = 600.0
#: A signature has 44 characters, 52 percent-encoded; a password is the operator's choice.
MAX_TOKEN = 4096

MERGE_REQUEST, NOTE = "merge_request_hooks", "note_hooks"
#: Gitee writes the event in either of two spellings, by edition and by kind of delivery.
EVENTS = {
    "merge request hook": MERGE_REQUEST,
    "merge_request_hooks": MERGE_REQUEST,
    "note hook": NOTE,
    "note_hooks": NOTE,
}
#: One opening sends three hooks; the other two only tell that reviewers and testers were assigned.
OPENINGS = ("open", "")
REVIEWED_UPDATES = ("source_branch_changed", "target_branch_changed")

_MILLISECONDS = re.compile(r"[0-9]{12,14}")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,200}/[A-Za-z0-9_.-]{1,200}")


class GiteeHooks:
    """Signature mode with any of `secrets`, all live at once; password mode only where `password` is set.

    `window` is how far a delivery's timestamp may be from our clock, in seconds.
    """

    def __init__(self, secrets: Sequence[str], password: str = "", window: float = WINDOW) -> None:
        self._secrets = tuple(secret.encode("utf-8") for secret in secrets if secret)
        self._password = password.encode("utf-8")
        self._window = window

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        sent = _lower(headers)
        stamp = sent.get("x-gitee-timestamp", "")
        if not _MILLISECONDS.fullmatch(stamp):
            raise Refused(401, "X-Gitee-Timestamp is missing or not in milliseconds")
        if not self._knows(sent.get("x-gitee-token", ""), stamp):
            raise Refused(401, "X-Gitee-Token is missing or wrong")
        if abs(now * 1000 - int(stamp)) > self._window * 1000:
            raise Refused(401, "X-Gitee-Timestamp is too far from the present time")
        told = payload.load(body).get("timestamp")
        if told not in (None, "") and _scalar(told, "timestamp") != stamp:
            raise Refused(401, "X-Gitee-Timestamp and the timestamp of the body differ")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        sent, data = _lower(headers), payload.load(body)
        named = sent.get("x-gitee-event", ""), _text(data, "hook_name")
        event = next((EVENTS[name.lower()] for name in named if name.lower() in EVENTS), named[1] or named[0])
        stamp = sent.get("x-gitee-timestamp", "") or _scalar(data.get("timestamp"), "timestamp")
        delivery_id = _identity(event, stamp, data)
        if sent.get("x-gitee-ping", "").lower() == "true":
            repo = _repository(data) if _has_repository(data) else ""
            return Delivery("gitee", delivery_id, event, "", Intent.PING, repo=repo)
        if event == MERGE_REQUEST:
            return _merge_request(delivery_id, data)
        if event == NOTE:
            return _note(delivery_id, data)
        return Delivery(
            "gitee", delivery_id, event[:100], "", Intent.IGNORED, reason="not about a pull request"
        )

    def redact(self, body: bytes) -> bytes:
        return payload.redact(body)

    def _knows(self, token: str, stamp: str) -> bool:
        """Whether the token fits; every secret is computed, so that time tells nothing."""
        given = token[:MAX_TOKEN].encode("utf-8", "surrogatepass")
        decoded = unquote_to_bytes(
            given
        )  # what is sent is raw base64, though the documents speak of encoding
        known = False
        for secret in self._secrets:
            digest = hmac.new(secret, stamp.encode("ascii") + b"\n" + secret, hashlib.sha256).digest()
            wanted = b64encode(digest)
            known |= hmac.compare_digest(given, wanted)
            known |= hmac.compare_digest(decoded, wanted)
        if self._password:
            known |= hmac.compare_digest(given, self._password)
        return known


def _merge_request(delivery_id: str, data: Object) -> Delivery:
    action, described = _action(data), _text(data, "action_desc")
    intent, reason = _judge(action, described)
    shown = f"{action}/{described}" if action in ("open", "update") and described else action
    made = Delivery(
        "gitee",
        delivery_id,
        MERGE_REQUEST,
        shown[:100],
        intent,
        sender=_login(data.get("sender")),
        reason=reason,
    )
    if intent is Intent.IGNORED:
        return made
    return _located(made, data)


def _judge(action: str, described: str) -> tuple[Intent, str]:
    """What a merge request hook asks for; the action comes first, for the description is stale on close."""
    match action:
        case "open" if described in OPENINGS:
            return Intent.REVIEW, ""
        case "open":
            return Intent.IGNORED, "the same opening has already been announced"
        case "update" if described in REVIEWED_UPDATES:
            return Intent.REVIEW, ""
        case "update":
            return Intent.IGNORED, "neither the commits nor the target branch changed"
        case "reopen":
            return Intent.REVIEW, ""
        case "close" | "merge":
            return Intent.CLOSED, ""
    return Intent.IGNORED, "an action that asks nothing of the bot"


def _note(delivery_id: str, data: Object) -> Delivery:
    action = _action(data)
    made = Delivery(
        "gitee", delivery_id, NOTE, action[:100], Intent.IGNORED, sender=_login(data.get("sender"))
    )
    if _text(data, "noteable_type") != "PullRequest":
        return replace(made, reason="the comment is not on a pull request")
    if action != "comment":
        return replace(made, reason="only new comments are answered, not edited or deleted ones")
    said = _object(data.get("comment"), "comment")
    who = _object(said.get("user"), "comment.user")
    body = said.get("body")
    if not isinstance(body, str):
        raise Refused(400, "comment.body is not a text")
    author = User(_number(who.get("id"), "comment.user.id"), _login(who))
    comment = Comment(str(_number(said.get("id"), "comment.id")), author, body, _text(said, "html_url"))
    return _located(made, data, comment)


def _action(data: Object) -> str:
    action = _text(data, "action")
    if not action:
        raise Refused(400, "action is missing")
    return action


def _located(made: Delivery, data: Object, comment: Comment | None = None) -> Delivery:
    pull = data.get("pull_request")
    number = _object(pull, "pull_request").get("number") if pull is not None else data.get("number")
    return replace(
        made,
        intent=Intent.COMMENT if comment else made.intent,
        repo=_repository(data),
        number=_number(number, "pull_request.number"),
        comment=comment,
    )


def _identity(event: str, stamp: str, data: Object) -> str:
    """Gitee gives no id: an exact replay gets the same one, the three hooks of one opening do not."""
    parts = [event, stamp, data.get("hook_id"), data.get("action"), data.get("action_desc")]
    for name in ("pull_request", "comment"):
        part = data.get(name)
        parts.append(part.get("id") if isinstance(part, dict) else None)
    return "gitee-" + hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()[:32]


def _has_repository(data: Object) -> bool:
    return isinstance(data.get("repository"), dict)


def _repository(data: Object) -> str:
    """`owner/name` as the API wants it: `name` is only a display name, the address is namespace and path."""
    shown = _object(data.get("repository"), "repository")
    space, path = _text(shown, "namespace"), _text(shown, "path")
    full = (
        f"{space}/{path}"
        if space and path
        else _text(shown, "path_with_namespace") or _text(shown, "full_name")
    )
    if not _REPOSITORY.fullmatch(full) or {".", ".."} & set(full.split("/")):
        raise Refused(400, "repository has no usable name")
    return full


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _object(value: Any, name: str) -> Object:
    if not isinstance(value, dict):
        raise Refused(400, f"{name} is not an object")
    return value


def _text(data: Object, name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(400, f"{name} is not a text")
    return value


def _scalar(value: Any, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise Refused(400, f"{name} is neither text nor number")
    return "" if value is None else str(value)


def _number(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 63:
        raise Refused(400, f"{name} is not a positive number")
    return value


def _login(user: Any) -> str:
    return "" if user is None else _text(_object(user, "a user"), "login")
