"""The numbered versions of the database schema."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, text

from project.server.errors import DatabaseTooNewError
from project.server.store.tables import metadata
from project.server.store.timestamps import now

# The statements that lead from version 1 to 2, from 2 to 3, and so on. `tables` declares the
# result, with which a new database starts. Early releases stored NaN and Infinity, and SQLite reads
# no JSON with those: hence `json_valid`.
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
    (
        "ALTER TABLE tenant ADD COLUMN info TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE tenant ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE agent ADD COLUMN agent_config_id TEXT",
        "ALTER TABLE flow_group ADD COLUMN description TEXT",
        "UPDATE flow_group SET default_parameters = '{}' WHERE default_parameters IS NULL",
        "ALTER TABLE task ADD COLUMN is_root_task BOOLEAN NOT NULL DEFAULT 0",
        "ALTER TABLE task ADD COLUMN is_terminal_task BOOLEAN NOT NULL DEFAULT 0",
        "ALTER TABLE task ADD COLUMN is_reference_task BOOLEAN NOT NULL DEFAULT 0",
        "UPDATE task SET trigger = CASE json_type(trigger) WHEN 'object'"
        " THEN json_extract(trigger, '$.fn') ELSE json_extract(trigger, '$') END"
        " WHERE json_valid(trigger)",
        "UPDATE task SET is_root_task = id NOT IN (SELECT downstream_task_id FROM edge),"
        " is_terminal_task = id NOT IN (SELECT upstream_task_id FROM edge)",
        "UPDATE task SET is_reference_task = is_terminal_task WHERE flow_id IN (SELECT id FROM flow"
        " WHERE coalesce(json_array_length(CASE WHEN json_valid(serialized_flow)"
        " THEN serialized_flow END, '$.reference_tasks'), 0) = 0)",
        "UPDATE task SET is_reference_task = 1 WHERE (flow_id, slug) IN"
        " (SELECT flow.id, json_extract(value, '$.slug')"
        " FROM flow, json_each(CASE WHEN json_valid(serialized_flow)"
        " THEN serialized_flow END, '$.reference_tasks'))",
        "ALTER TABLE flow_run ADD COLUMN duration FLOAT",
        "ALTER TABLE flow_run ADD COLUMN state_result TEXT",
        "UPDATE flow_run SET"
        " duration = round((julianday(end_time) - julianday(start_time)) * 86400, 3)",
        "ALTER TABLE flow_run_state ADD COLUMN result TEXT",
        "ALTER TABLE task_run ADD COLUMN duration FLOAT",
        "ALTER TABLE task_run ADD COLUMN state_result TEXT",
        "ALTER TABLE task_run ADD COLUMN run_count INTEGER NOT NULL DEFAULT 0",
        "UPDATE task_run SET"
        " duration = round((julianday(end_time) - julianday(start_time)) * 86400, 3),"
        " run_count = (SELECT count(*) FROM task_run_state"
        " WHERE task_run_id = task_run.id AND state = 'Running')",
        "ALTER TABLE task_run_state ADD COLUMN result TEXT",
        "CREATE TABLE message (id TEXT NOT NULL PRIMARY KEY, created TEXT NOT NULL,"
        " updated TEXT NOT NULL,"
        " tenant_id TEXT NOT NULL REFERENCES tenant (id) ON DELETE CASCADE, type TEXT, text TEXT,"
        " user_id TEXT, content TEXT, read BOOLEAN NOT NULL)",
        "CREATE TABLE cloud_hook (id TEXT NOT NULL PRIMARY KEY, created TEXT NOT NULL,"
        " updated TEXT NOT NULL,"
        " tenant_id TEXT NOT NULL REFERENCES tenant (id) ON DELETE CASCADE, name TEXT, type TEXT,"
        " version_group_id TEXT, config TEXT, states TEXT, active BOOLEAN NOT NULL)",
        "CREATE TABLE agent_config (id TEXT NOT NULL PRIMARY KEY, created TEXT NOT NULL,"
        " updated TEXT NOT NULL,"
        " tenant_id TEXT NOT NULL REFERENCES tenant (id) ON DELETE CASCADE, name TEXT,"
        " settings TEXT)",
    ),
    ("CREATE INDEX ix_flow_run_scheduled ON flow_run (scheduled_start_time)",),
    (
        "CREATE INDEX ix_flow_run_idempotency ON flow_run (idempotency_key)"
        " WHERE idempotency_key IS NOT NULL",
    ),
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
        _log.info("The database now has schema version %s.", number)


def _record(connection: Connection, version: int) -> None:
    record = text("INSERT INTO schema_migration (version, applied) VALUES (:version, :applied)")
    connection.execute(record, {"version": version, "applied": now()})
