"""Reads small text files, such as code that is looked at and never run, through the same checks as files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.downloads.body import Short, body_length
from bot.downloads.classify import HEAD, is_html
from bot.downloads.outcome import Cancelled, Refused, Trouble
from bot.downloads.reading import HEADERS, REDIRECTS
from bot.downloads.tools import Tools
from bot.downloads.transport import Reply
from bot.downloads.urls import Target, check, follow

#: Bytes of a text, texts of one review, and how long all of them may take together (seconds). All ours.
LARGEST, MOST, LONGEST = 64 << 10, 64, 90.0
#: Failures in a row after which the rest of a host's texts are left alone.
PATIENCE = 2


class TextState(StrEnum):
    """`ABSENT`: the host answers that there is no such file. `UNKNOWN`: anything else but the text."""

    READ = "read"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Text:
    """One file; `reason` says for people why it could not be read."""

    url: str
    state: TextState
    text: str = ""
    reason: str = ""


def read(tools: Tools, urls: Sequence[str], cancelled: Callable[[], bool]) -> Iterator[Text]:
    """One answer for each distinct address, until cancelled. Never raises for what a host does.

    Nothing is asked twice: what cannot be read now leaves a question open, which no verdict rests on.
    """
    stop, end = threading.Event(), tools.clock() + LONGEST
    failures: dict[str, int] = {}
    for number, url in enumerate(dict.fromkeys(urls)):
        if cancelled():
            return
        host = url.split("/", 3)[2] if url.count("/") > 2 else ""
        if number >= MOST or tools.clock() > end or failures.get(host, 0) >= PATIENCE:
            yield Text(url, TextState.UNKNOWN, reason="left alone for now")
            continue
        found = _text(tools, url, stop)
        failures[host] = failures.get(host, 0) + 1 if found.state is TextState.UNKNOWN else 0
        yield found


def _text(tools: Tools, url: str, stop: threading.Event) -> Text:
    try:
        target = check(url, tools.limits)
        for _ in range(tools.limits.redirects + 1):
            reply = tools.transport.send(target, HEADERS, fresh=False, stop=stop)
            if reply.status not in REDIRECTS:
                return _answered(tools, url, reply)
            target = _moved(tools, target, reply)
        return Text(url, TextState.UNKNOWN, reason="redirected too often")
    except (Refused, Trouble) as error:
        return Text(url, TextState.UNKNOWN, reason=str(error))
    except (Cancelled, Short, OSError) as error:
        return Text(url, TextState.UNKNOWN, reason=type(error).__name__)


def _moved(tools: Tools, target: Target, reply: Reply) -> Target:
    tools.transport.abort(reply)
    places = reply.headers.get_all("location", [])
    if len(places) != 1:
        raise Trouble("bad-response", f"HTTP {reply.status} without one Location")
    return follow(target, places[0], tools.limits)


def _answered(tools: Tools, url: str, reply: Reply) -> Text:
    """The text of an answer. A web page in place of it is how forges ask for a login."""
    try:
        if reply.status in (404, 410):
            return Text(url, TextState.ABSENT, reason=f"HTTP {reply.status}")
        if reply.status != 200:
            return Text(url, TextState.UNKNOWN, reason=f"HTTP {reply.status}")
        if reply.headers.get("content-encoding", "identity").strip().lower() != "identity":
            return Text(url, TextState.UNKNOWN, reason="sent compressed although not asked for")
        data = _body(reply)
    finally:
        tools.transport.abort(reply)
    if data is None:
        return Text(url, TextState.UNKNOWN, reason=f"larger than {LARGEST} bytes")
    kind = reply.headers.get("content-type", "").lower()
    if is_html(data[:HEAD]) or "text/html" in kind:
        return Text(url, TextState.UNKNOWN, reason="a web page, not the file")
    try:
        return Text(url, TextState.READ, data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Text(url, TextState.UNKNOWN, reason="not UTF-8")


def _body(reply: Reply) -> bytes | None:
    """The whole body, None for one that is too large. The connection's deadline bounds the time."""
    body = reply.body(body_length(reply.headers))
    buffer, data = memoryview(bytearray(LARGEST)), bytearray()
    while size := body.fill(buffer):
        data += buffer[:size]
        if len(data) > LARGEST:
            return None
    return bytes(data)
