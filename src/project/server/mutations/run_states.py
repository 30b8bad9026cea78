"""New states of flow runs and task runs: many in one request, written all or none."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from sqlalchemy import Connection, Select, bindparam, exists, func, insert, not_, select, update

from project.server.errors import StateRejectedError
from project.server.mutations.declarations import Json, MutationContext, Uuid
from project.server.store.rows import is_in
from project.server.store.states import (
    FINISHED,
    QUEUEABLE,
    State,
    check_state,
    columns_after,
    history_row,
)
from project.server.store.tables import agent, flow_run, flow_run_state, task_run, task_run_state
from project.server.store.timestamps import now

Change = Tuple[str, State]
Runs = Dict[str, Dict[str, Any]]


class SetFlowRunStateInput(NamedTuple):
    """The next state of a flow run; its version is not looked at."""

    flow_run_id: Uuid
    state: Json
    version: Optional[int] = None


class SetTaskRunStateInput(NamedTuple):
    """The next state of a task run; its version is not looked at."""

    task_run_id: Uuid
    state: Json
    version: Optional[int] = None


class SetStateResult(NamedTuple):
    """The run that has the state now; Prefect's client reads status and message."""

    id: Uuid
    status: str = "SUCCESS"
    message: Optional[str] = None


class SetStatesPayload(NamedTuple):
    """One result for each state, in their order."""

    states: List[SetStateResult]


# Every state of every run passes here. SQLAlchemy finds the SQL of a statement that it has seen
# before much faster than that of one that is built anew.
_COLUMNS = ("id", "version", "state", "start_time", "end_time", "heartbeat")
_KEYS = select(func.json_each(bindparam("keys")).table_valued("value").c.value)
_FLOW_RUNS = select(*(flow_run.c[name] for name in _COLUMNS)).where(flow_run.c.id.in_(_KEYS))
_TASK_RUNS = (
    select(
        *(task_run.c[name] for name in (*_COLUMNS, "run_count")),
        task_run.c.flow_run_id,
        flow_run.c.state.label("flow_state"),
    )
    .join_from(task_run, flow_run)
    .where(task_run.c.id.in_(_KEYS))
)
_UPDATES = {
    table.name: update(table).where(table.c.id == bindparam("key"))
    for table in (flow_run, task_run)
}
_INSERTS = {table.name: insert(table) for table in (flow_run_state, task_run_state)}


def set_flow_run_states(
    context: MutationContext, states: List[SetFlowRunStateInput]
) -> SetStatesPayload:
    """Set states of flow runs; a cancelled run cancels its unfinished task runs."""
    changes = [(each.flow_run_id, check_state(each.state)) for each in states]
    write_flow_run_states(context.connection, changes)
    # An agent submits the runs that it takes from the queue.
    submitted = [key for key, state in changes if state["type"] == "Submitted"]
    if context.agent_id and submitted:
        is_known = exists().where(agent.c.id == context.agent_id)
        taken = update(flow_run).where(is_in(flow_run.c.id, submitted), is_known)
        context.connection.execute(taken.values(agent_id=context.agent_id))
    return SetStatesPayload([SetStateResult(key) for key, _ in changes])


def set_task_run_states(
    context: MutationContext, states: List[SetTaskRunStateInput]
) -> SetStatesPayload:
    """Set states of task runs; none may start while its flow run is not running."""
    changes = [(each.task_run_id, check_state(each.state)) for each in states]
    write_task_run_states(context.connection, changes)
    return SetStatesPayload([SetStateResult(key) for key, _ in changes])


def write_flow_run_states(connection: Connection, changes: Sequence[Change]) -> None:
    """Write valid states.

    Raises StateRejectedError for an unknown run, and for one that another agent has submitted.
    """
    runs = _current(connection, "flow_run", _FLOW_RUNS, changes)
    _write(connection, "flow_run", runs, changes)
    # The next agent that submits the run is noted again; a process without an agent may start it.
    scheduled = [key for key, state in changes if state["type"] == "Scheduled"]
    if scheduled:
        started = update(flow_run).where(is_in(flow_run.c.id, scheduled))
        connection.execute(started.values(agent_id=None))
    cancelled = {key: state for key, state in changes if state["type"] == "Cancelled"}
    if cancelled:
        unfinished = select(task_run.c.id, task_run.c.flow_run_id).where(
            is_in(task_run.c.flow_run_id, cancelled), not_(is_in(task_run.c.state, FINISHED))
        )
        task_runs = connection.execute(unfinished).all()
        write_task_run_states(connection, [(key, cancelled[parent]) for key, parent in task_runs])


def write_task_run_states(connection: Connection, changes: Sequence[Change]) -> None:
    """Write valid states.

    Raises StateRejectedError as for flow runs, and for a task that must not start.
    """
    runs = _current(connection, "task_run", _TASK_RUNS, changes)
    for key, state in changes:
        # The flow run may have been cancelled, or taken over, since this task run was submitted.
        if state["type"] == "Running" and runs[key]["flow_state"] != "Running":
            raise StateRejectedError(
                f"task run {key} cannot start, as its flow run {runs[key]['flow_run_id']} "
                f"is not in a Running state but {runs[key]['flow_state']}."
            )
    _write(connection, "task_run", runs, changes)


def _current(
    connection: Connection, noun: str, statement: Select[Any], changes: Sequence[Change]
) -> Runs:
    keys = {"keys": json.dumps([key for key, _ in changes])}
    runs = {row["id"]: dict(row) for row in connection.execute(statement, keys).mappings()}
    for key, state in changes:
        if key not in runs:
            raise StateRejectedError(f"{noun} {key} not found.")
        # Two agents may see the same run in the queue: the second is refused.
        if state["type"] == "Submitted" and runs[key]["state"] not in QUEUEABLE:
            raise StateRejectedError(
                f"{noun} {key} has already been submitted; it is {runs[key]['state']}."
            )
    return runs


def _write(connection: Connection, noun: str, runs: Runs, changes: Sequence[Change]) -> None:
    moment = now()
    updates, history = [], []
    for key, state in changes:
        columns = columns_after(runs[key], state, moment)
        runs[key].update(columns)  # the next state of the same run follows from this one
        updates.append({"key": key, **columns})
        history.append({f"{noun}_id": key, **history_row(state, columns, moment)})
    if changes:
        connection.execute(_INSERTS[f"{noun}_state"], history)
        connection.execute(_UPDATES[noun], updates)
