"""Figures that only grow, kept in the database: all processes add to them, and a restart loses none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, case, select

from bot.store.database import insert_into
from bot.store.schema import counters

#: Upper ends, in seconds, of the classes that the time to take a delivery in is counted by.
INGEST_CLASSES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
INGEST = "ingest_seconds"


def add(connection: Connection, amounts: Mapping[str, float]) -> None:
    """Adds to counters within the caller's transaction, in one order, so that none waits in a circle."""
    rows: list[dict[str, Any]] = [
        {"name": name, "value": amount} for name, amount in sorted(amounts.items()) if amount
    ]
    if not rows:
        return
    insert = insert_into(connection, counters).values(rows)
    more = {"value": counters.c.value + insert.excluded.value}
    connection.execute(insert.on_conflict_do_update(index_elements=[counters.c.name], set_=more))


def advance(connection: Connection, name: str, value: float) -> None:
    """Brings a counter up to `value` within the caller's transaction, and never back."""
    insert = insert_into(connection, counters).values(name=name, value=value)
    new = insert.excluded.value
    newest = {"value": case((new > counters.c.value, new), else_=counters.c.value)}
    connection.execute(insert.on_conflict_do_update(index_elements=[counters.c.name], set_=newest))


def read(connection: Connection) -> Mapping[str, float]:
    """Every counter that was ever added to."""
    return {row.name: row.value for row in connection.execute(select(counters))}


def taken_in(seconds: float) -> Mapping[str, float]:
    """What the storing of one delivery adds, having taken so long: classes as Prometheus counts them."""
    classes = {f"{INGEST}_le_{end:g}": 1.0 for end in INGEST_CLASSES if seconds <= end}
    return {**classes, f"{INGEST}_count": 1.0, f"{INGEST}_sum": seconds}
