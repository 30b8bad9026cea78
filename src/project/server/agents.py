"""Agents: who asks for work, and the work that is theirs."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, bindparam, exists, func, select, update

from project.server.call import Call, Values
from project.server.columns import Instant
from project.server.filters import listed
from project.server.rows import add
from project.server.states import QUEUEABLE
from project.server.tables import agent, flow_run, task_run, tenant
from project.server.timestamps import now

_QUEUE_LENGTH = 25


def register_agent(call: Call, given: Values) -> Values:
    """Return the id of an agent; the same agent, started again, keeps its own."""
    values = {
        "tenant_id": given.get("tenant_id") or call.connection.scalar(select(tenant.c.id).limit(1)),
        "name": given.get("name"),
        "type": given["type"],
        "core_version": call.core_version,
        "labels": sorted(given.get("labels") or []),
    }
    same = (agent.c[name].is_not_distinct_from(value) for name, value in values.items())
    known = call.connection.scalar(select(agent.c.id).where(*same))
    return {"id": known or add(call.connection, agent, **values)}


def get_runs_in_queue(call: Call, given: Values) -> Values:
    """Return the due runs that an agent with these labels may take, the longest due first."""
    before = given.get("before") or now()
    if call.agent_id:
        seen = update(agent).where(agent.c.id == call.agent_id).values(last_queried=now())
        call.connection.execute(seen)
    asked = {"before": before, "labels": json.dumps(given.get("labels") or [])}
    return {"flow_run_ids": list(call.connection.scalars(_DUE, asked))}


def _matches(wanted: ColumnElement[object]) -> ColumnElement[bool]:
    """Tell for a run whether the agent has all its labels; without labels, both must be."""
    labels = bindparam("labels", type_=Text)
    each = func.json_each(wanted).table_valued("value")
    mine = select(func.json_each(labels).table_valued("value").c.value)
    foreign = exists().select_from(each).where(each.c.value.not_in(mine))
    both = (func.json_array_length(wanted) > 0) == (func.json_array_length(labels) > 0)
    return both & ~foreign


def _queue() -> Select[Any]:
    """Return the statement for the runs that are due, and those with a task run that is."""
    before = bindparam("before", type_=Instant)
    due = select(flow_run.c.id, flow_run.c.state_start_time.label("due"), flow_run.c.labels).where(
        flow_run.c.state.in_(listed(flow_run.c.state, QUEUEABLE)),
        flow_run.c.state_start_time <= before,
    )
    retrying = (
        select(flow_run.c.id, func.min(task_run.c.state_start_time), flow_run.c.labels)
        .join_from(task_run, flow_run)
        .where(
            task_run.c.state.in_(listed(task_run.c.state, QUEUEABLE)),
            task_run.c.state_start_time <= before,
        )
        .where(flow_run.c.state == "Running")
        .group_by(flow_run.c.id)
    )
    runs = due.union_all(retrying).subquery()
    mine = select(runs.c.id).where(_matches(runs.c.labels))
    return mine.order_by(runs.c.due).limit(_QUEUE_LENGTH)


_DUE = _queue()  # built once: agents ask again and again
