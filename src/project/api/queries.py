"""Every GraphQL request of this package, each with the rows that it returns."""

from __future__ import annotations

from typing import (
    Any,
    Dict,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Set,
    Tuple,
    TypedDict,
)

import pendulum

from project.api.transport import REQUEST_SECONDS

Json = Any  # a JSON value

PAGE = 200  # rows of a query that is repeated for more
REGISTER_SECONDS = 60.0  # for 500 tasks or edges

# A filter with null matches everything: without a tenant, queries search all tenants.


class GraphQL(Protocol):
    """Protocol of a client that sends GraphQL to a Prefect API."""

    def query(self, text: str, **variables: Json) -> Any:
        """Return the value of a query's only root field."""

    def mutate(
        self, name: str, fields: str, /, *, seconds: float = REQUEST_SECONDS, **payload: Json
    ) -> Any:
        """Run a mutation within some seconds, and return its payload."""


# --- API -------------------------------------------------------------------------------------


class TenantRow(NamedTuple):
    """A tenant of a Prefect Server."""

    id: str
    slug: str


def tenants(api: GraphQL) -> List[TenantRow]:
    """Return the tenants; a new Prefect Server has none."""
    return [TenantRow(row["id"], row["slug"]) for row in api.query("query { tenant { id slug } }")]


def create_tenant(api: GraphQL, name: str) -> str:
    """Create a tenant and return its id."""
    return str(api.mutate("create_tenant", "id", name=name, slug=name)["id"])


def find_project(api: GraphQL, tenant_id: Optional[str], name: str) -> Optional[str]:
    """Return the id of a Prefect project, if the tenant has one of this name."""
    rows = api.query(
        "query($name: String, $tenant: uuid) "
        "{ project(where: {name: {_eq: $name}, tenant_id: {_eq: $tenant}}) { id } }",
        name=name,
        tenant=tenant_id,
    )
    return str(rows[0]["id"]) if rows else None


def create_project(api: GraphQL, tenant_id: str, name: str) -> str:
    """Create a Prefect project and return its id."""
    return str(api.mutate("create_project", "id", name=name, tenant_id=tenant_id)["id"])


class AgentRow(NamedTuple):
    """An agent that has registered with the API; ``last_queried`` is a timestamp."""

    name: str
    labels: List[str]
    last_queried: Optional[str]


def agents(api: GraphQL, tenant_id: Optional[str]) -> List[AgentRow]:
    """Return all agents that have registered for a tenant."""
    text = (
        "query($tenant: uuid) { agent(where: {tenant_id: {_eq: $tenant}}) "
        "{ name labels last_queried } }"
    )
    rows = api.query(text, tenant=tenant_id)
    return [AgentRow(row["name"], row["labels"] or [], row["last_queried"]) for row in rows]


# --- flows -----------------------------------------------------------------------------------


class FlowRow(NamedTuple):
    """The newest version of a flow, with the settings that all its versions share.

    It has fewer tasks or edges than the flow if its registration was interrupted.
    """

    id: str
    version: int
    task_count: int
    edge_count: int
    flow_group_id: str
    idempotency_key: Optional[str]
    default_parameters: Dict[str, Json]


def newest_flow(
    api: GraphQL, tenant_id: Optional[str], project: str, name: str
) -> Optional[FlowRow]:
    """Return the newest version of a flow that is not archived."""
    rows = api.query(
        "query($tenant: uuid, $project: String, $name: String) { flow(where: {archived: "
        "{_eq: false}, name: {_eq: $name}, project: {name: {_eq: $project}, "
        "tenant_id: {_eq: $tenant}}}, order_by: {version: desc}, limit: 1) "
        "{ id version tasks_aggregate { aggregate { count } } edges_aggregate { aggregate "
        "{ count } } flow_group { id settings default_parameters } } }",
        tenant=tenant_id,
        project=project,
        name=name,
    )
    if not rows:
        return None
    row, group = rows[0], rows[0]["flow_group"]
    return FlowRow(
        row["id"],
        row["version"],
        row["tasks_aggregate"]["aggregate"]["count"],
        row["edges_aggregate"]["aggregate"]["count"],
        group["id"],
        group["settings"].get("idempotency_key"),
        group["default_parameters"] or {},
    )


