"""Every GraphQL request of this package, each with the rows that it returns."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Protocol, Sequence

Json = Any  # a value as JSON has it


class GraphQL(Protocol):
    """What can send GraphQL to a Prefect API."""

    def query(self, text: str, **variables: Json) -> Any:
        """Return the value of the one root field of a query."""

    def mutate(self, name: str, fields: str, /, **payload: Json) -> Any:
        """Run a mutation and return what it returns."""


# --- API -------------------------------------------------------------------------------------


def hello(api: GraphQL) -> None:
    """Check that the API answers."""
    api.query("query { hello }")


def tenant_slugs(api: GraphQL) -> List[str]:
    """Return the slugs of the tenants."""
    return [row["slug"] for row in api.query("query { tenant { id slug } }")]


def create_tenant(api: GraphQL) -> None:
    """Create the tenant ``default``."""
    api.mutate("create_tenant", "id", name="default", slug="default")


def has_project(api: GraphQL, name: str) -> bool:
    """Return whether the API has a Prefect project of this name."""
    text = "query($name: String) { project(where: {name: {_eq: $name}}) { id } }"
    return bool(api.query(text, name=name))


class AgentRow(NamedTuple):
    """An agent that has registered with the API; ``last_queried`` is a timestamp."""

    name: str
    labels: List[str]
    last_queried: Optional[str]


def agents(api: GraphQL) -> List[AgentRow]:
    """Return all agents that the API knows."""
    rows = api.query("query { agent { name labels last_queried } }")
    return [AgentRow(row["name"], row["labels"] or [], row["last_queried"]) for row in rows]


# --- flows -----------------------------------------------------------------------------------


class FlowRow(NamedTuple):
    """The newest version of a flow, with what belongs to all of its versions."""

    id: str
    version: int
    flow_group_id: str
    idempotency_key: Optional[str]
    default_parameters: Dict[str, Json]


def newest_flow(api: GraphQL, name: str, project: str) -> Optional[FlowRow]:
    """Return the newest version of a flow that is not archived."""
    rows = api.query(
        "query($name: String, $project: String) { flow(where: {name: {_eq: $name}, "
        "archived: {_eq: false}, project: {name: {_eq: $project}}}, order_by: {version: desc}, "
        "limit: 1) { id version flow_group { id settings default_parameters } } }",
        name=name,
        project=project,
    )
    if not rows:
        return None
    row, group = rows[0], rows[0]["flow_group"]
    key = group["settings"].get("idempotency_key")
    return FlowRow(row["id"], row["version"], group["id"], key, group["default_parameters"] or {})


class RegisteredTasks(NamedTuple):
    """The tasks of one version of a flow."""

    version: int
    slugs: List[str]


def registered_tasks(api: GraphQL, flow_id: str) -> RegisteredTasks:
    """Return the tasks of a registered flow."""
    text = "query($id: uuid!) { flow_by_pk(id: $id) { version tasks { slug } } }"
    row = api.query(text, id=flow_id)
    return RegisteredTasks(row["version"], [task["slug"] for task in row["tasks"]])


def flow_version(api: GraphQL, flow_id: str) -> int:
    """Return the version of a registered flow."""
    row = api.query("query($id: uuid!) { flow_by_pk(id: $id) { version } }", id=flow_id)
    return int(row["version"])


def set_default_parameters(
    api: GraphQL, flow_group_id: str, parameters: Mapping[str, Json]
) -> None:
    """Set the default parameters of all versions of a flow."""
    api.mutate(
        "set_flow_group_default_parameters", "success",
        flow_group_id=flow_group_id, parameters=dict(parameters),
    )  # fmt: skip


# --- flow runs -------------------------------------------------------------------------------


def create_flow_run(
    api: GraphQL,
    flow_id: str,
    parameters: Mapping[str, Json],
    labels: Optional[Sequence[str]] = None,
) -> str:
    """Create a flow run and return its id; without ``labels`` it gets those of the flow."""
    given = {} if labels is None else {"labels": list(labels)}
    payload = {"flow_id": flow_id, "parameters": dict(parameters), **given}
    return str(api.mutate("create_flow_run", "id", **payload)["id"])


def cancel_flow_run(api: GraphQL, flow_run_id: str) -> str:
    """Cancel a flow run and return its new state."""
    return str(api.mutate("cancel_flow_run", "state", flow_run_id=flow_run_id)["state"])


def set_flow_run_state(api: GraphQL, flow_run_id: str, state: Json) -> None:
    """Set the state of a flow run, serialized."""
    states = [{"flow_run_id": flow_run_id, "state": state, "version": None}]
    api.mutate("set_flow_run_states", "states { status }", states=states)


class TaskRunState(NamedTuple):
    """A serialized state of a task run."""

    task_run_id: str
    state: Json


def set_task_run_states(api: GraphQL, states: Sequence[TaskRunState]) -> None:
    """Set the states of task runs."""
    rows = [{**state._asdict(), "version": None} for state in states]
    api.mutate("set_task_run_states", "states { status }", states=rows)


def write_run_logs(api: GraphQL, lines: Sequence[Mapping[str, Json]]) -> None:
    """Store log lines."""
    api.mutate("write_run_logs", "success", logs=[dict(line) for line in lines])


def update_heartbeat(api: GraphQL, flow_run_id: str) -> None:
    """Report that the process of a flow run is alive."""
    api.mutate("update_flow_run_heartbeat", "success", flow_run_id=flow_run_id)


def flow_run_state(api: GraphQL, flow_run_id: str) -> Optional[str]:
    """Return the name of a flow run's state; ``None``: the API does not have the run."""
    row = api.query("query($id: uuid!) { flow_run_by_pk(id: $id) { state } }", id=flow_run_id)
    return None if row is None else str(row["state"])


