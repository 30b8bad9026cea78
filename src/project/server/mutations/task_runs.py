"""Task runs and their artifacts."""

from __future__ import annotations

from typing import NamedTuple, Optional

from sqlalchemy import and_, select, type_coerce

from project.server.errors import NotFoundError
from project.server.mutations.declarations import Json, MutationContext, Uuid, require_name
from project.server.mutations.flow_runs import insert_task_runs
from project.server.store.columns import JsonFragment
from project.server.store.rows import (
    delete_row,
    get_row,
    insert_row,
    update_row,
    was_updated,
)
from project.server.store.tables import flow_run, task, task_run, task_run_artifact


class TaskRunInfoPayload(NamedTuple):
    """What Prefect's client needs to go on with a task run."""

    id: Uuid
    version: int
    serialized_state: Json


def get_or_create_task_run_info(
    context: MutationContext, flow_run_id: Uuid, task_id: Uuid, map_index: Optional[int] = None
) -> TaskRunInfoPayload:
    """Return the task run of a task, or of a mapped task's child, which may be new."""
    connection, index = context.connection, -1 if map_index is None else map_index
    state = type_coerce(task_run.c.serialized_state, JsonFragment)
    statement = select(task_run.c.id, task_run.c.version, state).where(
        task_run.c.flow_run_id == flow_run_id,
        task_run.c.task_id == task_id,
        task_run.c.map_index == index,
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        run = get_row(connection, flow_run, flow_run_id)
        in_flow = and_(task.c.id == task_id, task.c.flow_id == run["flow_id"])
        if not insert_task_runs(connection, flow_run_id, in_flow, index):
            raise NotFoundError(f"Flow run {flow_run_id} has no such task: task", task_id)
        row = connection.execute(statement).one()
    return TaskRunInfoPayload(*row)


def get_or_create_task_run(
    context: MutationContext, flow_run_id: Uuid, task_id: Uuid, map_index: Optional[int] = None
) -> Uuid:
    """Return the id of the task run of a task, or of a mapped task's child."""
    return get_or_create_task_run_info(context, flow_run_id, task_id, map_index).id


def set_task_run_name(context: MutationContext, task_run_id: Uuid, name: str) -> bool:
    """Rename a task run."""
    return was_updated(context.connection, task_run, task_run_id, name=require_name(name))


def create_task_run_artifact(
    context: MutationContext,
    task_run_id: Uuid,
    kind: str,
    data: Optional[Json] = None,
    tenant_id: Optional[Uuid] = None,
) -> Uuid:
    """Add an artifact to a task run."""
    run = get_row(context.connection, task_run, task_run_id)
    values = {"task_run_id": run["id"], "kind": kind, "data": data}
    return insert_row(context.connection, task_run_artifact, **values)


def update_task_run_artifact(
    context: MutationContext, task_run_artifact_id: Uuid, data: Optional[Json] = None
) -> bool:
    """Replace the data of an artifact."""
    update_row(context.connection, task_run_artifact, task_run_artifact_id, data=data)
    return True


def delete_task_run_artifact(context: MutationContext, task_run_artifact_id: Uuid) -> bool:
    """Delete an artifact."""
    return delete_row(context.connection, task_run_artifact, task_run_artifact_id)
