"""Flow runs: create, rename, cancel, delete, keep alive."""

from __future__ import annotations

import random
from typing import Any, Mapping

from sqlalchemy import Connection, RowMapping, insert, select

from project.server.call import Call, Values
from project.server.errors import ApiError, NotFoundError
from project.server.rows import change, find, new_row, remove
from project.server.run_states import write_flow_run_states
from project.server.states import FINISHED, RUNNING, history_row, new_run, state_of
from project.server.tables import (
    flow,
    flow_group,
    flow_run,
    flow_run_state,
    task,
    task_run,
    task_run_state,
)
from project.server.timestamps import canonical, now

_ADJECTIVES = ("amber", "bold", "brisk", "calm", "fair", "gentle", "keen", "quiet")
_NOUNS = ("badger", "cedar", "comet", "falcon", "heron", "lantern", "otter", "river")


def create_flow_run(call: Call, given: Values) -> Values:
    """Schedule a run of a flow, with one pending task run for each of its tasks."""
    parent = _flow_of(call.connection, given)
    return {"id": schedule_flow_run(call.connection, parent, given)}


def schedule_flow_run(connection: Connection, parent: RowMapping, given: Mapping[str, Any]) -> str:
    """Create a run of a flow that has been found; the same idempotency key gives the same run."""
    if parent["archived"]:
        raise ApiError(f"Flow {parent['id']} is archived.")
    existing = _same_run(connection, parent["id"], given.get("idempotency_key"))
    return existing or _insert_run(connection, parent, given)


def required_parameters(parent: RowMapping) -> set[str]:
    """Return the names of the parameters that a run of a flow cannot do without."""
    return {each["name"] for each in parent["parameters"] if each.get("required")}


def set_flow_run_name(call: Call, given: Values) -> Values:
    """Rename a flow run."""
    change(call.connection, flow_run, given["flow_run_id"], name=given["name"])
    return {"success": True}


def delete_flow_run(call: Call, given: Values) -> Values:
    """Remove a flow run with its task runs, states and logs."""
    return {"success": remove(call.connection, flow_run, given["flow_run_id"])}


def update_flow_run_heartbeat(call: Call, given: Values) -> Values:
    """Note that the process of a flow run is alive."""
    if given.get("flow_run_id"):
        change(call.connection, flow_run, given["flow_run_id"], heartbeat=now())
    return {"success": True}


def cancel_flow_run(call: Call, given: Values) -> Values:
    """Cancel a run that has no process yet; ask the process of a running one to cancel it."""
    run = find(call.connection, flow_run, given["flow_run_id"])
    if run["state"] in FINISHED:
        return {"state": run["state"]}
    state = state_of("Cancelled", "Flow run is cancelled")
    if run["state"] in RUNNING:
        state = state_of("Cancelling", "Flow run is cancelling")
    write_flow_run_states(call.connection, [(run["id"], state)])
    return {"state": state["type"]}


def _flow_of(connection: Connection, given: Values) -> RowMapping:
    if given.get("flow_id"):
        return find(connection, flow, given["flow_id"])
    group = given.get("version_group_id")
    in_use = flow.c.version_group_id == group, flow.c.archived.is_(False)
    newest = select(flow.c.id).where(*in_use).order_by(flow.c.version.desc()).limit(1)
    key = connection.scalar(newest)
    if key is None:
        raise NotFoundError("Unarchived flow of version group", group)
    return find(connection, flow, key)


def _same_run(connection: Connection, flow_id: str, idempotency_key: str | None) -> str | None:
    same = flow_run.c.flow_id == flow_id, flow_run.c.idempotency_key == idempotency_key
    return connection.scalar(select(flow_run.c.id).where(*same)) if idempotency_key else None


def _insert_run(connection: Connection, parent: RowMapping, given: Mapping[str, Any]) -> str:
    row = _run_row(parent, find(connection, flow_group, parent["flow_group_id"]), given)
    start, moment = row["scheduled_start_time"], row["created"]
    state = state_of("Scheduled", "Flow run scheduled.", start_time=start)
    columns = new_run(state, moment)
    past = {"flow_run_id": row["id"], **history_row(state, columns, moment)}
    connection.execute(insert(flow_run).values({**row, **columns}))
    connection.execute(insert(flow_run_state).values(past))
    _insert_task_runs(connection, row["id"], parent["id"])
    return str(row["id"])


def _run_row(parent: RowMapping, group: RowMapping, given: Mapping[str, Any]) -> dict[str, Any]:
    return new_row(
        tenant_id=parent["tenant_id"],
        flow_id=parent["id"],
        name=given.get("flow_run_name") or _random_name(),
        scheduled_start_time=canonical(given.get("scheduled_start_time") or now()),
        auto_scheduled=given.get("auto_scheduled", False),
        parameters=_parameters(parent, group, given),
        context=given.get("context") or {},
        labels=_labels(parent, group, given),
        run_config=given.get("run_config") or group["run_config"] or parent["run_config"],
        idempotency_key=given.get("idempotency_key"),
        times_resurrected=0,
    )


def _random_name() -> str:
    return f"{random.choice(_ADJECTIVES)}-{random.choice(_NOUNS)}"  # noqa: S311 - a name, no secret


def _insert_task_runs(connection: Connection, flow_run_id: str, flow_id: str) -> None:
    # The flow runner knows of a task only what it finds here.
    tasks = connection.execute(
        select(task.c.id, task.c.cache_key).where(task.c.flow_id == flow_id)
    ).all()
    if tasks:
        insert_task_runs(connection, flow_run_id, [(each, -1) for each in tasks])


def insert_task_runs(
    connection: Connection, flow_run_id: str, places: list[tuple[Any, int]]
) -> list[str]:
    """Add a pending task run for each task and map index, and return their ids."""
    moment = now()
    state = state_of("Pending", "Task run created")
    columns = new_run(state, moment)
    rows = [
        new_row(
            flow_run_id=flow_run_id,
            task_id=each.id,
            cache_key=each.cache_key,
            map_index=index,
            **columns,
        )
        for each, index in places
    ]
    past = history_row(state, columns, moment)
    connection.execute(insert(task_run), rows)
    connection.execute(insert(task_run_state), [{"task_run_id": row["id"], **past} for row in rows])
    return [str(row["id"]) for row in rows]


def _labels(parent: RowMapping, group: RowMapping, given: Mapping[str, Any]) -> list[str]:
    """Return the first labels that somebody has set, from the run up to the flow."""
    sources = (given, given.get("run_config"), group, group["run_config"], parent["run_config"])
    labels = ((source or {}).get("labels") for source in sources)
    return sorted(next((each for each in labels if each is not None), []))


def _parameters(parent: RowMapping, group: RowMapping, given: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        each["name"]: each["default"] for each in parent["parameters"] if each.get("default")
    }
    values = {**defaults, **(group["default_parameters"] or {}), **(given.get("parameters") or {})}
    missing = required_parameters(parent) - set(values)
    if missing:
        raise ApiError(f"Required parameters were not supplied: {missing}")
    return values
