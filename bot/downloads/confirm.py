"""Asks a host whether a file that was verified before is still the same, without reading it again."""

from __future__ import annotations

import threading

from bot.downloads.body import Short, body_length
from bot.downloads.outcome import Refused, Trouble
from bot.downloads.reading import HEADERS, REDIRECTS
from bot.downloads.tools import Tools
from bot.downloads.transport import Reply
from bot.downloads.urls import Target, check, follow
from bot.downloads.validators import Validator, is_strong_tag, piece_fits
from bot.downloads.verdict import FIRST_BYTES
from rules.facts import RemoteFile, RemoteState


def is_confirmable(file: RemoteFile) -> bool:
    """Whether a file is worth remembering: read whole, as declared, with a tag that names its bytes."""
    return (
        file.state is RemoteState.MEASURED
        and file.sha256 == file.declared.strip().lower()
        and bool(file.size)
        and bool(file.final_url)
        and is_strong_tag(file.etag)
        and len(file.first_bytes) == 2 * min(FIRST_BYTES, file.size or 0)
    )


def confirms(tools: Tools, url: str, known: RemoteFile, stop: threading.Event) -> bool:
    """Whether the host says that `url` is still what `known` was: same end of redirects, strong tag, length,
    and first bytes. Any doubt is a no. Raises `Cancelled`.
    """
    size = known.size or 0
    count = min(FIRST_BYTES, size)
    validator = Validator("etag", known.etag)
    headers = HEADERS | {"Range": f"bytes=0-{count - 1}", "If-Range": known.etag}
    try:
        target, reply = _walk(tools, url, headers, stop)
        try:
            final = target.url if target.url == url else target.public_url
            whole = _is_whole(reply, validator, size)
            part = reply.status == 206 and piece_fits(reply.headers, validator, 0, count, size)
            plain = reply.headers.get("content-encoding", "identity").strip().lower() == "identity"
            same = final == known.final_url and plain and (whole or part)
            same = same and _begins(reply, count) == known.first_bytes
        except BaseException:
            tools.transport.abort(reply)
            raise
        (tools.transport.release if same and (part or count == size) else tools.transport.abort)(reply)
    except (Refused, Trouble, Short, OSError, ValueError):
        return False
    return same


def _walk(tools: Tools, url: str, headers: dict[str, str], stop: threading.Event) -> tuple[Target, Reply]:
    target = check(url, tools.limits)
    for _ in range(tools.limits.redirects + 1):
        reply = tools.transport.send(target, headers, fresh=False, stop=stop)
        if reply.status not in REDIRECTS:
            return target, reply
        tools.transport.abort(reply)
        places = reply.headers.get_all("location", [])
        if len(places) != 1:
            break
        target = follow(target, places[0], tools.limits)
    raise Trouble("bad-response", "redirected nowhere, or too often")


def _is_whole(reply: Reply, validator: Validator, size: int) -> bool:
    """Whether an answer without ranges is of this version and length; its body is left alone."""
    return reply.status == 200 and validator.holds(reply.headers) and body_length(reply.headers) == size


def _begins(reply: Reply, count: int) -> str:
    body, buffer, filled = reply.body(body_length(reply.headers)), memoryview(bytearray(count)), 0
    while filled < count and (more := body.fill(buffer[filled:])):
        filled += more
    return bytes(buffer[:filled]).hex()
