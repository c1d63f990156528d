"""Runs the migrations on the engine that the application opened."""

from __future__ import annotations

from alembic import context

from bot.store.schema import metadata

#: Any number that only this application takes: two processes that start at once migrate one after the other.
MIGRATION_LOCK = 0x68756262

with context.config.attributes["engine"].begin() as connection:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()
