"""Flow runs: create, rename, cancel, delete, keep alive."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Sequence

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, insert, select

from project.server.errors import InputError, NotFoundError
from project.server.mutations.declarations import (
    DateTime,
    Json,
    MutationContext,
    Uuid,
    as_object,
    check_run_config,
    require_name,
)
from project.server.mutations.run_names import random_name
from project.server.mutations.run_states import write_flow_run_states
from project.server.store.rows import get_row, new_row, was_updated
from project.server.store.states import FINISHED, RUNNING, first_columns, history_row, new_state
from project.server.store.tables import (
    flow,
    flow_group,
    flow_run,
    flow_run_state,
    task,
    task_run,
    task_run_state,
)
from project.server.store.timestamps import now, to_timestamp


class NewFlowRun(NamedTuple):
    """What a run may be created with; it is due now by default."""

    parameters: Optional[Json] = None
    run_config: Optional[Json] = None
    labels: Optional[List[str]] = None
    context: Optional[Json] = None
    idempotency_key: Optional[str] = None
    scheduled_start_time: Optional[DateTime] = None
    flow_run_name: Optional[str] = None


class StatePayload(NamedTuple):
    """The name of a state."""

    state: str


def create_flow_run(
    context: MutationContext,
    run: NewFlowRun,
    flow_id: Optional[Uuid] = None,
    version_group_id: Optional[str] = None,
) -> Uuid:
    """Schedule a run of a flow, or of the newest flow of a version group."""
    connection = context.connection
    if not flow_id:
        if not version_group_id:
            raise InputError("Give the flow_id or the version_group_id of the flow to run.")
        versions = select(flow.c.id).where(flow.c.version_group_id == version_group_id)
        # The first request may have been for a version that has been replaced since.
        existing = _existing_run(connection, versions, run)
        if existing:
            return existing
        in_use = versions.where(flow.c.archived.is_(False)).order_by(flow.c.version.desc())
        flow_id = connection.scalar(in_use.limit(1))
        if flow_id is None:
            raise NotFoundError("Unarchived flow of version group", version_group_id)
    return schedule_flow_run(connection, get_row(connection, flow, flow_id), run)


def schedule_flow_run(
    connection: Connection, flow_row: RowMapping, run: NewFlowRun, auto: bool = False
) -> str:
    """Create a run of a flow with a pending task run for each task, and return its id.

    The same idempotency key gives the same run. `auto` marks a run of the flow's schedule.
    """
    existing = _existing_run(connection, [flow_row["id"]], run)
    if existing:
        return existing
    if flow_row["archived"]:
        raise InputError(f"Flow {flow_row['id']} is archived.")
    for name in ("parameters", "context"):
        as_object(getattr(run, name) or {}, name)
    check_run_config(run.run_config or None)
    flow_run_id = _insert_flow_run(connection, flow_row, run, auto)
    # The flow runner knows only the tasks that have a task run here.
    insert_task_runs(connection, flow_run_id, task.c.flow_id == flow_row["id"])
    return flow_run_id


def _existing_run(
    connection: Connection, flow_ids: Sequence[str] | Select[Any], run: NewFlowRun
) -> str | None:
    """Return the id of the run of some flows that has the idempotency key of a new one."""
    if not run.idempotency_key:
        return None
    same = flow_run.c.flow_id.in_(flow_ids), flow_run.c.idempotency_key == run.idempotency_key
    return connection.scalar(select(flow_run.c.id).where(*same).limit(1))


def _insert_flow_run(
    connection: Connection, flow_row: RowMapping, run: NewFlowRun, auto: bool
) -> str:
    group = get_row(connection, flow_group, flow_row["flow_group_id"])
    start = to_timestamp(run.scheduled_start_time or now())
    state = new_state("Scheduled", "Flow run scheduled.", start_time=start)
    row = new_row(
        tenant_id=flow_row["tenant_id"],
        flow_id=flow_row["id"],
        name=run.flow_run_name or random_name(),
        scheduled_start_time=start,
        auto_scheduled=auto,
        parameters=_parameters(flow_row, group, run),
        context=run.context or {},
        labels=_labels(flow_row, group, run),
        run_config=run.run_config or group["run_config"] or flow_row["run_config"],
        idempotency_key=run.idempotency_key,
        times_resurrected=0,
    )
    row.update(first_columns(state, row["created"]))
    connection.execute(insert(flow_run).values(row))
    history = history_row(state, row, row["created"])
    connection.execute(insert(flow_run_state).values(flow_run_id=row["id"], **history))
    return str(row["id"])


def insert_task_runs(
    connection: Connection, flow_run_id: str, condition: ColumnElement[bool], map_index: int = -1
) -> bool:
    """Add a pending task run for each task that meets a condition; return whether any does.

    Those of mapped tasks begin with version 0, as in Prefect Server.
    """
    tasks = connection.execute(select(task.c.id, task.c.cache_key).where(condition)).all()
    if not tasks:
        return False
    moment = now()
    state = new_state("Pending", "Task run created")
    columns = first_columns(state, moment, version=1 if map_index == -1 else 0)
    rows = [
        new_row(
            flow_run_id=flow_run_id,
            task_id=each.id,
            cache_key=each.cache_key,
            map_index=map_index,
            **columns,
        )
        for each in tasks
    ]
    history = history_row(state, columns, moment)
    connection.execute(insert(task_run), rows)
    connection.execute(
        insert(task_run_state), [{"task_run_id": row["id"], **history} for row in rows]
    )
    return True


def required_parameters(flow_row: RowMapping) -> set[str]:
    """Return the names of a flow's parameters that have no default."""
    return {each["name"] for each in flow_row["parameters"] if each.get("required")}


