"""What a restart of a flow run depends on."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, TypedDict

from project.api.graphql import GraphQL, Json


class TaskRow(TypedDict):
    """A task of a registered flow, with descriptions of its inputs and outputs."""

    id: str
    name: str
    type: str
    inputs: Json
    outputs: Json


# Not a class: "from" is a keyword. An edge without a key carries no value.
EdgeRow = TypedDict("EdgeRow", {"from": str, "to": str, "key": Optional[str]})


class TaskRunRow(TypedDict):
    """A task run, with the serialized result of its state."""

    id: str
    task_id: str
    state: str
    result: Optional[Dict[str, Json]]


class RestartRows(NamedTuple):
    """What a restart of a flow run depends on.

    ``variables`` and ``flow_labels`` are those of the run configuration.
    """

    state: str
    labels: List[str]
    variables: Dict[str, str]
    flow_labels: List[str]
    tasks: List[TaskRow]
    edges: List[EdgeRow]
    task_runs: List[TaskRunRow]


def restart_rows(api: GraphQL, flow_run_id: str) -> RestartRows:
    """Return what a restart of a flow run depends on."""
    row = api.query(
        "query($id: uuid!) { flow_run_by_pk(id: $id) { state labels run_config "
        "task_runs { id task_id state serialized_state } "
        "flow { run_config tasks { id name type inputs outputs } "
        "edges { from: upstream_task_id to: downstream_task_id key } } } }",
        id=flow_run_id,
    )
    flow = row["flow"]
    deployed = flow["run_config"] or {}
    task_runs = [
        TaskRunRow(
            id=run["id"],
            task_id=run["task_id"],
            state=run["state"],
            result=(run["serialized_state"] or {}).get("_result"),
        )
        for run in row["task_runs"]
    ]
    return RestartRows(
        state=row["state"],
        labels=row["labels"] or [],
        variables=(row["run_config"] or deployed).get("env") or {},
        flow_labels=deployed.get("labels") or [],
        tasks=flow["tasks"],
        edges=flow["edges"],
        task_runs=task_runs,
    )
