"""Writing states: many runs in one go, all or none."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Sequence, Tuple

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from project.server.call import Call, Values
from project.server.errors import StateRejectedError
from project.server.filters import listed
from project.server.states import FINISHED, QUEUEABLE, State, checked, columns_after, history_row
from project.server.tables import flow_run, flow_run_state, task_run, task_run_state
from project.server.timestamps import now

Change = Tuple[str, State]
Runs = Dict[str, Dict[str, Any]]

_COLUMNS = ("id", "version", "state", "start_time", "end_time", "heartbeat")
_KEYS = select(func.json_each(bindparam("keys")).table_valued("value").c.value)

# Every state of every run passes here: statements that are built once are also looked up quickly.
_FLOW_RUNS = select(*(flow_run.c[name] for name in _COLUMNS)).where(flow_run.c.id.in_(_KEYS))
_TASK_RUNS = (
    select(
        *(task_run.c[name] for name in _COLUMNS),
        task_run.c.flow_run_id,
        flow_run.c.state.label("flow_state"),
    )
    .join_from(task_run, flow_run)
    .where(task_run.c.id.in_(_KEYS))
)
_UPDATES = {
    each.name: update(each).where(each.c.id == bindparam("key")) for each in (flow_run, task_run)
}
_INSERTS = {each.name: insert(each) for each in (flow_run_state, task_run_state)}


def set_flow_run_states(call: Call, given: Values) -> Values:
    """Give flow runs their next states; a cancelled run takes its unfinished task runs along."""
    changes = [(each["flow_run_id"], checked(each["state"])) for each in given["states"]]
    write_flow_run_states(call.connection, changes)
    submitted = [key for key, state in changes if state["type"] == "Submitted"]
    if call.agent_id and submitted:
        mine = flow_run.c.id.in_(listed(flow_run.c.id, submitted))
        call.connection.execute(update(flow_run).where(mine).values(agent_id=call.agent_id))
    return _accepted(changes)


def set_task_run_states(call: Call, given: Values) -> Values:
    """Give task runs their next states; none starts in a flow run that is not running."""
    changes = [(each["task_run_id"], checked(each["state"])) for each in given["states"]]
    write_task_run_states(call.connection, changes)
    return _accepted(changes)


def write_flow_run_states(connection: Connection, changes: Sequence[Change]) -> None:
    """Write states that have been checked.

    Raises StateRejectedError for a run that is unknown, or somebody else's.
    """
    runs = _current(connection, "flow_run", _FLOW_RUNS, changes)
    _write(connection, "flow_run", runs, changes)
    cancelled = {key: state for key, state in changes if state["type"] == "Cancelled"}
    if cancelled:
        write_task_run_states(connection, _unfinished(connection, cancelled))


def write_task_run_states(connection: Connection, changes: Sequence[Change]) -> None:
    """Write states that have been checked.

    Raises StateRejectedError, also for a task that must not start.
    """
    runs = _current(connection, "task_run", _TASK_RUNS, changes)
    for key, state in changes:
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
        if state["type"] == "Submitted" and runs[key]["state"] not in QUEUEABLE:
            raise StateRejectedError(
                f"{noun} {key} has already been submitted; it is {runs[key]['state']}."
            )
    return runs


def _write(connection: Connection, noun: str, runs: Runs, changes: Sequence[Change]) -> None:
    moment = now()
    columns, past = [], []
    for key, state in changes:
        after = columns_after(runs[key], state, moment)
        runs[key].update(after)
        columns.append({"key": key, **after})
        past.append({f"{noun}_id": key, **history_row(state, after, moment)})
    if changes:
        connection.execute(_INSERTS[f"{noun}_state"], past)
        connection.execute(_UPDATES[noun], columns)


def _unfinished(connection: Connection, flow_runs: Mapping[str, State]) -> list[Change]:
    inside = task_run.c.flow_run_id.in_(listed(task_run.c.flow_run_id, flow_runs))
    open_ = task_run.c.state.not_in(listed(task_run.c.state, FINISHED))
    found = connection.execute(select(task_run.c.id, task_run.c.flow_run_id).where(inside, open_))
    return [(key, flow_runs[flow_run_id]) for key, flow_run_id in found]


def _accepted(changes: Sequence[Change]) -> Values:
    return {"states": [{"id": key, "status": "SUCCESS", "message": None} for key, _ in changes]}
