"""Flows: their versions, and what is registered and deployed."""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from project.api.graphql import GraphQL, Json

REGISTER_SECONDS = 60.0  # for 500 tasks or edges


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