def set_flow_run_name(context: MutationContext, flow_run_id: Uuid, name: str) -> bool:
    """Rename a flow run."""
    return was_updated(context.connection, flow_run, flow_run_id, name=require_name(name))


def set_flow_run_labels(context: MutationContext, flow_run_id: Uuid, labels: List[str]) -> bool:
    """Set the labels that an agent must have in order to take a flow run."""
    return was_updated(context.connection, flow_run, flow_run_id, labels=sorted(labels))


def delete_flow_run(context: MutationContext, flow_run_id: Uuid) -> bool:
    """Delete a flow run with its task runs, states and logs."""
    return context.delete(flow_run, flow_run_id)


def update_flow_run_heartbeat(context: MutationContext, flow_run_id: Optional[Uuid] = None) -> bool:
    """Record that the process of a flow run is alive."""
    return was_updated(context.connection, flow_run, flow_run_id, heartbeat=now())


def cancel_flow_run(context: MutationContext, flow_run_id: Uuid) -> StatePayload:
    """Cancel a flow run.

    A running one becomes Cancelling: its own process notices that, stops, and reports Cancelled.
    """
    row = get_row(context.connection, flow_run, flow_run_id)
    if row["state"] in FINISHED:
        return StatePayload(row["state"])
    if row["state"] in RUNNING:
        state = new_state("Cancelling", "Flow run is cancelling")
    else:
        state = new_state("Cancelled", "Flow run is cancelled")
    write_flow_run_states(context.connection, [(row["id"], state)])
    return StatePayload(state["type"])


def _labels(flow_row: RowMapping, group: RowMapping, run: NewFlowRun) -> list[str]:
    """Return the first labels that are set, from the run itself to the flow."""
    candidates = (
        run.labels,
        (run.run_config or {}).get("labels"),
        group["labels"],
        (group["run_config"] or {}).get("labels"),
        (flow_row["run_config"] or {}).get("labels"),
    )
    return sorted(next((labels for labels in candidates if labels is not None), []))


def _parameters(flow_row: RowMapping, group: RowMapping, run: NewFlowRun) -> dict[str, Any]:
    # A default that is falsy is left out: the flow itself supplies it.
    defaults = {
        each["name"]: each["default"] for each in flow_row["parameters"] if each.get("default")
    }
    values = {**defaults, **(group["default_parameters"] or {}), **(run.parameters or {})}
    missing = required_parameters(flow_row) - set(values)
    if missing:
        raise InputError(f"Required parameters were not supplied: {missing}")
    return values