class FlowVersionRow(NamedTuple):
    """A version of a flow, with the variables of its run configuration."""

    flow_group_id: str
    variables: Dict[str, str]


def flow_versions(
    api: GraphQL, tenant_id: Optional[str], projects: Sequence[str]
) -> List[FlowVersionRow]:
    """Return all versions of all flows in some Prefect projects."""
    rows = api.query(
        "query($tenant: uuid, $projects: [String!]) { flow(where: {project: {name: "
        "{_in: $projects}, tenant_id: {_eq: $tenant}}}) { flow_group_id run_config } }",
        tenant=tenant_id,
        projects=list(projects),
    )
    return [
        FlowVersionRow(row["flow_group_id"], (row["run_config"] or {}).get("env") or {})
        for row in rows
    ]


def create_flow(api: GraphQL, project_id: str, compressed_flow: str, key: str) -> str:
    """Create a version of a flow, without its tasks and edges, and return its id.

    If the newest version has the same idempotency key, the API returns that version's id.
    """
    return str(
        api.mutate(
            "create_flow_from_compressed_string", "id", project_id=project_id,
            serialized_flow=compressed_flow, idempotency_key=key, set_schedule_active=False,
        )["id"]
    )  # fmt: skip


def register_tasks(api: GraphQL, flow_id: str, tasks: Sequence[Json]) -> None:
    """Register serialized tasks of a flow; the API ignores those that it has already."""
    rows = {"serialized_tasks": list(tasks)}
    api.mutate("register_tasks", "success", seconds=REGISTER_SECONDS, flow_id=flow_id, **rows)


def register_edges(api: GraphQL, flow_id: str, edges: Sequence[Json]) -> None:
    """Register serialized edges of a flow, whose tasks it must have."""
    rows = {"serialized_edges": list(edges)}
    api.mutate("register_edges", "success", seconds=REGISTER_SECONDS, flow_id=flow_id, **rows)


def registered_edges(api: GraphQL, flow_id: str) -> Set[Tuple[str, str, Optional[str]]]:
    """Return the edges of a registered flow: two slugs and a key each."""
    text = (
        "query($id: uuid!) { edge(where: {flow_id: {_eq: $id}}) "
        "{ upstream_task { slug } downstream_task { slug } key } }"
    )
    return {
        (row["upstream_task"]["slug"], row["downstream_task"]["slug"], row["key"])
        for row in api.query(text, id=flow_id)
    }


def activate_schedule(api: GraphQL, flow_id: str) -> None:
    """Let the scheduler start runs of a flow."""
    api.mutate("set_schedule_active", "success", flow_id=flow_id)


class DeployedRow(NamedTuple):
    """When and how one version of a flow is run: serialized objects of Prefect."""

    schedule: Optional[Dict[str, Json]]
    run_config: Optional[Dict[str, Json]]
    is_schedule_active: bool


def deployed_flow(api: GraphQL, flow_id: str) -> DeployedRow:
    """Return when and how a registered flow is run."""
    text = "query($id: uuid!) { flow_by_pk(id: $id) { schedule run_config is_schedule_active } }"
    return DeployedRow(**api.query(text, id=flow_id))


def deployed_labels(api: GraphQL, flow_id: str) -> List[str]:
    """Return the labels of the runs that name none, such as scheduled ones."""
    text = "query($id: uuid!) { flow_by_pk(id: $id) { run_config flow_group { labels } } }"
    row = api.query(text, id=flow_id)
    own = (row["run_config"] or {}).get("labels") or []
    group = row["flow_group"]["labels"]
    return sorted(own if group is None else group)


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


class ScheduledRow(NamedTuple):
    """A scheduled flow run; ``state_timestamp`` is when it was scheduled."""

    id: str
    labels: List[str]
    state_timestamp: str


