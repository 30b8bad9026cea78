"""Flows: register a version, archive it, delete it."""

from __future__ import annotations

import uuid
from typing import Any, Mapping

from sqlalchemy import Connection, RowMapping, func, select

from project.server.call import Call, Values
from project.server.errors import ApiError
from project.server.flow_contents import add_edges, add_tasks, decompressed
from project.server.rows import add, change, find, remove
from project.server.run_states import write_flow_run_states
from project.server.schedule_switch import can_be_scheduled, delete_scheduled_runs
from project.server.states import state_of
from project.server.tables import flow, flow_group, flow_run, project

_GROUP_SETTINGS = {
    "heartbeat_enabled": True,
    "lazarus_enabled": True,
    "version_locking_enabled": False,
}


def create_flow_from_compressed_string(call: Call, given: Values) -> Values:
    """Register a flow that was compressed for the way."""
    return create_flow(call, {**given, "serialized_flow": decompressed(given["serialized_flow"])})


def create_flow(call: Call, given: Values) -> Values:
    """Register a flow as its group's next version; with the last idempotency key change nothing."""
    serialized = given["serialized_flow"]
    parent = find(call.connection, project, given.get("project_id"))
    group = _group_of(call.connection, parent, _version_group(call.connection, parent, given))
    unchanged = _unchanged(call.connection, group, given.get("idempotency_key"))
    if unchanged:
        return {"id": unchanged}
    _remember_key(call.connection, group, given.get("idempotency_key"))
    flow_id = _add_version(call.connection, parent, group, given)
    add_tasks(call.connection, flow_id, serialized.get("tasks") or [])
    add_edges(call.connection, flow_id, serialized.get("edges") or [])
    _archive_others(call.connection, group["id"], flow_id)
    if given.get("set_schedule_active"):
        _activate_if_possible(call, flow_id)
    return {"id": flow_id}


def register_tasks(call: Call, given: Values) -> Values:
    """Add tasks to a flow that was registered without them."""
    row = find(call.connection, flow, given["flow_id"])
    add_tasks(call.connection, row["id"], given["serialized_tasks"])
    _extend(call.connection, row["id"], "tasks", given["serialized_tasks"])
    return {"success": True}


def register_edges(call: Call, given: Values) -> Values:
    """Add edges to a flow that was registered without them."""
    row = find(call.connection, flow, given["flow_id"])
    add_edges(call.connection, row["id"], given["serialized_edges"])
    _extend(call.connection, row["id"], "edges", given["serialized_edges"])
    return {"success": True}


def archive_flow(call: Call, given: Values) -> Values:
    """Take a flow out of use: no schedule, and none of its waiting runs."""
    _archive(call.connection, find(call.connection, flow, given["flow_id"])["id"])
    return {"success": True}


def delete_flow(call: Call, given: Values) -> Values:
    """Remove a flow with its runs."""
    return {"success": remove(call.connection, flow, given["flow_id"])}


def disable_flow_heartbeat(call: Call, given: Values) -> Values:
    """Let runs of a flow do without heartbeats; the reaper then leaves them alone."""
    return _set_heartbeat(call.connection, given["flow_id"], enabled=False)


def enable_flow_heartbeat(call: Call, given: Values) -> Values:
    """Have runs of a flow send heartbeats, as they do unless told otherwise."""
    return _set_heartbeat(call.connection, given["flow_id"], enabled=True)


def _version_group(connection: Connection, parent: RowMapping, given: Values) -> str:
    if given.get("version_group_id"):
        return str(given["version_group_id"])
    same = flow.c.project_id == parent["id"], flow.c.name == given["serialized_flow"]["name"]
    newest = select(flow.c.version_group_id).where(*same).order_by(flow.c.created.desc()).limit(1)
    return connection.scalar(newest) or str(uuid.uuid4())


def _group_of(connection: Connection, parent: RowMapping, name: str) -> RowMapping:
    values = {"tenant_id": parent["tenant_id"], "name": name}
    same = (flow_group.c[column] == value for column, value in values.items())
    key = connection.scalar(select(flow_group.c.id).where(*same))
    return find(
        connection,
        flow_group,
        key or add(connection, flow_group, settings=_GROUP_SETTINGS, **values),
    )


