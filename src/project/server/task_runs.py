"""Task runs: find or create, rename; and their artifacts."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, select, type_coerce

from project.server.call import Call, Values
from project.server.columns import JsonText
from project.server.errors import NotFoundError
from project.server.flow_runs import insert_task_runs
from project.server.rows import add, change, find, remove
from project.server.tables import flow_run, task, task_run, task_run_artifact


def get_or_create_task_run_info(call: Call, given: Values) -> Values:
    """Return the task run of a task, created at need, as those of a mapped task are."""
    index = -1 if given.get("map_index") is None else given["map_index"]
    flow_run_id, task_id = given["flow_run_id"], given["task_id"]
    row = _find(call.connection, flow_run_id, task_id, index)
    if row is None:
        _create(call.connection, flow_run_id, task_id, index)
        row = _find(call.connection, flow_run_id, task_id, index)
    return dict(row or {})


def set_task_run_name(call: Call, given: Values) -> Values:
    """Rename a task run."""
    change(call.connection, task_run, given["task_run_id"], name=given["name"])
    return {"success": True}


def create_task_run_artifact(call: Call, given: Values) -> Values:
    """Keep something that a task run has to show."""
    run = find(call.connection, task_run, given["task_run_id"])
    return {
        "id": add(
            call.connection,
            task_run_artifact,
            task_run_id=run["id"],
            kind=given["kind"],
            data=given.get("data"),
        )
    }


def update_task_run_artifact(call: Call, given: Values) -> Values:
    """Replace the data of an artifact."""
    change(
        call.connection, task_run_artifact, given["task_run_artifact_id"], data=given.get("data")
    )
    return {"success": True}


def delete_task_run_artifact(call: Call, given: Values) -> Values:
    """Remove an artifact."""
    return {"success": remove(call.connection, task_run_artifact, given["task_run_artifact_id"])}


def _find(connection: Connection, flow_run_id: str, task_id: str, index: int) -> RowMapping | None:
    place = (
        task_run.c.flow_run_id == flow_run_id,
        task_run.c.task_id == task_id,
        task_run.c.map_index == index,
    )
    state = type_coerce(task_run.c.serialized_state, JsonText).label("serialized_state")
    statement = select(task_run.c.id, task_run.c.version, state).where(*place)
    return connection.execute(statement).mappings().one_or_none()


def _create(connection: Connection, flow_run_id: str, task_id: str, index: int) -> None:
    run = find(connection, flow_run, flow_run_id)
    own = task.c.id == task_id, task.c.flow_id == run["flow_id"]
    found = connection.execute(select(task.c.id, task.c.cache_key).where(*own)).one_or_none()
    if found is None:
        raise NotFoundError(f"Flow run {flow_run_id} has no such task: task", task_id)
    insert_task_runs(connection, flow_run_id, [(found, index)])
