"""Single flow runs: their creation, states, heartbeats and deletion."""

from __future__ import annotations

from typing import Dict, Mapping, Optional, Sequence

from project.api.graphql import GraphQL, Json


def create_flow_run(
    api: GraphQL,
    flow_id: str,
    parameters: Mapping[str, Json],
    key: str,
    **options: Json,
) -> str:
    """Create a flow run and return its id.

    The options are ``labels`` and ``run_config``, by default those of the flow, and ``context``,
    which Prefect's context has in the processes that take up the run.

    If a run of the flow has the same idempotency ``key``, the API returns that run's id.
    """
    given = {name: value for name, value in options.items() if value is not None}
    payload = {"flow_id": flow_id, "parameters": dict(parameters), "idempotency_key": key, **given}
    return str(api.mutate("create_flow_run", "id", **payload)["id"])


def cancel_flow_run(api: GraphQL, flow_run_id: str) -> str:
    """Cancel a flow run and return its new state."""
    return str(api.mutate("cancel_flow_run", "state", flow_run_id=flow_run_id)["state"])


def set_flow_run_state(api: GraphQL, flow_run_id: str, state: Json) -> None:
    """Set the state of a flow run, serialized."""
    states = [{"flow_run_id": flow_run_id, "state": state, "version": None}]
    api.mutate("set_flow_run_states", "states { status }", states=states)


def set_flow_run_labels(api: GraphQL, flow_run_id: str, labels: Sequence[str]) -> None:
    """Set which agents may pick up a flow run."""
    api.mutate("set_flow_run_labels", "success", flow_run_id=flow_run_id, labels=list(labels))


def update_heartbeat(api: GraphQL, flow_run_id: str) -> None:
    """Report that the process of a flow run is alive."""
    api.mutate("update_flow_run_heartbeat", "success", flow_run_id=flow_run_id)


def flow_of_run(api: GraphQL, flow_run_id: str) -> str:
    """Return the id of a flow run's flow."""
    row = api.query("query($id: uuid!) { flow_run_by_pk(id: $id) { flow_id } }", id=flow_run_id)
    return str(row["flow_id"])


def flow_run_states(api: GraphQL, ids: Sequence[str]) -> Dict[str, str]:
    """Return the names of the states of flow runs, by the ids of those that the API has."""
    text = "query($ids: [uuid!]) { flow_run(where: {id: {_in: $ids}}) { id state } }"
    return {row["id"]: row["state"] for row in api.query(text, ids=list(ids))}


def delete_flow_run(api: GraphQL, flow_run_id: str) -> None:
    """Delete a flow run with its task runs, states and logs."""
    api.mutate("delete_flow_run", "success", flow_run_id=flow_run_id)


def flow_run_state(api: GraphQL, flow_run_id: str) -> Optional[str]:
    """Return the name of a flow run's state, or ``None`` if the API has no such run."""
    row = api.query("query($id: uuid!) { flow_run_by_pk(id: $id) { state } }", id=flow_run_id)
    return None if row is None else str(row["state"])


def last_heartbeat(api: GraphQL, flow_run_id: str) -> Optional[str]:
    """Return when a Running flow run had a heartbeat; ``None`` for one that is not Running."""
    text = "query($id: uuid!) { flow_run_by_pk(id: $id) { state heartbeat } }"
    row = api.query(text, id=flow_run_id)
    return row["heartbeat"] if row is not None and row["state"] == "Running" else None
