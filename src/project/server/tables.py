"""The tables, one by one. What a query can read is exactly these columns."""

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

from project.server.columns import Identifier, Instant, Json, String

metadata = MetaData()


def _id() -> Column[str]:
    return Column("id", Identifier, primary_key=True)


def _serial() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _parent(table: str, *, nullable: bool = False) -> Column[str]:
    key = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Column(f"{table}_id", Identifier, key, nullable=nullable)


def _required(name: str, type_: type[TypeEngine[Any]]) -> Column[Any]:
    return Column(name, type_, nullable=False)


def _times() -> tuple[Column[str], Column[str]]:
    return Column("created", Instant, nullable=False), Column("updated", Instant, nullable=False)


def _state() -> tuple[Column[Any], ...]:
    """Return the columns that follow from the newest state of a run."""
    return (
        _required("version", Integer),
        _required("state", String),
        _required("serialized_state", Json),
        _required("state_timestamp", Instant),
        Column("state_message", String),
        Column("state_start_time", Instant),
        Column("start_time", Instant),
        Column("end_time", Instant),
        Column("heartbeat", Instant),
    )


def _state_history(name: str, run: str) -> Table:
    return Table(
        name,
        metadata,
        _serial(),
        _parent(run),
        _required("created", Instant),
        _required("timestamp", Instant),
        _required("version", Integer),
        _required("state", String),
        Column("message", String),
        Column("start_time", Instant),
        _required("serialized_state", Json),
        Index(f"ix_{name}_run", f"{run}_id"),
    )


tenant = Table(
    "tenant",
    metadata,
    _id(),
    *_times(),
    _required("name", String),
    Column("slug", String, nullable=False, unique=True),
)

project = Table(
    "project",
    metadata,
    _id(),
    *_times(),
    _parent("tenant"),
    _required("name", String),
    Column("description", String),
    UniqueConstraint("tenant_id", "name"),
)

flow_group = Table(
    "flow_group",
    metadata,
    _id(),
    *_times(),
    _parent("tenant"),
    _required("name", String),
    _required("settings", Json),
    Column("labels", Json),
    Column("default_parameters", Json),
    Column("schedule", Json),
    Column("run_config", Json),
    UniqueConstraint("tenant_id", "name"),
)

flow = Table(
    "flow",
    metadata,
    _id(),
    *_times(),
    _parent("tenant"),
    _parent("project"),
    _parent("flow_group"),
    _required("version_group_id", String),
    _required("name", String),
    _required("version", Integer),
    _required("archived", Boolean),
    Column("description", String),
    Column("environment", Json),
    Column("run_config", Json),
    _required("storage", Json),
    _required("parameters", Json),
    _required("settings", Json),
    Column("schedule", Json),
    _required("is_schedule_active", Boolean),
    Column("core_version", String),
    Column("serialized_flow", Json, nullable=False, info={"large": True}),
    UniqueConstraint("flow_group_id", "version"),
    Index("ix_flow_project", "project_id", "name", "version"),
    Index("ix_flow_name", "name", "version"),
    Index("ix_flow_created", "created"),
)

task = Table(
    "task",
    metadata,
    _id(),
    *_times(),
    _parent("flow"),
    _required("slug", String),
    Column("name", String),
    Column("description", String),
    Column("type", String),
    Column("max_retries", Integer),
    Column("retry_delay", Integer),
    Column("cache_key", String),
    Column("trigger", Json),
    Column("tags", Json),
    Column("inputs", Json),
    Column("outputs", Json),
    _required("auto_generated", Boolean),
    _required("mapped", Boolean),
    UniqueConstraint("flow_id", "slug"),
    Index("ix_task_created", "created"),
    Index("ix_task_name", "name"),
)

edge = Table(
    "edge",
    metadata,
    _id(),
    *_times(),
    _parent("flow"),
    Column(
        "upstream_task_id", Identifier, ForeignKey("task.id", ondelete="CASCADE"), nullable=False
    ),
    Column(
        "downstream_task_id", Identifier, ForeignKey("task.id", ondelete="CASCADE"), nullable=False
    ),
    Column("key", String),
    _required("mapped", Boolean),
    Index("ix_edge_flow", "flow_id"),
    Index("ix_edge_upstream", "upstream_task_id"),
    Index("ix_edge_downstream", "downstream_task_id"),
)

agent = Table(
    "agent",
    metadata,
    _id(),
    *_times(),
    _parent("tenant"),
    Column("name", String),
    Column("type", String),
    Column("core_version", String),
    _required("labels", Json),
    Column("last_queried", Instant),
    Index("ix_agent_tenant", "tenant_id"),
)

flow_run = Table(
    "flow_run",
    metadata,
    _id(),
    *_times(),
    _parent("tenant"),
    _parent("flow"),
    _required("name", String),
    *_state(),
    _required("scheduled_start_time", Instant),
    _required("auto_scheduled", Boolean),
    _required("parameters", Json),
    _required("context", Json),
    _required("labels", Json),
    Column("run_config", Json),
    Column("idempotency_key", String),
    # No foreign key: what an agent says of itself must not make a write fail.
    Column("agent_id", Identifier, info={"refers_to": "agent"}),
    _required("times_resurrected", Integer),
    UniqueConstraint("flow_id", "idempotency_key"),
    Index("ix_flow_run_flow", "flow_id", "created"),
    Index("ix_flow_run_flow_scheduled", "flow_id", "scheduled_start_time", "state"),
    Index("ix_flow_run_flow_started", "flow_id", "start_time"),
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
    _id(),
    *_times(),
    _parent("flow_run"),
    _parent("task"),
    Column("name", String),
    _required("map_index", Integer),
    *_state(),
    Column("cache_key", String),
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
    _id(),
    *_times(),
    _parent("task_run"),
    Column("kind", String),
    Column("data", Json),
    Index("ix_task_run_artifact_run", "task_run_id"),
)

log = Table(
    "log",
    metadata,
    _serial(),
    _required("created", Instant),
    _parent("flow_run"),
    _parent("task_run", nullable=True),
    _required("timestamp", Instant),
    Column("name", String),
    _required("level", String),
    Column("message", String),
    Column("info", Json),
    Index("ix_log_flow_run", "flow_run_id", "timestamp"),
    Index("ix_log_flow_run_serial", "flow_run_id"),  # SQLite adds the id to an index's columns
    Index("ix_log_task_run", "task_run_id", sqlite_where=text("task_run_id IS NOT NULL")),
)
