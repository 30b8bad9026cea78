"""The numbered versions of the database schema."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, text

from project.server.errors import DatabaseTooNewError
from project.server.store.tables import metadata
from project.server.store.timestamps import now

# The statements that lead from version 1 to 2, from 2 to 3, and so on. `tables` declares the
# result, with which a new database starts.
STEPS: tuple[tuple[str, ...], ...] = (
    (
        "ALTER TABLE task ADD COLUMN inputs TEXT",
        "ALTER TABLE task ADD COLUMN outputs TEXT",
        "CREATE INDEX ix_flow_run_agent ON flow_run (agent_id, created) WHERE agent_id IS NOT NULL",
        "CREATE INDEX ix_log_flow_run_serial ON log (flow_run_id)",
    ),
    (
        "CREATE INDEX ix_flow_run_flow_scheduled"
        " ON flow_run (flow_id, scheduled_start_time, state)",
        "CREATE INDEX ix_flow_run_flow_started ON flow_run (flow_id, start_time)",
        "CREATE INDEX ix_flow_run_updated ON flow_run (updated)",
    ),
    ("CREATE INDEX ix_flow_run_scheduled ON flow_run (scheduled_start_time)",),
)

_NEWEST = 1 + len(STEPS)
_RECORDS = "CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER PRIMARY KEY, applied TEXT)"

_log = logging.getLogger(__name__)


def migrate(connection: Connection, database: Path) -> None:
    """Bring the schema to the newest version, within the caller's transaction.

    Raises DatabaseTooNewError if a newer release has migrated the database.
    """
    connection.execute(text(_RECORDS))
    version = connection.scalar(text("SELECT max(version) FROM schema_migration"))
    if version is None:
        metadata.create_all(connection)
        _record(connection, _NEWEST)
        return
    if version > _NEWEST:
        raise DatabaseTooNewError(database, version, _NEWEST)
    for number, statements in enumerate(STEPS[version - 1 :], start=version + 1):
        for statement in statements:
            connection.exec_driver_sql(statement)
        _record(connection, number)


def _record(connection: Connection, version: int) -> None:
    record = text("INSERT INTO schema_migration (version, applied) VALUES (:version, :applied)")
    connection.execute(record, {"version": version, "applied": now()})
    _log.info("The database has schema version %s.", version)
