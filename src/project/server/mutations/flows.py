"""Flows: register a version, archive it, delete it."""

from __future__ import annotations

import uuid
from typing import Any, List, Mapping, NamedTuple, Optional

from sqlalchemy import Connection, RowMapping, func, select, update

from project.server.errors import InputError, NotFoundError
from project.server.mutations.declarations import Json, MutationContext, Uuid
from project.server.mutations.flow_contents import (
    add_edges,
    add_tasks,
    check_flow,
    decompress,
    edge_identity,
    reference_slugs_of,
    task_identity,
)
from project.server.mutations.run_states import write_flow_run_states
from project.server.mutations.schedules import can_be_scheduled, delete_scheduled_runs
from project.server.store.rows import get_row, insert_row, update_row
from project.server.store.states import new_state
from project.server.store.tables import flow, flow_group, flow_run, project
from project.server.store.timestamps import now

_GROUP_SETTINGS = {
    "heartbeat_enabled": True,
    "lazarus_enabled": True,
    "version_locking_enabled": False,
}
_SWITCHES = ("heartbeat_enabled", "lazarus_enabled")


class FlowOptions(NamedTuple):
    """How a flow is registered."""

    project_id: Optional[Uuid] = None
    set_schedule_active: Optional[bool] = True
    version_group_id: Optional[str] = None
    idempotency_key: Optional[str] = None
    description: Optional[str] = None


def create_flow_from_compressed_string(
    context: MutationContext, serialized_flow: str, options: FlowOptions
) -> Uuid:
    """Register a flow that is base64-encoded gzip."""
    return create_flow(context, decompress(serialized_flow), options)


def create_flow(context: MutationContext, serialized_flow: Json, options: FlowOptions) -> Uuid:
    """Register a flow as the next version of its group.

    Registering again with the idempotency key of the group's last registration changes nothing.
    """
    connection = context.connection
    if options.project_id is None:
        raise InputError("Give the project_id of the project to register the flow in.")
    project_row = get_row(connection, project, options.project_id)
    check_flow(serialized_flow)
    group = _flow_group(connection, project_row, options, serialized_flow["name"])
    # The key is that of the newest version only: to register an older flow again is a change.
    settings, key = group["settings"], options.idempotency_key
    if key and key == settings.get("idempotency_key"):
        in_use = flow.c.flow_group_id == group["id"], flow.c.archived.is_(False)
        newest = select(flow.c.id).where(*in_use).order_by(flow.c.version.desc()).limit(1)
        unchanged = connection.scalar(newest)
        if unchanged:
            return str(unchanged)
    update_row(connection, flow_group, group["id"], settings={**settings, "idempotency_key": key})
    flow_id = _insert_version(connection, group, serialized_flow, options)
    reference_slugs = reference_slugs_of(serialized_flow)
    add_tasks(connection, flow_id, serialized_flow.get("tasks") or [], reference_slugs)
    add_edges(connection, flow_id, serialized_flow.get("edges") or [], reference_slugs)
    others = flow.c.flow_group_id == group["id"], flow.c.id != flow_id, flow.c.archived.is_(False)
    for other in connection.scalars(select(flow.c.id).where(*others)).all():
        _archive(connection, other)
    if options.set_schedule_active and can_be_scheduled(
        connection, get_row(connection, flow, flow_id)
    ):
        update_row(connection, flow, flow_id, is_schedule_active=True)
        context.flows_to_schedule.add(flow_id)
    return flow_id


def register_tasks(context: MutationContext, flow_id: Uuid, serialized_tasks: List[Json]) -> bool:
    """Add tasks to a flow; Prefect's client sends those of a large flow after it, in parts."""
    _extend(context.connection, flow_id, "tasks", serialized_tasks)
    return True


def register_edges(context: MutationContext, flow_id: Uuid, serialized_edges: List[Json]) -> bool:
    """Add edges to a flow."""
    _extend(context.connection, flow_id, "edges", serialized_edges)
    return True


def update_flow_project(context: MutationContext, flow_id: Uuid, project_id: Uuid) -> Uuid:
    """Move all versions of a flow to another project."""
    connection = context.connection
    group_id = get_row(connection, flow, flow_id)["flow_group_id"]
    values = {"project_id": get_row(connection, project, project_id)["id"], "updated": now()}
    connection.execute(update(flow).where(flow.c.flow_group_id == group_id).values(**values))
    return flow_id


def archive_flow(context: MutationContext, flow_id: Uuid) -> bool:
    """Archive a flow: switch its schedule off, and cancel its scheduled runs."""
    _archive(context.connection, get_row(context.connection, flow, flow_id)["id"])
    return True


