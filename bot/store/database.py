"""Opens the database: SQLite with its durability set, or PostgreSQL; and brings its schema up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import QueuePool

from bot.errors import UserError
from bot.logs import redact, spellings
from bot.store.schema import NEWEST, version

#: INSERT with ON CONFLICT, which both databases have and spell alike.
INSERTS: Mapping[str, Callable[[Any], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: Seconds that a writer waits for SQLite's one write lock before the store counts as unavailable.
SQLITE_WAIT = 10
POOL = 16
#: Bound variables that one statement may carry on SQLite; lists are asked for in pieces of this length.
PIECE = 500
_VOLATILE = "hubbot_volatile"
#: Parameters of an address that say where the database is; any other may hold a secret.
_SHOWN = ("host", "hostaddr", "port", "dbname", "user")


class StoreUnavailable(Exception):
    """The database cannot take a write now: nothing was accepted, ask again later."""


def open_database(url: str) -> Engine:
    """An engine for `url`. SQLite: WAL, an fsync at every commit, writes locked from their start."""
    try:
        target = make_url(url)
    except (ArgumentError, ValueError):
        # The address is not repeated: it may hold a password.
        raise UserError("DATABASE_URL is not the address of a database.") from None
    if target.get_backend_name() == "sqlite":
        return _sqlite(url, target.database)
    if "@" in (target.host or ""):
        # What stands there is the rest of a password, and would be shown as a host's name.
        raise UserError("DATABASE_URL has more than one @; write one in a password as %40.")
    engine = create_engine(
        target.set(drivername="postgresql+psycopg"), pool_size=POOL, pool_pre_ping=True, pool_timeout=10
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_VOLATILE):
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")

    return engine


def volatile(engine: Engine) -> Engine:
    """The same database for what may be lost at a power cut: its commits do not wait for the disk."""
    return engine.execution_options(**{_VOLATILE: True})


def _sqlite(url: str, path: str | None) -> Engine:
    if not path or path == ":memory:":
        raise UserError("DATABASE_URL must name a file: receiver and worker are two processes.")
    folder = Path(path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"DATABASE_URL: the folder {folder} cannot be made ({error.strerror}).") from error
    engine = create_engine(
        url,
        connect_args={"timeout": SQLITE_WAIT, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=POOL,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # Transactions are begun by us (below), never by the driver at some later statement.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        # Each time: the connection comes from a pool, and the one before may have wanted the other.
        durability = "NORMAL" if options.get(_VOLATILE) else "FULL"
        connection.exec_driver_sql(f"PRAGMA synchronous={durability}")
        connection.exec_driver_sql("BEGIN" if options.get("hubbot_reads") else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One durable transaction. Raises `StoreUnavailable` where the database is locked, full or away."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise StoreUnavailable(type(error.orig).__name__) from error
    except PoolExhausted as error:
        raise StoreUnavailable("no connection was free") from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent view that takes no write lock."""
    try:
        with engine.connect() as connection:
            yield connection.execution_options(hubbot_reads=True)
    except DBAPIError as error:
        raise StoreUnavailable(type(error.orig).__name__) from error
    except PoolExhausted as error:
        raise StoreUnavailable("no connection was free") from error


def clock(engine: Engine) -> float | None:
    """The database's own time in seconds since the epoch; None where it has no other clock than ours.

    Raises `StoreUnavailable`.
    """
    if engine.dialect.name == "sqlite":
        return None
    with reading(engine) as connection:
        return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())


def storable(text: str, longest: int) -> str:
    """At most `longest` characters of a text that others chose, without what no database takes."""
    return (
        text[:longest].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
    )


def shown(engine: Engine) -> str:
    """The database's address without anything that may be secret: of its parameters only where it is."""
    url = engine.url
    query = {name: value if name in _SHOWN else "hidden" for name, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def existing_database(url: str) -> Engine:
    """An engine for a database that is there and of this release; makes and changes none.

    Raises `UserError` where there is none, or one of another release.
    """
    path = sqlite_file(url)
    if path is not None and not path.exists():
        raise UserError(f"There is no database at {path}; start hubbot here first, or correct DATABASE_URL.")
    engine = open_database(url)
    if not _answers(engine):
        where = shown(engine)
        engine.dispose()
        raise UserError(
            f"The database {where} is not of this release; `hubbot db upgrade` brings it up to date."
        )
    return engine


def require_database(url: str) -> None:
    """Raises `UserError` where a server does not answer, or the folder of a file cannot be made."""
    engine = open_database(url)
    if sqlite_file(url) is None:
        _answers(engine)
    engine.dispose()


def _answers(engine: Engine) -> bool:
    """Whether the schema is current; a database that cannot be asked is a matter of settings."""
    try:
        return is_current(engine)
    except StoreUnavailable as trouble:
        engine.dispose()
        raise UserError(f"The database {shown(engine)} cannot be used ({trouble}).") from None


def sqlite_file(url: str) -> Path | None:
    """Which file an address means; None where it means a server, or nothing."""
    try:
        target = make_url(url)
    except (ArgumentError, ValueError):
        return None
    return Path(target.database) if target.get_backend_name() == "sqlite" and target.database else None


def upgrade(engine: Engine) -> None:
    """Applies every migration that the database lacks. Raises `UserError` when it cannot be opened."""
    # Only here: a process that migrates nothing, as a downloader, does without what migrating takes.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["engine"] = engine
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        secret = {engine.url.password, *(v for k, v in engine.url.query.items() if k not in _SHOWN)}
        reason = redact(str(error.orig), spellings(one for one in secret if isinstance(one, str)))
        raise UserError(f"The database {shown(engine)} cannot be used: {reason}".rstrip()) from error


def is_current(engine: Engine) -> bool:
    """Whether the schema is the one that this code was written for."""
    with reading(engine) as connection:
        if not inspect(connection).has_table(version.name):
            return False
        return connection.execute(select(version.c.version_num)).scalars().all() == [NEWEST]


def insert_into(connection: Connection, table: Any) -> Any:
    """An insert that may say what to do where there is such a row already."""
    return INSERTS[connection.dialect.name](table)