def _unchanged(
    connection: Connection, group: RowMapping, idempotency_key: str | None
) -> str | None:
    """Return the flow in use, if this is the key that registered it."""
    if not idempotency_key or group["settings"].get("idempotency_key") != idempotency_key:
        return None
    in_use = flow.c.flow_group_id == group["id"], flow.c.archived.is_(False)
    return connection.scalar(
        select(flow.c.id).where(*in_use).order_by(flow.c.version.desc()).limit(1)
    )


def _remember_key(connection: Connection, group: RowMapping, idempotency_key: str | None) -> None:
    change(
        connection,
        flow_group,
        group["id"],
        settings={**group["settings"], "idempotency_key": idempotency_key},
    )


def _add_version(
    connection: Connection, parent: RowMapping, group: RowMapping, given: Values
) -> str:
    serialized = given["serialized_flow"]
    newest = connection.scalar(
        select(func.max(flow.c.version)).where(flow.c.flow_group_id == group["id"])
    )
    return add(
        connection,
        flow,
        tenant_id=parent["tenant_id"],
        project_id=parent["id"],
        flow_group_id=group["id"],
        version_group_id=group["name"],
        version=(newest or 0) + 1,
        archived=False,
        description=given.get("description") or serialized.get("description"),
        is_schedule_active=False,
        core_version=serialized.get("__version__"),
        settings={"heartbeat_enabled": group["settings"].get("heartbeat_enabled", True)},
        serialized_flow=serialized,
        **_columns_of(serialized),
    )


def _columns_of(serialized: Mapping[str, Any]) -> dict[str, Any]:
    columns = {
        name: serialized.get(name) for name in ("name", "environment", "run_config", "schedule")
    }
    if not columns["name"]:
        raise ApiError("The serialized flow has no name.")
    return {
        **columns,
        "storage": serialized.get("storage") or {},
        "parameters": serialized.get("parameters") or [],
    }


def _archive_others(connection: Connection, group_id: str, flow_id: str) -> None:
    others = flow.c.flow_group_id == group_id, flow.c.id != flow_id, flow.c.archived.is_(False)
    for other in connection.scalars(select(flow.c.id).where(*others)).all():
        _archive(connection, other)


def _archive(connection: Connection, flow_id: str) -> None:
    change(connection, flow, flow_id, archived=True, is_schedule_active=False)
    delete_scheduled_runs(connection, flow_id)
    waiting = flow_run.c.flow_id == flow_id, flow_run.c.state == "Scheduled"
    state = state_of("Cancelled", f"Flow {flow_id} was archived.")
    runs = connection.scalars(select(flow_run.c.id).where(*waiting)).all()
    write_flow_run_states(connection, [(run, state) for run in runs])


def _activate_if_possible(call: Call, flow_id: str) -> None:
    row = find(call.connection, flow, flow_id)
    if can_be_scheduled(call.connection, row):
        change(call.connection, flow, flow_id, is_schedule_active=True)
        call.flows_to_schedule.add(flow_id)


def _extend(connection: Connection, flow_id: str, part: str, more: list[Any]) -> None:
    serialized = connection.execute(
        select(flow.c.serialized_flow).where(flow.c.id == flow_id)
    ).scalar_one()
    if more:
        change(
            connection,
            flow,
            flow_id,
            serialized_flow={**serialized, part: [*(serialized.get(part) or []), *more]},
        )


def _set_heartbeat(connection: Connection, flow_id: str, *, enabled: bool) -> Values:
    row = find(connection, flow, flow_id)
    group = find(connection, flow_group, row["flow_group_id"])
    change(
        connection,
        flow_group,
        group["id"],
        settings={**group["settings"], "heartbeat_enabled": enabled},
    )
    change(connection, flow, flow_id, settings={**row["settings"], "heartbeat_enabled": enabled})
    return {"success": True}
