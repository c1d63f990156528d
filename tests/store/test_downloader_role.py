"""The downloader's role in a real PostgreSQL: its job can be done with it, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from bot.downloads import Limits
from bot.hosts import Slot
from bot.orders import Errand, Outcome
from bot.store.database import is_current, open_database, upgrade
from bot.store.hosts import SharedHosts
from bot.store.orders import PlacedOrders
from bot.store.schema import metadata
from bot.store.tasks import OpenOrders
from rules.facts import RemoteFile, RemoteState
from tests.store.postgres import empty

ROOT = Path(__file__).parents[2]
ROLE = "hubbot_downloader"
#: What its job needs, by table; any other right on any table is one too many.
RIGHTS = {
    "alembic_version": {"SELECT"},
    "orders": {"SELECT"},
    "outcomes": {"SELECT", "INSERT"},
    "downloaders": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "hosts": {"SELECT", "INSERT", "UPDATE"},
    "host_slots": {"SELECT", "INSERT", "UPDATE", "DELETE"},
}
#: Columns of an order that it may write.
WRITES = {"answered", "downloader", "token", "attempts"}

pytestmark = pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")


def grant(url: str) -> None:
    script = ("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={ROOT / 'deploy/downloader.sql'}", url)
    given = {"PATH": os.environ["PATH"], "DOWNLOADER_PASSWORD": "it's a secret"}
    done = subprocess.run(script, env=given, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def owner(postgresql_url: str) -> Iterator[Engine]:
    opened = open_database(postgresql_url)
    upgrade(opened)
    grant(postgresql_url)
    grant(postgresql_url)
    yield opened
    empty(opened)
    with opened.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {ROLE}"))
        connection.execute(text(f"DROP ROLE {ROLE}"))
    opened.dispose()


@pytest.fixture
def engine(owner: Engine, postgresql_url: str) -> Iterator[Engine]:
    """The database as the downloader sees it."""
    url = make_url(postgresql_url).set(username=ROLE).render_as_string(hide_password=False)
    opened = open_database(url)
    yield opened
    opened.dispose()


def test_the_job_can_be_done(owner: Engine, engine: Engine) -> None:
    assert is_current(engine)
    tasks, now = OpenOrders(engine), time.time()
    tasks.beat("d", now)
    with closing(PlacedOrders(owner)) as worker, closing(SharedHosts(engine, Limits().courtesy)) as hosts:
        order = worker.ask(Errand.MEASURE, "x", 2)
        assert tasks.due(tuple(Errand), now)
        task = tasks.take("d", tuple(Errand), now)
        assert task is not None
        slot = hosts.take("h.example", "run")
        assert isinstance(slot, Slot)
        hosts.spares(slot)
        hosts.request("h.example", 1)
        hosts.free(slot, RemoteFile("u", RemoteState.MEASURED))
        assert tasks.record("d", task, Outcome(0, "a"))
        assert tasks.standing("d", now)
        tasks.give_back("d", task, unharmed=True)
        tasks.leave("d")
        assert tasks.figures(now)["orders_waiting"] == 1
        seen = worker.look(order, 0)
    assert seen is not None
    assert seen.outcomes == (Outcome(0, "a"),)


def test_it_has_no_other_right(owner: Engine) -> None:
    held: dict[str, set[str]] = {}
    tables = [*(table.name for table in metadata.sorted_tables), "alembic_version"]
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    with owner.connect() as connection:
        for table in tables:
            for kind in kinds:
                if connection.execute(
                    text(f"SELECT has_table_privilege('{ROLE}', '{table}', '{kind}')")
                ).scalar():
                    held.setdefault(table, set()).add(kind)
        columns = metadata.tables["orders"].columns.keys()
        writes = {
            name
            for name in columns
            if connection.execute(
                text(f"SELECT has_column_privilege('{ROLE}', 'orders', '{name}', 'UPDATE')")
            ).scalar()
        }
        creates = connection.execute(
            text(f"SELECT has_schema_privilege('{ROLE}', 'public', 'CREATE')")
        ).scalar()
        powers = connection.execute(
            text(
                "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
                f" WHERE rolname = '{ROLE}'"
            )
        ).one()
    assert held == RIGHTS
    assert writes == WRITES
    assert creates is False
    assert tuple(powers) == (False,) * 5


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM decisions",
        "SELECT * FROM audit",
        "SELECT * FROM jobs",
        "SELECT * FROM deliveries",
        "SELECT * FROM reports",
        "INSERT INTO jobs (key) VALUES ('review github/owner/hub/1')",
        "INSERT INTO orders (id) VALUES ('x')",
        "UPDATE orders SET document = 'other'",
        "UPDATE orders SET wanted_until = 1e18",
        "DELETE FROM orders",
        "UPDATE outcomes SET document = 'other'",
        "DELETE FROM outcomes",
        "UPDATE verified SET sha256 = ''",
        "INSERT INTO decisions (key) VALUES ('x')",
        "CREATE TABLE mine (x int)",
        "CREATE TEMPORARY TABLE orders AS SELECT * FROM decisions",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "SET ROLE hubbot",
        "ALTER ROLE hubbot_downloader SUPERUSER",
    ],
)
def test_what_a_taken_over_downloader_tries(engine: Engine, statement: str) -> None:
    with engine.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be"):
        connection.execute(text(statement))


def test_the_password_is_what_was_said(owner: Engine) -> None:
    with owner.connect() as connection:
        kept = connection.execute(
            text(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{ROLE}'")
        ).scalar()
    assert str(kept).startswith("SCRAM-SHA-256$")
