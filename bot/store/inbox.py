"""Stored deliveries for the operator: what came, and the same work asked for once more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select

from bot.model import Delivery
from bot.store.database import reading, writing
from bot.store.intake import work
from bot.store.schema import deliveries
from bot.store.work import enqueue

_HEAD = (
    deliveries.c.id,
    deliveries.c.forge,
    deliveries.c.delivery_id,
    deliveries.c.event,
    deliveries.c.action,
    deliveries.c.repo,
    deliveries.c.number,
    deliveries.c.received_at,
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A delivery as it was kept: secrets removed. `id` is our own number, `received_at` epoch seconds."""

    id: int
    forge: str
    delivery_id: str
    event: str
    action: str
    repo: str
    number: int
    received_at: float


@dataclass(frozen=True, slots=True)
class Whole:
    """A delivery with its kept headers and its redacted body."""

    stored: Stored
    headers: Mapping[str, str]
    body: bytes


def newest(engine: Engine, limit: int, *, repo: str = "", number: int = 0) -> Sequence[Stored]:
    """The last deliveries, newest first; of one repository or pull request where that is given."""
    query = select(*_HEAD).order_by(deliveries.c.id.desc()).limit(limit)
    if repo:
        query = query.where(deliveries.c.repo == repo)
    if number:
        query = query.where(deliveries.c.number == number)
    with reading(engine) as connection:
        return [_stored(row) for row in connection.execute(query)]


def one(engine: Engine, name: str) -> Whole | None:
    """A delivery by our number or by the forge's id of it."""
    known = deliveries.c.delivery_id == name
    if name.isascii() and name.isdigit() and len(name) < 18:
        known = known | (deliveries.c.id == int(name))
    query = select(*_HEAD, deliveries.c.headers, deliveries.c.body).where(known).order_by(deliveries.c.id)
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return Whole(_stored(row), json.loads(row.headers), bytes(row.body)) if row is not None else None


def planned(delivery: Delivery) -> str:
    """The key of what a replay would ask for; empty where there is nothing to do."""
    request = work(delivery)
    return request.key if request else ""


def replay(engine: Engine, delivery: Delivery, now: float) -> str:
    """Asks for the delivery's work once more and returns its key; empty where there is nothing to do.

    Asking twice before a worker comes by is asking once.
    """
    request = work(delivery)
    if request is None:
        return ""
    with writing(engine) as connection:
        enqueue(connection, request, now)
    return request.key


def _stored(row: Any) -> Stored:
    return Stored(*(getattr(row, column.name) for column in _HEAD))
