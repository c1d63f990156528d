"""Takes deliveries in: durable before they are answered, many in one transaction where many come at once."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError

from bot.model import Delivery, Intent, PullRef
from bot.store import counters
from bot.store.database import INSERTS, StoreUnavailable, storable, writing
from bot.store.schema import deliveries
from bot.store.work import (
    LOCATE,
    MAX_DELIVERY,
    SOON,
    Request,
    comment_request,
    enqueue,
    group_request,
    review_request,
)

#: The figure that says when the last delivery was stored, in seconds since the epoch.
LAST = "last_delivery_timestamp_seconds"
#: Deliveries in one transaction at most: what is in it waits for all of it.
TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery with what is kept of its request, received at so many seconds since the epoch."""

    delivery: Delivery
    headers: Mapping[str, str]
    body: bytes
    received_at: float


class _Ticket:
    """An arrival that somebody waits for, and what became of it: whether it was new, or an error."""

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.begun = time.monotonic()
        self.outcome: bool | Exception | None = None


class Intake:
    """Writes what several threads bring at once in one transaction: an fsync for all, not for each.

    Whoever comes while somebody writes waits, and the first of those writes for all of them.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.waiting: list[_Ticket] = []
        #: What the last transaction took, in seconds for each delivery; the next one counts it.
        self.took: list[float] = []
        self.counter, self.pen = threading.Lock(), threading.Lock()

    def accept(self, arrival: Arrival) -> bool:
        """Whether the delivery is new; returns when it is durable, or raises `StoreUnavailable`."""
        ticket = _Ticket(arrival)
        with self.counter:
            self.waiting.append(ticket)
        while ticket.outcome is None:
            with self.pen:
                if ticket.outcome is None:
                    self._write(self._next())
        if isinstance(ticket.outcome, Exception):
            raise ticket.outcome
        return ticket.outcome

    def _next(self) -> Sequence[_Ticket]:
        with self.counter:
            together, self.waiting = self.waiting[:TOGETHER], self.waiting[TOGETHER:]
        return together

    def _write(self, tickets: Sequence[_Ticket]) -> None:
        try:
            with writing(self.engine) as connection:
                outcomes = [_stored(connection, ticket.arrival) for ticket in tickets]
                counters.add(connection, _together(self.took))
                if any(outcomes):
                    counters.advance(connection, LAST, _newest(tickets, outcomes))
            self.took = [time.monotonic() - ticket.begun for ticket in tickets]
            for ticket, outcome in zip(tickets, outcomes, strict=True):
                ticket.outcome = outcome
        except Exception as error:  # noqa: BLE001 - each is raised where its delivery came from
            if len(tickets) > 1 and not _is_away(error):
                # One that the database will not take must not keep out those that came with it.
                for ticket in tickets:
                    self._write([ticket])
            else:
                for ticket in tickets:
                    ticket.outcome = error
        finally:
            for ticket in tickets:
                if ticket.outcome is None:
                    ticket.outcome = StoreUnavailable("the writer was interrupted")


def _together(took: Sequence[float]) -> Mapping[str, float]:
    found: Counter[str] = Counter()
    for seconds in took:
        found.update(counters.taken_in(seconds))
    return found


def _newest(tickets: Sequence[_Ticket], stored: Sequence[bool]) -> float:
    return max(one.arrival.received_at for one, is_new in zip(tickets, stored, strict=True) if is_new)


def _is_away(error: Exception) -> bool:
    """Whether it was the database that failed, so that trying one by one would only take longer."""
    return isinstance(error, StoreUnavailable) and not isinstance(error.__cause__, DataError)


def _stored(connection: Connection, arrival: Arrival) -> bool:
    delivery = arrival.delivery
    row = {
        "forge": delivery.forge,
        "delivery_id": storable(delivery.id, MAX_DELIVERY),
        "event": storable(delivery.event, 60),
        "action": storable(delivery.action, 60),
        "repo": storable(delivery.repo, 250),
        "number": delivery.number,
        "received_at": arrival.received_at,
        "headers": json.dumps(dict(arrival.headers)),
        "body": arrival.body,
    }
    # Not the count of rows, which one of the drivers does not tell.
    if connection.execute(_insert(connection.dialect.name), row).first() is None:
        return False
    request = work(delivery)
    if request is not None:
        enqueue(connection, request, arrival.received_at)
    return True


@cache
def _insert(dialect: str) -> Any:
    return INSERTS[dialect](deliveries).on_conflict_do_nothing().returning(deliveries.c.id)


def work(delivery: Delivery) -> Request | None:
    """What a delivery makes us do, if anything."""
    request = _request(delivery)
    return request and replace(request, delivery=delivery.id)


def _request(delivery: Delivery) -> Request | None:
    ref = PullRef(delivery.forge, delivery.repo, delivery.number)
    match delivery.intent:
        case Intent.REVIEW | Intent.CLOSED:
            return review_request(ref, supersede=True, hint=True, author=delivery.sender)
        case Intent.RERUN if delivery.number:
            return review_request(ref, supersede=False, fresh=True)
        case Intent.RERUN if delivery.head_sha:
            key = f"locate {delivery.forge}/{delivery.repo} {delivery.head_sha}"
            return Request(key, LOCATE, ref, {"head_sha": delivery.head_sha}, SOON)
        case Intent.COMMENT if delivery.comment is not None:
            return comment_request(ref, delivery.comment)
        case Intent.GROUP if delivery.group is not None:
            return group_request(ref, delivery.group)
        case _:
            return None
