"""Agents, and the queue from which they take flow runs."""

from __future__ import annotations

import json
from typing import Any, List, NamedTuple, Optional

from sqlalchemy import ColumnElement, Select, Text, bindparam, exists, func, select, update

from project.server.mutations.declarations import DateTime, MutationContext, Uuid
from project.server.mutations.projects import tenant_of
from project.server.store.columns import Identifier, Timestamp
from project.server.store.heartbeats import no_heartbeat_since
from project.server.store.rows import delete_row, insert_row, is_in, update_row
from project.server.store.states import QUEUEABLE
from project.server.store.tables import agent, flow_run, task_run
from project.server.store.timestamps import now, seconds_ago

_QUEUE_LENGTH = 25


class RunsInQueuePayload(NamedTuple):
    """The ids of flow runs."""

    flow_run_ids: List[Uuid]


def register_agent(
    context: MutationContext,
    type: str,
    name: Optional[str] = None,
    labels: Optional[List[str]] = None,
    tenant_id: Optional[Uuid] = None,
    agent_config_id: Optional[Uuid] = None,
) -> Uuid:
    """Return the id of an agent; an agent that starts again keeps its id."""
    values = {
        "tenant_id": tenant_of(context.connection, tenant_id),
        "name": name,
        "type": type,
        "core_version": context.core_version,
        "labels": sorted(labels or []),
    }
    # An agent registers each time that it starts: without this, there would be a row for each.
    same = (agent.c[column].is_not_distinct_from(value) for column, value in values.items())
    existing = context.connection.scalar(select(agent.c.id).where(*same))
    if existing is None:
        row = {**values, "agent_config_id": agent_config_id}
        return insert_row(context.connection, agent, **row)
    update_row(context.connection, agent, existing, agent_config_id=agent_config_id)
    return str(existing)


def delete_agent(context: MutationContext, agent_id: Uuid) -> bool:
    """Delete an agent; one that is alive registers again when it starts again."""
    return delete_row(context.connection, agent, agent_id)


def get_runs_in_queue(
    context: MutationContext,
    tenant_id: Optional[Uuid] = None,
    before: Optional[DateTime] = None,
    labels: Optional[List[str]] = None,
) -> RunsInQueuePayload:
    """Return the due runs that an agent with these labels may take, the most overdue first.

    Without a tenant, they are those of all tenants.
    """
    if context.agent_id:
        seen = update(agent).where(agent.c.id == context.agent_id).values(last_queried=now())
        context.connection.execute(seen)
    parameters = {
        "tenant": tenant_id,
        "before": before or now(),
        "labels": json.dumps(labels or []),
        "since": seconds_ago(context.heartbeat_timeout_seconds),
    }
    return RunsInQueuePayload(list(context.connection.scalars(_QUEUE, parameters)))


def _queue() -> Select[Any]:
    """Return the query for runs that are due, or have a task run that is but no process."""
    before, tenant = bindparam("before", type_=Timestamp), bindparam("tenant", type_=Identifier)
    of_tenant = tenant.is_(None) | (flow_run.c.tenant_id == tenant)
    due = select(flow_run.c.id, flow_run.c.state_start_time.label("due"), flow_run.c.labels).where(
        of_tenant, is_in(flow_run.c.state, QUEUEABLE), flow_run.c.state_start_time <= before
    )
    # When a retry is far off, Prefect ends the process of the flow run; an agent starts it again.
    # A process that still sends heartbeats retries by itself, however late it is.
    has_no_process = no_heartbeat_since(bindparam("since", type_=Timestamp))
    retries_due = (
        select(flow_run.c.id, func.min(task_run.c.state_start_time), flow_run.c.labels)
        .join_from(task_run, flow_run)
        .where(is_in(task_run.c.state, QUEUEABLE), task_run.c.state_start_time <= before)
        .where(of_tenant, flow_run.c.state == "Running", has_no_process)
        .group_by(flow_run.c.id)
    )
    runs = due.union_all(retries_due).subquery()
    statement = select(runs.c.id).where(_labels_match(runs.c.labels))
    return statement.order_by(runs.c.due).limit(_QUEUE_LENGTH)


def _labels_match(run_labels: ColumnElement[object]) -> ColumnElement[bool]:
    """Return the condition that the agent has all labels of a run, or neither has any."""
    agent_labels = bindparam("labels", type_=Text)
    run_label = func.json_each(run_labels).table_valued("value")
    known = select(func.json_each(agent_labels).table_valued("value").c.value)
    missing = exists().select_from(run_label).where(run_label.c.value.not_in(known))
    both_or_none = (func.json_array_length(run_labels) > 0) == (
        func.json_array_length(agent_labels) > 0
    )
    return both_or_none & ~missing


_QUEUE = _queue()  # built once, as every agent sends it every few seconds
