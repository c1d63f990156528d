"""The tables, for SQLite and PostgreSQL alike; migrations/ brings an existing database to this state."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
)

metadata = MetaData()

#: The revision of the newest migration, and where a database says which it has; Alembic's own table.
NEWEST = "0013"
version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))

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
    # Who is thought to have caused it: a hint of a delivery, for sharing workers out and for nothing else.
    Column("author", String(100), nullable=False, server_default=""),
    # The delivery that last asked for it, for the log.
    Column("delivery", String(100), nullable=False, server_default=""),
)


def is_open(among: FromClause = jobs) -> ColumnElement[bool]:
    """Whether a job is still to be done, in the words that the indexes of such jobs are made with.

    They are a small part of all, and looked for several times a second: a query that says it otherwise reads
    everything that was ever done.
    """
    return and_(among.c.wanted > among.c.done, among.c.parked.is_(False))


_OPEN, _RUNNING = is_open(), jobs.c.worker != ""
for _name, _columns, _where in (
    ("jobs_open", (jobs.c.due_at,), _OPEN),
    ("jobs_turns", (jobs.c.forge, jobs.c.repo, jobs.c.number, jobs.c.kind, jobs.c.id), _OPEN),
    ("jobs_running", (jobs.c.worker,), _RUNNING),
):
    Index(_name, *_columns, sqlite_where=_where, postgresql_where=_where)

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

#: Small things to remember across restarts, by what they are about: cursors, ids of our own comments.
notes = Table(
    "notes",
    metadata,
    Column("key", String(400), primary_key=True),
    Column("value", Text, nullable=False),
    Column("noted_at", Float, nullable=False),
)

#: Asset entries of a page by its Git blob, so that a tree is read once and then only where it changed.
pages = Table(
    "pages",
    metadata,
    Column("blob", String(64), primary_key=True),
    Column("document", Text, nullable=False),
)

#: What all workers know of a file server: its breaker, and when its next request is due at an even rate.
hosts = Table(
    "hosts",
    metadata,
    Column("host", String(260), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("rests", Integer, nullable=False),
    Column("closed_until", Float, nullable=False),
    Column("probe_until", Float, nullable=False),
    Column("next_at", Float, nullable=False),
)

#: Who holds connections to a file server, or waits for one (0 connections), until when without a renewal.
host_slots = Table(
    "host_slots",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("host", String(260), nullable=False),
    Column("run", String(40), nullable=False),
    Column("process", String(100), nullable=False),
    Column("connections", Integer, nullable=False),
    Column("expires_at", Float, nullable=False),
)
Index("host_slots_host", host_slots.c.host)

#: Files that were found to be as declared, for other pull requests: used only where the host confirms them.
verified = Table(
    "verified",
    metadata,
    Column("url_hash", String(64), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("measured_at", Float, nullable=False),
    Column("pull", String(320), nullable=False),
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

#: Every published page of a hub, with the worst state of its files.
audit_pages = Table(
    "audit_pages",
    metadata,
    Column("hub", String(280), primary_key=True),
    Column("path", String(500), primary_key=True),
    Column("publisher", String(200), nullable=False),
    Column("version", String(200), nullable=False),
    Column("name", String(500), nullable=False),
    Column("state", String(20), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("checked_at", Float, nullable=False),
)
Index("audit_pages_rank", audit_pages.c.hub, audit_pages.c.rank)

#: The asset entries of those pages, as declared.
audit_links = Table(
    "audit_links",
    metadata,
    Column("hub", String(280), primary_key=True),
    Column("path", String(500), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("url_hash", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("file_format", Text, nullable=False),
)
Index("audit_links_url", audit_links.c.url_hash)

#: What all looks at one address have shown, whichever hubs name it.
audit_files = Table(
    "audit_files",
    metadata,
    Column("url_hash", String(64), primary_key=True),
    Column("checked_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("document", Text, nullable=False),
)

#: One walk over all files of a hub; `counts` are its pages by state at the end, for the trend.
audit_rounds = Table(
    "audit_rounds",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("hub", String(280), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("commit", String(64), nullable=False),
    Column("started_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("counts", Text, nullable=False),
)
Index("audit_rounds_hub", audit_rounds.c.hub, audit_rounds.c.started_at)

#: Files that changed or went away, open until they are mended.
audit_incidents = Table(
    "audit_incidents",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("hub", String(280), nullable=False),
    Column("url_hash", String(64), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("opened_at", Float, nullable=False),
    Column("closed_at", Float),
    Column("document", Text, nullable=False),
)
Index("audit_incidents_hub", audit_incidents.c.hub, audit_incidents.c.opened_at)

#: Figures that only grow, for the metrics.
counters = Table(
    "counters",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("value", Float, nullable=False),
)

#: What each forge last told of the requests that a credential may still make.
allowances = Table(
    "allowances",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("most", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("reset_at", Float, nullable=False),
    Column("told_at", Float, nullable=False),
)

#: The bucket of writes that all processes of a credential take from.
paces = Table(
    "paces",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("held", Float, nullable=False),
    Column("at", Float, nullable=False),
)

#: What workers ask of downloaders, all addresses of a run at once; wanted until then without a renewal.
orders = Table(
    "orders",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("errand", String(20), nullable=False),
    Column("document", Text, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("wanted_until", Float, nullable=False),
    Column("asked", Integer, nullable=False),
    # The columns below are the downloader's; its role in PostgreSQL may write no other.
    Column("answered", Integer, nullable=False),
    Column("downloader", String(100), nullable=False),
    Column("token", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
)
Index("orders_asked", orders.c.asked_at)

#: What downloaders found out, numbered within its order as it came.
outcomes = Table(
    "outcomes",
    metadata,
    Column("order_id", String(40), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("document", Text, nullable=False),
)

#: Which downloaders are alive: an order in the hands of one whose heartbeat is old is free again.
downloaders = Table(
    "downloaders",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("heartbeat_at", Float, nullable=False),
)