def task_run_ids(api: GraphQL, flow_run_id: str) -> Dict[str, str]:
    """Return the ids of a flow run's task runs by the slugs of their tasks."""
    text = "query($id: uuid!) { flow_run_by_pk(id: $id) { task_runs { id task { slug } } } }"
    rows = api.query(text, id=flow_run_id)["task_runs"]
    return {row["task"]["slug"]: row["id"] for row in rows}


class Event(NamedTuple):
    """A state or a log line of a flow run; ``label`` is the state's name or the line's level."""

    id: str
    timestamp: str
    label: str
    message: str
    is_state: bool


class FollowedRun(NamedTuple):
    """A flow run with what has happened in it since some time, oldest first."""

    state: str
    state_message: Optional[str]
    labels: List[str]
    events: List[Event]


def follow_flow_run(api: GraphQL, flow_run_id: str, since: str) -> Optional[FollowedRun]:
    """Return a flow run and its states and log lines since a timestamp."""
    row = api.query(
        "query($id: uuid!, $since: timestamptz) { flow_run_by_pk(id: $id) "
        "{ state state_message labels "
        "states(where: {timestamp: {_gte: $since}}) { id timestamp state message } "
        "logs(where: {timestamp: {_gte: $since}}) { id timestamp level message } } }",
        id=flow_run_id,
        since=since,
    )
    if row is None:
        return None
    events = [_event(each, "state") for each in row["states"]]
    events += [_event(each, "level") for each in row["logs"]]
    events.sort(key=lambda event: event.timestamp)
    return FollowedRun(row["state"], row["state_message"], row["labels"] or [], events)


def _event(row: Mapping[str, Json], label: str) -> Event:
    message = row["message"] or ""
    return Event(str(row["id"]), row["timestamp"], row[label], message, label == "state")


class FailedTask(NamedTuple):
    """A task run that failed."""

    name: str
    message: str


def failed_tasks(api: GraphQL, flow_run_id: str) -> List[FailedTask]:
    """Return the task runs of a flow run that failed, without those that were never started."""
    rows = api.query(
        "query($id: uuid!) { task_run(where: {flow_run_id: {_eq: $id}, "
        'state: {_in: ["Failed", "TimedOut"]}}) { state_message task { name } } }',
        id=flow_run_id,
    )
    return [FailedTask(row["task"]["name"], row["state_message"]) for row in rows]


class FlowRunRow(NamedTuple):
    """A flow run in a list; times are timestamps."""

    id: str
    name: str
    flow_name: str
    flow_version: int
    state: str
    start_time: Optional[str]
    end_time: Optional[str]
    scheduled_start_time: Optional[str]


def latest_flow_runs(api: GraphQL, limit: int) -> List[FlowRunRow]:
    """Return the flow runs that were created last, newest first."""
    rows = api.query(
        "query($limit: Int) { flow_run(order_by: {created: desc}, limit: $limit) "
        "{ id name state start_time end_time scheduled_start_time flow { name version } } }",
        limit=limit,
    )
    return [
        FlowRunRow(
            id=row["id"],
            name=row["name"],
            flow_name=row["flow"]["name"],
            flow_version=row["flow"]["version"],
            state=row["state"],
            start_time=row["start_time"],
            end_time=row["end_time"],
            scheduled_start_time=row["scheduled_start_time"],
        )
        for row in rows
    ]
