"""Asks whether a file is still there and still the same, without reading it: one byte of it at most."""

from __future__ import annotations

import contextlib
import re
import threading
from dataclasses import dataclass

from bot.downloads.body import Short, body_length
from bot.downloads.outcome import Cancelled, Refused, Trouble
from bot.downloads.reading import HEADERS, REDIRECTS
from bot.downloads.tools import Tools
from bot.downloads.transport import Reply
from bot.downloads.urls import check, follow

#: One byte says whether a file is there also at servers that refuse HEAD, of which the real hosts have some.
_ONE = {**HEADERS, "Range": "bytes=0-0"}
_WHOLE = re.compile(r"bytes 0-0/([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Alive:
    """What a server says of a file that it has: its length in bytes and its version, where it says so."""

    size: int | None
    etag: str


def alive(tools: Tools, url: str, stop: threading.Event) -> Alive | None:
    """What the server says, or None where that is no plain yes: then only a whole reading can tell why.

    Raises `Cancelled` once `stop` is set.
    """
    if stop.is_set():
        raise Cancelled
    try:
        target = check(url, tools.limits)
        for _ in range(tools.limits.redirects + 1):
            reply = tools.transport.send(target, _ONE, fresh=False, stop=stop)
            found, places = _read(reply), reply.headers.get_all("location", [])
            _end(tools, reply)
            if reply.status not in REDIRECTS:
                return found
            if len(places) != 1:
                return None
            target = follow(target, places[0], tools.limits)
    except (Refused, Trouble):
        return None
    return None


def _read(reply: Reply) -> Alive | None:
    etag = reply.headers.get("etag", "")[:256]
    if reply.status == 206:
        whole = _WHOLE.fullmatch(reply.headers.get("content-range", "").strip())
        return Alive(int(whole[1]), etag) if whole else None
    if reply.status != 200:
        return None
    try:
        return Alive(body_length(reply.headers), etag)
    except Trouble:
        return None


def _end(tools: Tools, reply: Reply) -> None:
    """Keeps the connection where the one byte came alone; a server that sends the whole is hung up on."""
    transport = tools.transport
    with contextlib.suppress(Trouble, Short, OSError):
        if reply.status == 206 and body_length(reply.headers) == 1:
            body, place = reply.body(1), memoryview(bytearray(1))
            while body.fill(place):
                pass
            transport.release(reply)
            return
    transport.abort(reply)
