"""Asks GitHub once more for deliveries that did not reach the bot: it repeats none by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import ForgeError
from bot.forges.github.shape import flag, items, number, text

#: GitHub gives 100 entries a page; of more than these the reconciler finds what matters.
PER_PAGE, MAX_PAGES = 100, 5
#: Ours: repetitions that one look asks for; the next look goes on where it ended.
MAX_ASKED = 50
#: Seconds after which the fate of a delivery is known: GitHub waits ten for an answer.
DECIDED = 15.0

_NEXT = re.compile(r'[?&]cursor=([A-Za-z0-9_=%-]{1,200})[^>]*>;\s*rel="next"')

#: Method, path and parameters to headers and JSON, signed as the App itself.
Call = Callable[[str, str, dict[str, str | int]], tuple[Mapping[str, Any], Any]]


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery as GitHub lists it; its repetitions have the same `guid`."""

    id: int
    guid: str
    again: bool
    failed: bool
    repository: int
    at: float


def redeliver_failed(call: Call, repository: int, cursor: str, now: float) -> tuple[int, str]:
    """How many failed deliveries of a repository were asked for again, and the next cursor.

    The cursor is the id of the last delivery looked at. Without one nothing is asked for: what was said
    before the bot first looked is not news. What was repeated once, by whomever, is not repeated again.
    """
    since = int(cursor) if cursor.isdecimal() else None
    listed = list(_listed(call, since or 0, at_most=MAX_PAGES if since is not None else 1))
    undecided = [one.id for one in listed if one.at > now - DECIDED]
    until = min(undecided, default=1 << 63)
    known = sorted((one for one in listed if one.id < until), key=lambda one: one.id)
    last = max([since or 0, *(one.id for one in known)])
    if since is None:
        return 0, str(last)
    done = {one.guid for one in listed if one.again or not one.failed}
    wanted = [
        one
        for one in known
        if one.id > since and one.failed and one.repository == repository and one.guid not in done
    ]
    if len(wanted) > MAX_ASKED:
        wanted = wanted[:MAX_ASKED]
        last = wanted[-1].id
    for one in wanted:
        call("POST", f"/app/hook/deliveries/{one.id}/attempts", {})
    return len(wanted), str(last)


def _listed(call: Call, since: int, at_most: int) -> Iterator[Sent]:
    """Newest first, down to the cursor."""
    parameters: dict[str, str | int] = {"per_page": PER_PAGE}
    for _ in range(at_most):
        headers, answer = call("GET", "/app/hook/deliveries", parameters)
        page = [_sent(one) for one in items(answer, "deliveries")]
        yield from page
        following = _NEXT.search(str(headers.get("link", "")))
        if following is None or any(one.id <= since for one in page):
            return
        parameters = {"per_page": PER_PAGE, "cursor": following[1]}


def _sent(of: Mapping[str, Any]) -> Sent:
    try:
        at = datetime.fromisoformat(text(of, "delivered_at")).timestamp()
    except ValueError:
        raise ForgeError("GitHub's `delivered_at` is no time") from None
    repository = number(of, "repository_id") if of.get("repository_id") is not None else 0
    failed = text(of, "status", "") != "OK"
    return Sent(number(of, "id"), text(of, "guid"), flag(of, "redelivery"), failed, repository, at)
