"""The rows of file hosts: read and locked, written, and forgotten."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from bot.hosts import Holding, Host, Slot
from bot.store.database import PIECE, insert_into, writing
from bot.store.schema import host_slots, hosts


def let_try(engine: Engine, names: Collection[str], now: float) -> None:
    """Lets one download try each of these hosts now: a person says that it is worth it."""
    if names:
        with writing(engine) as connection:
            closed = (hosts.c.host.in_(list(names)[:PIECE]), hosts.c.closed_until > now)
            connection.execute(update(hosts).where(*closed).values(closed_until=now, probe_until=0.0))


def forget(connection: Connection, before: float) -> None:
    """Deletes what is known of hosts that nobody has asked since."""
    connection.execute(delete(hosts).where(hosts.c.next_at < before, hosts.c.closed_until < before))
    connection.execute(delete(host_slots).where(host_slots.c.expires_at < before))


def ended(now: float) -> Any:
    """Whether a slot has run out."""
    return host_slots.c.expires_at <= now


def locked(connection: Connection, host: str) -> Host:
    """What is known of a host, which nobody else can change until this transaction ends."""
    row = {"host": host, "failures": 0, "rests": 0, "closed_until": 0.0, "probe_until": 0.0, "next_at": 0.0}
    insert = insert_into(connection, hosts).values(row)
    # An update that changes nothing takes the row's lock and returns it, in one statement on both databases.
    locking = insert.on_conflict_do_update(index_elements=[hosts.c.host], set_={"host": host})
    found = connection.execute(
        locking.returning(
            hosts.c.failures, hosts.c.rests, hosts.c.closed_until, hosts.c.probe_until, hosts.c.next_at
        )
    ).one()
    return Host(*found)


def save(connection: Connection, host: str, known: Host) -> None:
    """Writes down what is known of a host now."""
    values = {
        "failures": known.failures,
        "rests": known.rests,
        "closed_until": known.closed_until,
        "probe_until": known.probe_until,
        "next_at": known.next_at,
    }
    connection.execute(update(hosts).where(hosts.c.host == host).values(values))


def holdings(connection: Connection, host: str, now: float) -> list[Holding]:
    """Who holds connections to a host, or waits for one."""
    query = select(host_slots.c.run, host_slots.c.connections).where(host_slots.c.host == host, ~ended(now))
    return [Holding(run, connections) for run, connections in connection.execute(query)]


def resize(connection: Connection, slot: Slot, connections: int) -> None:
    """Notes how many connections a slot stands for."""
    connection.execute(update(host_slots).where(host_slots.c.id == slot.id).values(connections=connections))
