"""Sends the demo's webhooks to the bot's own receiver, at the address where it listens."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.errors import UserError
from bot.forges.demo.hooks import DELIVERY, EVENT, NAME, SIGNATURE, sign
from bot.model import Comment, PullRequest, User

#: Seconds to wait for one answer of a server on this machine.
ANSWER = 10.0
#: Seconds between two questions whether the receiver is ready, and how many are asked.
PAUSE, PATIENCE = 0.25, 240


@dataclass(frozen=True, slots=True)
class Request:
    """One webhook request, signed."""

    headers: Mapping[str, str]
    body: bytes


def pull_event(secret: str, pull: PullRequest, action: str) -> Request:
    """Something happened to a pull request: `opened`, `pushed`, `reopened`, `closed` or `merged`.

    The id names pull request, head and action, so that sending it again is known for a repetition.
    """
    payload = _about(pull, action, pull.author)
    return _signed(secret, "pull_request", f"{action}-{pull.ref.number}-{pull.head_sha}", payload)


def comment_event(secret: str, pull: PullRequest, comment: Comment) -> Request:
    """Somebody commented."""
    author = {"id": comment.author.id, "login": comment.author.login, "is_bot": comment.author.is_bot}
    payload = _about(pull, "created", comment.author) | {
        "comment": {"id": int(comment.id), "body": comment.body, "author": author}
    }
    return _signed(secret, "comment", f"comment-{pull.ref.number}-{comment.id}", payload)


def send(base_url: str, request: Request) -> int:
    """Posts a request to `base_url`/webhooks/demo; the status of the answer. Raises `OSError` without one."""
    return _ask(base_url, "POST", f"/webhooks/{NAME}", request.body, request.headers)


def await_ready(base_url: str, sleep: Callable[[float], None]) -> bool:
    """Waits until `base_url`/readyz answers 200; False when it has not after a minute."""
    for _ in range(PATIENCE):
        try:
            if _ask(base_url, "GET", "/readyz") == 200:
                return True
        except OSError:
            pass  # nobody listens yet
        sleep(PAUSE)
    return False


def _about(pull: PullRequest, action: str, sender: User) -> dict[str, object]:
    return {
        "action": action,
        "repository": pull.ref.repo,
        "number": pull.ref.number,
        "sender": sender.login,
    }


def _signed(secret: str, event: str, delivery: str, payload: Mapping[str, object]) -> Request:
    body = json.dumps(payload).encode()
    headers = {
        "Content-Type": "application/json",
        EVENT: event,
        DELIVERY: delivery,
        SIGNATURE: sign(secret.encode(), body),
    }
    return Request(headers, body)


def _ask(
    base_url: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> int:
    address = urlsplit(base_url)
    host = address.hostname or ""
    if address.scheme != "http" or not _is_here(host):
        raise UserError(f"The demo's webhooks go to a server on this machine only, not to {base_url!r}.")
    connection = HTTPConnection(host, address.port or 80, timeout=ANSWER)
    try:
        connection.request(method, path, body=body, headers=dict(headers or {}))
        with connection.getresponse() as answer:
            answer.read()
            return answer.status
    except HTTPException as error:
        raise ConnectionError("the receiver did not answer in HTTP") from error
    finally:
        connection.close()


def _is_here(host: str) -> bool:
    """Whether a host is this machine: one of its addresses can be listened at, another's cannot."""
    try:
        found = ip_address("127.0.0.1" if host == "localhost" else host)
        socket.create_server(
            (str(found), 0), family=socket.AF_INET6 if found.version == 6 else socket.AF_INET
        ).close()
    except (ValueError, OSError):
        return False
    return True