def delete_flow(context: MutationContext, flow_id: Uuid) -> bool:
    """Delete a flow with its runs."""
    return context.delete(flow, flow_id)


def disable_flow_heartbeat(context: MutationContext, flow_id: Uuid) -> bool:
    """Let the runs of a flow do without heartbeats; the reaper then ignores them."""
    return _set_switch(context.connection, flow_id, heartbeat_enabled=False)


def enable_flow_heartbeat(context: MutationContext, flow_id: Uuid) -> bool:
    """Let the runs of a flow send heartbeats, as they do by default."""
    return _set_switch(context.connection, flow_id, heartbeat_enabled=True)


def disable_flow_lazarus_process(context: MutationContext, flow_id: Uuid) -> bool:
    """Let the reaper end the silent runs of a flow, which it otherwise reschedules."""
    return _set_switch(context.connection, flow_id, lazarus_enabled=False)


def enable_flow_lazarus_process(context: MutationContext, flow_id: Uuid) -> bool:
    """Let the reaper reschedule the silent runs of a flow, as it does by default."""
    return _set_switch(context.connection, flow_id, lazarus_enabled=True)


def _flow_group(
    connection: Connection, project_row: RowMapping, options: FlowOptions, flow_name: str
) -> RowMapping:
    """Return the group of a flow to register; it is new for a new name or version group."""
    name = options.version_group_id
    if not name:
        same = flow.c.project_id == project_row["id"], flow.c.name == flow_name
        newest = select(flow.c.version_group_id).where(*same).order_by(flow.c.created.desc())
        name = connection.scalar(newest.limit(1)) or str(uuid.uuid4())
    values = {"tenant_id": project_row["tenant_id"], "name": name}
    key = connection.scalar(select(flow_group.c.id).filter_by(**values))
    key = key or insert_row(connection, flow_group, settings=_GROUP_SETTINGS, **values)
    return get_row(connection, flow_group, key)


def _insert_version(
    connection: Connection, group: RowMapping, serialized: Mapping[str, Any], options: FlowOptions
) -> str:
    in_group = flow.c.flow_group_id == group["id"]
    newest = connection.scalar(select(func.max(flow.c.version)).where(in_group)) or 0
    return insert_row(
        connection,
        flow,
        tenant_id=group["tenant_id"],
        project_id=options.project_id,
        flow_group_id=group["id"],
        version_group_id=group["name"],
        name=serialized["name"],
        version=newest + 1,
        archived=False,
        description=options.description or serialized.get("description"),
        environment=serialized.get("environment"),
        run_config=serialized.get("run_config"),
        storage=serialized.get("storage") or {},
        parameters=serialized.get("parameters") or [],
        settings={name: group["settings"].get(name, True) for name in _SWITCHES},
        schedule=serialized.get("schedule"),
        is_schedule_active=False,
        core_version=serialized.get("__version__"),
        serialized_flow=serialized,
    )


def _archive(connection: Connection, flow_id: str) -> None:
    # Its waiting runs would start with code that has been replaced.
    update_row(connection, flow, flow_id, archived=True, is_schedule_active=False)
    delete_scheduled_runs(connection, flow_id)
    waiting = flow_run.c.flow_id == flow_id, flow_run.c.state == "Scheduled"
    state = new_state("Cancelled", f"Flow {flow_id} was archived.")
    runs = connection.scalars(select(flow_run.c.id).where(*waiting)).all()
    write_flow_run_states(connection, [(run, state) for run in runs])


def _extend(connection: Connection, flow_id: str, part: str, more: list[Any]) -> None:
    """Add tasks or edges to a flow, also as it was serialized, from which agents may run it.

    Those that it has are left out: Prefect's client sends all of them for a flow that has not
    changed, too.
    """
    statement = select(flow.c.id, flow.c.serialized_flow).where(flow.c.id == flow_id)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise NotFoundError("Flow", flow_id)
    serialized = row.serialized_flow.get(part) or []
    identity = task_identity if part == "tasks" else edge_identity
    known = set(map(identity, serialized))
    more = [each for each in more if identity(each) not in known]
    add = add_tasks if part == "tasks" else add_edges
    add(connection, row.id, more, reference_slugs_of(row.serialized_flow))
    if more:
        extended = [*serialized, *more]
        update_row(
            connection, flow, row.id, serialized_flow={**row.serialized_flow, part: extended}
        )


def _set_switch(connection: Connection, flow_id: str, **switch: bool) -> bool:
    row = get_row(connection, flow, flow_id)
    group = get_row(connection, flow_group, row["flow_group_id"])
    for table, each in ((flow_group, group), (flow, row)):
        update_row(connection, table, each["id"], settings={**each["settings"], **switch})
    return True
