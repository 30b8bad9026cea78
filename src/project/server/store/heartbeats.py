"""Signs of life of the processes that execute flow runs."""

from __future__ import annotations

from sqlalchemy import BindParameter, ColumnElement, func, select

from project.server.store.tables import flow_run, task_run


def no_heartbeat_since(moment: str | BindParameter[str]) -> ColumnElement[bool]:
    """Return the condition that a flow run has had no heartbeat, itself or its task runs."""
    task_heartbeat = select(task_run.c.id).where(
        task_run.c.flow_run_id == flow_run.c.id, task_run.c.heartbeat > moment
    )
    silent = func.coalesce(flow_run.c.heartbeat, flow_run.c.state_timestamp) <= moment
    return silent & ~task_heartbeat.correlate(flow_run).exists()
