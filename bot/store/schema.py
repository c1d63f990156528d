"""The tables, for SQLite and PostgreSQL alike; migrations/ brings an existing database to this state."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

#: SQLite counts a row id up only in a column of exactly this type.
RowId = BigInteger().with_variant(Integer, "sqlite")

#: Every accepted webhook request, secrets removed; written before the 202.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("forge", String(20), nullable=False),
    Column("delivery_id", String(100), nullable=False),
    Column("event", String(60), nullable=False),
    Column("action", String(60), nullable=False),
    Column("repo", String(250), nullable=False),
    Column("number", Integer, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("forge", "delivery_id"),
)

#: One row a thing to do. It is due while `wanted` is ahead of `done`; asking again only moves `wanted`.
jobs = Table(
    "jobs",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("key", String(400), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("forge", String(20), nullable=False),
    Column("repo", String(250), nullable=False),
    Column("number", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("superseded", Integer, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("worker", String(100), nullable=False),
    Column("error", Text, nullable=False),
    Column("parked", Boolean, nullable=False),
)
Index("jobs_due", jobs.c.parked, jobs.c.due_at)

#: Who is alive: a job leased by a worker whose heartbeat is old is free again.
workers = Table(
    "workers",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("heartbeat_at", Float, nullable=False),
)

#: Every run's report, as JSON.
reports = Table(
    "reports",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("forge", String(20), nullable=False),
    Column("repo", String(250), nullable=False),
    Column("number", Integer, nullable=False),
    Column("head_sha", String(64), nullable=False),
    Column("started_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("document", Text, nullable=False),
)
Index("reports_pull", reports.c.forge, reports.c.repo, reports.c.number, reports.c.started_at)

#: What was measured for a pull request: a run that is started again does not download again.
measurements = Table(
    "measurements",
    metadata,
    Column("pull", String(320), primary_key=True),
    Column("url_hash", String(64), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("measured_at", Float, nullable=False),
    Column("document", Text, nullable=False),
)

#: Asset entries of a page by its Git blob, so that a tree is read once and then only where it changed.
pages = Table(
    "pages",
    metadata,
    Column("blob", String(64), primary_key=True),
    Column("document", Text, nullable=False),
)

#: What people decided about a pull request. One that is taken back stays, with the moment at which it was.
decisions = Table(
    "decisions",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("forge", String(20), nullable=False),
    Column("repo", String(250), nullable=False),
    Column("number", Integer, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("document", Text, nullable=False),
)
Index("decisions_pull", decisions.c.forge, decisions.c.repo, decisions.c.number, decisions.c.id)

#: What was done about a pull request and by whom; the database itself refuses to change or delete a row.
audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("forge", String(20), nullable=False),
    Column("repo", String(250), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("action", String(20), nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("head_sha", String(64), nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("detail", Text, nullable=False),
)
Index("audit_pull", audit.c.forge, audit.c.repo, audit.c.number, audit.c.id)
