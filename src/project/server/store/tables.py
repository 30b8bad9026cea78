"""The tables. GraphQL queries can read exactly these columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

from project.server.store.columns import (
    Identifier,
    Interval,
    Json,
    SerialIdentifier,
    String,
    Timestamp,
)

metadata = MetaData()


def _required(type_: type[TypeEngine[Any]], *names: str) -> list[Column[Any]]:
    return [Column(name, type_, nullable=False) for name in names]


def _optional(type_: type[TypeEngine[Any]], *names: str) -> list[Column[Any]]:
    return [Column(name, type_) for name in names]


def _row() -> list[Column[Any]]:
    return [
        Column("id", Identifier, primary_key=True),
        *_required(Timestamp, "created", "updated"),
    ]


def _serial(table: str) -> Column[str]:
    return Column("id", SerialIdentifier(table), primary_key=True)


def _with_default(type_: type[TypeEngine[Any]], default: str, *names: str) -> list[Column[Any]]:
    return [Column(name, type_, nullable=False, server_default=text(default)) for name in names]


def _parent(table: str, name: str = "", *, nullable: bool = False) -> Column[str]:
    key = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Column(name or f"{table}_id", Identifier, key, nullable=nullable)


def _newest_state() -> list[Column[Any]]:
    """Return the columns that the newest state of a run determines."""
    return [
        *_required(Integer, "version"),
        *_required(String, "state"),
        *_required(Json, "serialized_state"),
        *_required(Timestamp, "state_timestamp"),
        *_optional(String, "state_message"),
        *_optional(Timestamp, "state_start_time", "start_time", "end_time", "heartbeat"),
        *_optional(Interval, "duration"),
        # As in Prefect Server, results are only in the serialized state.
        *_optional(Json, "state_result"),
    ]


def _state_history(name: str, run: str) -> Table:
    return Table(
        name,
        metadata,
        _serial(name),
        _parent(run),
        *_required(Timestamp, "created", "timestamp"),
        *_required(Integer, "version"),
        *_required(String, "state"),
        *_optional(String, "message"),
        *_optional(Timestamp, "start_time"),
        *_required(Json, "serialized_state"),
        *_optional(Json, "result"),
        Index(f"ix_{name}_run", f"{run}_id"),
    )


tenant = Table(
    "tenant",
    metadata,
    *_row(),
    *_required(String, "name"),
    Column("slug", String, nullable=False, unique=True),
    *_with_default(Json, "'{}'", "info", "settings"),
)

project = Table(
    "project",
    metadata,
    *_row(),
    _parent("tenant"),
    *_required(String, "name"),
    *_optional(String, "description"),
    UniqueConstraint("tenant_id", "name"),
)

flow_group = Table(
    "flow_group",
    metadata,
    *_row(),
    _parent("tenant"),
    *_required(String, "name"),
    *_optional(String, "description"),
    *_required(Json, "settings"),
    *_with_default(Json, "'{}'", "default_parameters"),
    *_optional(Json, "labels", "schedule", "run_config"),
    UniqueConstraint("tenant_id", "name"),
)

flow = Table(
    "flow",
    metadata,
    *_row(),
    _parent("tenant"),
    _parent("project"),
    _parent("flow_group"),
    *_required(String, "version_group_id", "name"),
    *_required(Integer, "version"),
    *_required(Boolean, "archived", "is_schedule_active"),
    *_optional(String, "description", "core_version"),
    *_optional(Json, "environment", "run_config", "schedule"),
    *_required(Json, "storage", "parameters", "settings"),
    Column("serialized_flow", Json, nullable=False, info={"large": True}),
    UniqueConstraint("flow_group_id", "version"),
    Index("ix_flow_project", "project_id", "name", "version"),
    Index("ix_flow_name", "name", "version"),
    Index("ix_flow_created", "created"),
)

task = Table(
    "task",
    metadata,
    *_row(),
    _parent("flow"),
    *_required(String, "slug"),
    *_optional(String, "name", "description", "type", "cache_key", "trigger"),
    *_optional(Integer, "max_retries"),
    *_optional(Interval, "retry_delay"),
    *_optional(Json, "tags", "inputs", "outputs"),
    *_required(Boolean, "auto_generated", "mapped"),
    *_with_default(Boolean, "0", "is_root_task", "is_terminal_task", "is_reference_task"),
    UniqueConstraint("flow_id", "slug"),
    Index("ix_task_created", "created"),
    Index("ix_task_name", "name"),
)

edge = Table(
    "edge",
    metadata,
    *_row(),
    _parent("flow"),
    _parent("task", "upstream_task_id"),
    _parent("task", "downstream_task_id"),
    *_optional(String, "key"),
    *_required(Boolean, "mapped"),
    Index("ix_edge_flow", "flow_id"),
    Index("ix_edge_upstream", "upstream_task_id"),
    Index("ix_edge_downstream", "downstream_task_id"),
)

agent = Table(
    "agent",
    metadata,
    *_row(),
    _parent("tenant"),
    *_optional(String, "name", "type", "core_version"),
    *_required(Json, "labels"),
    *_optional(Timestamp, "last_queried"),
    # Not a foreign key: there are no configurations, but agents may be started with the id of one.
    Column("agent_config_id", Identifier, info={"refers_to": "agent_config"}),
    Index("ix_agent_tenant", "tenant_id"),
)

flow_run = Table(
    "flow_run",
    metadata,
    *_row(),
    _parent("tenant"),
    _parent("flow"),
    *_required(String, "name"),
    *_newest_state(),
    *_required(Timestamp, "scheduled_start_time"),
    *_required(Boolean, "auto_scheduled"),
    *_required(Json, "parameters", "context", "labels"),
    *_optional(Json, "run_config"),
    *_optional(String, "idempotency_key"),
    # Not a foreign key: a wrong id in an agent's header must not make a write fail.
    Column("agent_id", Identifier, info={"refers_to": "agent"}),
    *_required(Integer, "times_resurrected"),
    UniqueConstraint("flow_id", "idempotency_key"),
    Index(
        "ix_flow_run_idempotency",
        "idempotency_key",
        sqlite_where=text("idempotency_key IS NOT NULL"),
    ),
    Index("ix_flow_run_flow", "flow_id", "created"),
    Index("ix_flow_run_flow_scheduled", "flow_id", "scheduled_start_time", "state"),
    Index("ix_flow_run_flow_started", "flow_id", "start_time"),
    Index("ix_flow_run_scheduled", "scheduled_start_time"),
    Index("ix_flow_run_created", "created"),
    Index("ix_flow_run_updated", "updated"),
    Index("ix_flow_run_started", "start_time"),
    Index("ix_flow_run_name", "name"),
    Index("ix_flow_run_agent", "agent_id", "created", sqlite_where=text("agent_id IS NOT NULL")),
    Index("ix_flow_run_state", "state", "state_timestamp"),
    Index("ix_flow_run_due", "state_start_time", sqlite_where=text("state_start_time IS NOT NULL")),
)

task_run = Table(
    "task_run",
    metadata,
    *_row(),
    _parent("flow_run"),
    _parent("task"),
    *_optional(String, "name", "cache_key"),
    *_required(Integer, "map_index"),
    *_newest_state(),
    *_with_default(Integer, "0", "run_count"),
    UniqueConstraint("task_id", "flow_run_id", "map_index"),
    Index("ix_task_run_flow_run", "flow_run_id", "map_index"),
    Index("ix_task_run_state", "state", "state_timestamp"),
    Index("ix_task_run_due", "state_start_time", sqlite_where=text("state_start_time IS NOT NULL")),
    Index("ix_task_run_cache_key", "cache_key", sqlite_where=text("cache_key IS NOT NULL")),
)

flow_run_state = _state_history("flow_run_state", "flow_run")
task_run_state = _state_history("task_run_state", "task_run")

task_run_artifact = Table(
    "task_run_artifact",
    metadata,
    *_row(),
    _parent("task_run"),
    *_optional(String, "kind"),
    *_optional(Json, "data"),
    Index("ix_task_run_artifact_run", "task_run_id"),
)

log = Table(
    "log",
    metadata,
    _serial("log"),
    _parent("flow_run"),
    _parent("task_run", nullable=True),
    *_required(Timestamp, "created", "timestamp"),
    *_required(String, "level"),
    *_optional(String, "name", "message"),
    *_optional(Json, "info"),
    Index("ix_log_flow_run", "flow_run_id", "timestamp"),
    Index("ix_log_flow_run_serial", "flow_run_id"),  # SQLite appends the id to every index
    Index("ix_log_task_run", "task_run_id", sqlite_where=text("task_run_id IS NOT NULL")),
)

# Prefect's own UI reads these tables; here they stay empty.

message = Table(
    "message",
    metadata,
    *_row(),
    _parent("tenant"),
    *_optional(String, "type", "text"),
    *_optional(Identifier, "user_id"),
    *_optional(Json, "content"),
    *_required(Boolean, "read"),
)

cloud_hook = Table(
    "cloud_hook",
    metadata,
    *_row(),
    _parent("tenant"),
    *_optional(String, "name", "type", "version_group_id"),
    *_optional(Json, "config", "states"),
    *_required(Boolean, "active"),
)

agent_config = Table(
    "agent_config",
    metadata,
    *_row(),
    _parent("tenant"),
    *_optional(String, "name"),
    *_optional(Json, "settings"),
)

# Not a table: the rows of Prefect Server's function `utility_downstream_tasks`.
traversal = Table(
    "traversal",
    MetaData(),
    Column("task_id", Identifier, nullable=False),
    Column("depth", Integer, nullable=False),
)
