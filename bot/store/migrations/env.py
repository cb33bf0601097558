"""Alembic's door: migrates over the connection that bot.store.engine gives, or makes one from the settings."""

from __future__ import annotations

from alembic import context
from sqlalchemy.engine import Connection

from bot.store.tables import metadata


def run(connection: Connection) -> None:
    """Migrate. SQLite cannot alter much of a table in place: Alembic's batch mode rewrites it."""
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    from bot.settings import read_settings
    from bot.store.engine import connect

    with connect(read_settings().database_url).begin() as made:
        run(made)