def scheduled_flow_runs(
    api: GraphQL, tenant_id: Optional[str], project: str, name: str
) -> List[ScheduledRow]:
    """Return the scheduled runs of a flow, at most the 100 oldest."""
    rows = api.query(
        "query($tenant: uuid, $project: String, $name: String) { flow_run(where: {state: "
        '{_eq: "Scheduled"}, flow: {name: {_eq: $name}, project: {name: {_eq: $project}, '
        "tenant_id: {_eq: $tenant}}}}, order_by: {created: asc}, limit: 100) "
        "{ id labels state_timestamp } }",
        tenant=tenant_id,
        project=project,
        name=name,
    )
    return [ScheduledRow(row["id"], row["labels"] or [], row["state_timestamp"]) for row in rows]


class WaitingRow(NamedTuple):
    """A flow run that has not ended; times are timestamps."""

    id: str
    state: str
    labels: List[str]
    scheduled_start_time: str
    state_timestamp: str
    heartbeat: Optional[str]


def waiting_flow_runs(
    api: GraphQL, tenant_id: Optional[str], project: str, name: str, limit: int
) -> List[WaitingRow]:
    """Return the runs of a flow that should have ended or will run next, the oldest first."""
    rows = api.query(
        "query($tenant: uuid, $project: String, $name: String, $limit: Int) { flow_run(where: "
        '{state: {_in: ["Scheduled", "Submitted", "Running", "Cancelling"]}, flow: {name: '
        "{_eq: $name}, project: {name: {_eq: $project}, tenant_id: {_eq: $tenant}}}}, "
        "order_by: {created: asc}, limit: $limit) "
        "{ id state labels scheduled_start_time state_timestamp heartbeat } }",
        tenant=tenant_id,
        project=project,
        name=name,
        limit=limit,
    )
    return [WaitingRow(**{**row, "labels": row["labels"] or []}) for row in rows]


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


def set_flow_run_labels(api: GraphQL, flow_run_id: str, labels: Sequence[str]) -> None:
    """Set which agents may pick up a flow run."""
    api.mutate("set_flow_run_labels", "success", flow_run_id=flow_run_id, labels=list(labels))


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


def log_timestamps(api: GraphQL, flow_run_id: str, first: str, last: str) -> List[str]:
    """Return the timestamps of a flow run's log lines between two timestamps, both included."""
    rows = api.query(
        "query($run: uuid, $first: timestamptz, $last: timestamptz) "
        "{ log(where: {flow_run_id: {_eq: $run}, timestamp: {_gte: $first, _lte: $last}}) "
        "{ timestamp } }",
        run=flow_run_id,
        first=first,
        last=last,
    )
    return [row["timestamp"] for row in rows]


def write_run_logs(api: GraphQL, lines: Sequence[Mapping[str, Json]]) -> None:
    """Store log lines."""
    api.mutate("write_run_logs", "success", logs=[dict(line) for line in lines])


def create_task_run_artifact(api: GraphQL, task_run_id: str, kind: str, data: Json) -> None:
    """Create an artifact of a task run."""
    payload = {"task_run_id": task_run_id, "kind": kind, "data": data}
    api.mutate("create_task_run_artifact", "id", **payload)


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
    """A flow run, with its events since a given time, oldest first."""

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
    """Return the failed task runs of a flow run, without those that never started."""
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
    project: str
    flow_name: str
    flow_version: int
    state: str
    start_time: Optional[str]
    end_time: Optional[str]
    scheduled_start_time: Optional[str]


class RunFilter(NamedTuple):
    """Which flow runs to list: of these projects, in these states, of this flow, begun since then.

    What is empty or ``None`` restricts nothing; ``since`` is a timestamp.
    """

    projects: Sequence[str] = ()
    states: Sequence[str] = ()
    flow: Optional[str] = None
    since: Optional[str] = None


