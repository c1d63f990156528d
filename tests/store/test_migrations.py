"""Migrations lead to the schema that the code is written for, forwards, back and forwards again."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from bot.store.database import upgrade, volatile, writing
from bot.store.intake import LAST
from bot.store.schema import NEWEST, counters, deliveries, metadata
from bot.store.store import Store


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_the_newest_migration_is_the_one_that_the_code_names() -> None:
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST]


def test_migrations_make_the_schema(engine: Engine) -> None:
    assert differences(engine) == []
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["engine"] = engine
    command.downgrade(config, "-1")
    assert differences(engine) != []
    upgrade(engine)
    assert differences(engine) == []


def test_figures_that_were_counted_before_go_on_by_their_new_names(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["engine"] = engine
    command.downgrade(config, "0012")
    came = {"event": "e", "action": "", "repo": "o/n", "number": 1, "headers": "{}", "body": b""}
    with writing(engine) as connection:
        connection.execute(counters.insert(), {"name": "runs_failed_total", "value": 3.0})
        for number, at in ((1, 50.0), (2, 40.0)):
            row = came | {"forge": "github", "delivery_id": f"d{number}", "received_at": at}
            connection.execute(deliveries.insert(), row)
    upgrade(engine)
    found = Store(engine).figures(100.0)
    assert (found["verdicts_failed_total"], found[LAST]) == (3, 50)
    assert "runs_failed_total" not in found


def test_what_may_be_lost_takes_nothing_from_what_may_not(engine: Engine) -> None:
    asked = "PRAGMA synchronous" if engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
    durable, weak = (2, 1) if engine.dialect.name == "sqlite" else ("on", "off")
    for _ in range(3):
        with writing(volatile(engine)) as connection:
            assert connection.exec_driver_sql(asked).scalar() == weak
        with writing(engine) as connection:
            assert connection.exec_driver_sql(asked).scalar() == durable
