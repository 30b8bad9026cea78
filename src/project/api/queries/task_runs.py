"""Task runs: their states, results and artifacts."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Set

from project.api.graphql import GraphQL, Json


class TaskRunState(NamedTuple):
    """A serialized state of a task run."""

    task_run_id: str
    state: Json


def set_task_run_states(api: GraphQL, states: Sequence[TaskRunState]) -> Set[str]:
    """Set the states of task runs; return the ids of those that the API has only queued."""
    rows = [{**state._asdict(), "version": None} for state in states]
    answer = api.mutate("set_task_run_states", "states { id status }", states=rows)
    return {one["id"] for one in answer["states"] if one["status"] == "QUEUED"}


def task_run_histories(
    api: GraphQL, flow_run_id: str, task_run_ids: Sequence[str]
) -> Dict[Optional[str], List[str]]:
    """Return the names of all states that task runs have had, by the task runs' ids."""
    rows = api.query(
        "query($run: uuid, $ids: [uuid!]) { task_run(where: {flow_run_id: {_eq: $run}, "
        "id: {_in: $ids}}) { id states { state } } }",
        run=flow_run_id,
        ids=list(task_run_ids),
    )
    return {row["id"]: [state["state"] for state in row["states"]] for row in rows}


def task_run_states(api: GraphQL, flow_run_id: str) -> Dict[str, str]:
    """Return the names of the states of a flow run's task runs, by their ids."""
    text = "query($run: uuid) { task_run(where: {flow_run_id: {_eq: $run}}) { id state } }"
    return {row["id"]: row["state"] for row in api.query(text, run=flow_run_id)}


def first_result(api: GraphQL, task_run_id: str) -> Optional[str]:
    """Return where the result is that a task run had when it first succeeded.

    Results that Prefect keeps in the state are themselves their location, as JSON.
    """
    rows = api.query(
        "query($id: uuid!) { task_run_state(where: {task_run_id: {_eq: $id}, state: "
        '{_eq: "Success"}}, order_by: {timestamp: asc}, limit: 1) { serialized_state } }',
        id=task_run_id,
    )
    result = rows[0]["serialized_state"].get("_result") if rows else None
    location = result and result.get("location")
    return None if location is None else str(location)


def create_task_run_artifact(api: GraphQL, task_run_id: str, kind: str, data: Json) -> None:
    """Create an artifact of a task run."""
    payload = {"task_run_id": task_run_id, "kind": kind, "data": data}
    api.mutate("create_task_run_artifact", "id", **payload)


def task_run_ids(api: GraphQL, flow_run_id: str) -> Dict[str, str]:
    """Return the ids of a flow run's task runs by the slugs of their tasks."""
    text = "query($id: uuid!) { flow_run_by_pk(id: $id) { task_runs { id task { slug } } } }"
    rows = api.query(text, id=flow_run_id)["task_runs"]
    return {row["task"]["slug"]: row["id"] for row in rows}


class FailedTask(NamedTuple):
    """A task run that failed."""

    name: str
    message: str


def failed_tasks(api: GraphQL, flow_run_id: str) -> List[FailedTask]:
    """Return the failed task runs of a flow run, without those that never started."""
    rows = api.query(
        "query($id: uuid!) { task_run(where: {flow_run_id: {_eq: $id}, "
        'state: {_in: ["Failed", "TimedOut"]}}) { state_message task { name } } }',
        id=flow_run_id,
    )
    return [FailedTask(row["task"]["name"], row["state_message"]) for row in rows]