def flow_runs_before(
    api: GraphQL, flow_group_ids: Sequence[str], states: Sequence[str], before: str, offset: int
) -> List[str]:
    """Return the ids of flow runs in one of some states since before a timestamp.

    They are at most ``PAGE``, from an offset on.
    """
    rows = api.query(
        "query($groups: [uuid!], $states: [String!], $before: timestamptz, $limit: Int, "
        "$offset: Int) { flow_run(where: {state: {_in: $states}, state_timestamp: {_lt: $before}, "
        "flow: {flow_group_id: {_in: $groups}}}, order_by: {created: asc, id: asc}, "
        "limit: $limit, offset: $offset) { id } }",
        groups=list(flow_group_ids),
        states=list(states),
        before=before,
        limit=PAGE,
        offset=offset,
    )
    return [row["id"] for row in rows]


def latest_flow_runs(
    api: GraphQL, tenant_id: Optional[str], run_filter: RunFilter, limit: int
) -> List[FlowRunRow]:
    """Return the latest flow runs, newest first, by when they started or, if not, were due.

    Runs that are scheduled for the future are left out, unless the filter names that state.
    """
    conditions: List[Json] = [{"tenant_id": {"_eq": tenant_id}}]
    if run_filter.projects:
        conditions.append({"flow": {"project": {"name": {"_in": list(run_filter.projects)}}}})
    if run_filter.states:
        conditions.append({"state": {"_in": list(run_filter.states)}})
    if run_filter.flow is not None:
        conditions.append({"flow": {"name": {"_eq": run_filter.flow}}})
    started: Json = {"start_time": {"_is_null": False}}
    not_started: Json = {"start_time": {"_is_null": True}}
    if "Scheduled" not in run_filter.states:
        is_due = {"scheduled_start_time": {"_lte": pendulum.now("utc").isoformat()}}
        not_started["_or"] = [is_due, {"state": {"_neq": "Scheduled"}}]
    # Two requests: an API cannot sort by the first of two columns that has a value. A run that
    # starts between them is in both.
    since = run_filter.since
    found = [
        *_flow_runs_by("scheduled_start_time", api, [*conditions, not_started], since, limit),
        *_flow_runs_by("start_time", api, [*conditions, started], since, limit),
    ]
    rows = list({row.id: row for row in found}.values())
    rows.sort(key=lambda row: row.start_time or row.scheduled_start_time or "", reverse=True)
    return rows[:limit]


def _flow_runs_by(
    column: str, api: GraphQL, conditions: Sequence[Json], since: Optional[str], limit: int
) -> List[FlowRunRow]:
    """Return the flow runs with the latest times in a column, none before ``since``."""
    is_recent = [{column: {"_gte": since}}] if since is not None else []
    rows = api.query(
        "query($where: flow_run_bool_exp, $limit: Int) { flow_run(where: $where, "
        f"order_by: {{{column}: desc}}, limit: $limit) "
        "{ id name state start_time end_time scheduled_start_time "
        "flow { name version project { name } } } }",
        where={"_and": [*conditions, *is_recent]},
        limit=limit,
    )
    return [
        FlowRunRow(
            id=row["id"],
            name=row["name"],
            project=row["flow"]["project"]["name"],
            flow_name=row["flow"]["name"],
            flow_version=row["flow"]["version"],
            state=row["state"],
            start_time=row["start_time"],
            end_time=row["end_time"],
            scheduled_start_time=row["scheduled_start_time"],
        )
        for row in rows
    ]


class RunState(NamedTuple):
    """A flow run's id and the name of its state."""

    id: str
    state: str


def flow_runs_between(
    api: GraphQL, tenant_id: Optional[str], first: str, last: str, limit: int
) -> List[RunState]:
    """Return the newest flow runs whose ids are between two ids, both included."""
    rows = api.query(
        "query($tenant: uuid, $first: uuid, $last: uuid, $limit: Int) { flow_run(where: "
        "{tenant_id: {_eq: $tenant}, id: {_gte: $first, _lte: $last}}, "
        "order_by: {created: desc}, limit: $limit) { id state } }",
        tenant=tenant_id,
        first=first,
        last=last,
        limit=limit,
    )
    return [RunState(row["id"], row["state"]) for row in rows]
