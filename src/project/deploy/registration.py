"""Registration of flows, which makes a new version only if the flow has changed."""

from __future__ import annotations

import json
from datetime import date
from typing import Dict, Mapping, NamedTuple, Optional, Tuple
from uuid import uuid4

from prefect.utilities.graphql import compress

from project.api.batches import batches
from project.api.client import PrefectApi
from project.api.follow import missing_agent
from project.api.graphql import Json
from project.api.queries.flow_runs import create_flow_run
from project.api.queries.flows import (
    DeployedRow,
    FlowRow,
    activate_schedule,
    create_flow,
    deployed_flow,
    flow_version,
    newest_flow,
    register_edges,
    register_tasks,
    registered_edges,
    set_default_parameters,
)
from project.api.queries.projects import create_project, find_project
from project.api.restart import HERE_LABEL
from project.compat import kedro as compat
from project.compat.run_options import RunOptions
from project.deploy.deployment import Deployment, FlowKey, flow_key
from project.errors import FlowRunError
from project.execution.session import CONF_SOURCE
from project.flow.graph import KedroFlow

_NOT_DEPLOYED = (
    "The schedule in prefect.yml is not deployed. Deploy it with 'kedro prefect register', or with "
    "'kedro run' and 'run: none'."
)


class Registration(NamedTuple):
    """A registered version of a flow; ``is_new`` if it was registered just now."""

    flow_id: str
    flow_name: str
    prefect_project: str
    version: int
    is_new: bool = False
    note: Optional[str] = None

    def describe(self) -> str:
        """Return a line of text about the registration, and its note."""
        change = "registered" if self.is_new else "unchanged"
        flow = f"Flow '{self.flow_name}' of project '{self.prefect_project}'"
        return "\n".join(filter(None, [f"{flow}, version {self.version}: {change}", self.note]))


def newest_version(api: PrefectApi, deployment: Deployment) -> Optional[FlowRow]:
    """Return the newest version of a flow that the API has, whatever its tasks are."""
    project, name = deployment.prefect_project, deployment.flow_name
    return newest_flow(api, api.tenant_id, project, name)


class Comparison(NamedTuple):
    """A flow as it would be registered now, and the newest version that the API has of it."""

    flow: KedroFlow
    key: FlowKey
    row: Optional[FlowRow]

    @property
    def registered_key(self) -> FlowKey:
        """The key of the version that the API has."""
        return FlowKey.parse(self.row.idempotency_key if self.row else None)

    @property
    def is_interrupted(self) -> bool:
        """Whether that version is of this flow, but lacks tasks or edges."""
        return (
            self.row is not None
            and self.registered_key.flow == self.key.flow
            and (
                self.row.task_count < len(self.flow.tasks)
                or self.row.edge_count < len(self.flow.edges)
            )
        )


def compare(api: PrefectApi, deployment: Deployment) -> Comparison:
    """Return a flow beside the newest version that the API has of it."""
    flow = deployment.make_flow()
    return Comparison(flow, flow_key(flow, deployment.spec), newest_version(api, deployment))


def find_registration(api: PrefectApi, deployment: Deployment) -> Optional[Registration]:
    """Return the flow's registration, if the API has exactly this version."""
    compared = compare(api, deployment)
    is_same = compared.registered_key == compared.key and not compared.is_interrupted
    return _registration(deployment, compared.row) if compared.row and is_same else None


def require_registration(api: PrefectApi, deployment: Deployment) -> Registration:
    """Return the newest version of a flow that the API has.

    Raises:
        FlowRunError: it is not registered, or its registration was interrupted.
    """
    compared = compare(api, deployment)
    row = compared.row
    name, project = deployment.flow_name, deployment.prefect_project
    if row is None:
        raise FlowRunError(
            f"Flow '{name}' of project '{project}' is not registered at {api.url}. "
            f"{deployment.how_to_register()}"
        )
    if compared.is_interrupted:
        raise FlowRunError(
            f"The registration of version {row.version} of flow '{name}' was interrupted. "
            f"{deployment.how_to_register()}"
        )
    return _registration(deployment, row)


def register(api: PrefectApi, deployment: Deployment) -> Registration:
    """Register a flow unless the API has its tasks, which takes one request to find out.

    This is for runs of ``kedro run``, which may be in any environment: the schedule and the run
    configuration of the registered version stay as they are. Only ``deploy`` changes them.
    """
    with api.exclusive_registration():
        compared = compare(api, deployment)
        if compared.is_interrupted:
            # As if there were none: whether its schedule is to be active is unknown.
            compared = compared._replace(row=None)
        flow, key, row = compared
        current = compared.registered_key
        note = _NOT_DEPLOYED if flow.schedule and current.deployment != key.deployment else None
        if row and current.flow == key.flow:
            return _registration(deployment, row)._replace(note=note)
        flow.schedule = None
        if row is None:
            deployed = DeployedRow(None, None, is_schedule_active=False)
            key = flow_key(flow, deployment.spec)
        else:
            deployed = deployed_flow(api, row.id)
            key = key._replace(deployment=current.deployment)
        return _register_version(api, deployment, flow, key, deployed)._replace(note=note)


def deploy(api: PrefectApi, deployment: Deployment) -> Registration:
    """Register a flow with its schedule and run configuration, unless the API has this version.

    This command's environment becomes the default of the flow's runs.
    """
    with api.exclusive_registration():
        compared = compare(api, deployment)
        flow, key, row = compared
        if row and compared.registered_key == key and not compared.is_interrupted:
            registration = _registration(deployment, row)
        else:
            deployed = DeployedRow(None, None, is_schedule_active=flow.schedule is not None)
            registration = _register_version(api, deployment, flow, key, deployed)
    set_default_env(api, deployment)
    missing = flow.schedule and missing_agent(api, flow.run_config.labels)
    return registration._replace(
        note=missing and f"No agent picks up the scheduled runs: {missing}"
    )


def _register_version(
    api: PrefectApi,
    deployment: Deployment,
    flow: KedroFlow,
    key: FlowKey,
    deployed: DeployedRow,
) -> Registration:
    """Register a version of a flow with the requests of Prefect's own client.

    That client looks up projects across all tenants, and loads the serialized flow again. What is
    ``deployed`` replaces the flow's own.
    """
    # Added after the key was computed: the classes differ between environments.
    catalog = deployment.load_catalog()
    flow.dataset_types = {name: compat.dataset_type(catalog, name) for name in flow.dataset_names()}
    tenant_id, project = api.ensure_tenant(), deployment.prefect_project
    project_id = find_project(api, tenant_id, project)
    if project_id is None:
        project_id = create_project(api, tenant_id, project)
    serialized = _with_deployed(flow.serialize(), deployed, deployment)
    tasks, edges = serialized.pop("tasks"), serialized.pop("edges")
    flow_id = create_flow(api, project_id, compress(serialized), str(key))
    for batch in batches(tasks):
        register_tasks(api, flow_id, batch)
    if deployed.is_schedule_active:
        # Once there are tasks, which its runs need, but before the flow is complete: after an
        # interruption it is registered again.
        activate_schedule(api, flow_id)
    # An interrupted registration has left some; not every API ignores those that it has already.
    known = registered_edges(api, flow_id)
    for batch in batches([edge for edge in edges if _edge_key(edge) not in known]):
        register_edges(api, flow_id, batch)
    version = flow_version(api, flow_id)
    return Registration(flow_id, flow.name, project, version, is_new=True)


def _with_deployed(
    serialized: Dict[str, Json], deployed: DeployedRow, deployment: Deployment
) -> Dict[str, Json]:
    """Return a serialized flow with the schedule and the run configuration that are deployed."""
    schedule, run_config = deployed.schedule, deployed.run_config
    if run_config is not None:
        own, others = serialized["run_config"]["env"], run_config.get("env") or {}
        run_config = {**run_config, "env": {**own, **others, **deployment.spec.to_env()}}
    return {
        **serialized,
        "schedule": schedule or serialized["schedule"],
        "run_config": run_config or serialized["run_config"],
    }


def _edge_key(edge: Mapping[str, Json]) -> Tuple[str, str, Optional[str]]:
    return edge["upstream_task"]["slug"], edge["downstream_task"]["slug"], edge["key"]


def _registration(deployment: Deployment, row: FlowRow) -> Registration:
    return Registration(row.id, deployment.flow_name, deployment.prefect_project, row.version)


def start_run_here(
    api: PrefectApi,
    registration: Registration,
    options: RunOptions,
    key: str,
    conf_source: Optional[str] = None,
) -> str:
    """Create a flow run that no agent picks up, and return its id.

    A repeated request with the same idempotency ``key`` creates no second run. A restart refuses to
    continue a run that has read another ``conf_source`` than the project's own.
    """
    return create_flow_run(
        api,
        registration.flow_id,
        run_parameters(options),
        key,
        labels=[HERE_LABEL],
        context={CONF_SOURCE: conf_source} if conf_source else None,
    )


def start_agent_run(
    api: PrefectApi,
    registration: Registration,
    options: RunOptions,
    deployment: Optional[Deployment] = None,
) -> str:
    """Create a flow run for an agent and return its id.

    It has the run configuration and the labels of the ``deployment``, or else of the registered
    version, which may have been deployed from another environment.

    Raises:
        FlowRunError: a parameter is a number that JSON does not have, so no agent can receive it.
    """
    try:
        json.dumps(dict(options), default=_as_json, allow_nan=False)
    except ValueError as error:
        raise FlowRunError(
            "A parameter is .nan or .inf, which a Prefect API cannot pass on to an agent. Use "
            "another value."
        ) from error
    run_config = deployment.make_run_config() if deployment else None
    return create_flow_run(
        api,
        registration.flow_id,
        run_parameters(options),
        key=str(uuid4()),
        labels=sorted(run_config.labels) if run_config else None,
        run_config=run_config.serialize() if run_config else None,
    )


def run_parameters(options: RunOptions) -> Dict[str, Json]:
    """Return the parameters of a flow run.

    Dates and numbers that JSON does not have become strings, sets and tuples lists. ``env`` is sent
    even if it is ``None``; only without it does the API use the flow group's default environment.
    """
    text = json.dumps(dict(options), default=_as_json)
    as_json: Dict[str, Json] = json.loads(text, parse_constant=str)
    return {name: value for name, value in as_json.items() if value is not None or name == "env"}


def _as_json(value: object) -> Json:
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def has_default_env(api: PrefectApi, deployment: Deployment) -> bool:
    """Return whether this command's environment is the default of the flow's runs."""
    row = newest_version(api, deployment)
    return row is not None and row.default_parameters.get("env") == deployment.env


def set_default_env(api: PrefectApi, deployment: Deployment) -> None:
    """Make this environment the default of runs that name none, such as scheduled ones.

    The default belongs to the flow group: it applies to all versions and is part of none.
    """
    row = newest_version(api, deployment)
    if row is None:
        return
    defaults = {name: value for name, value in row.default_parameters.items() if name != "env"}
    if deployment.env:
        defaults["env"] = deployment.env
    if defaults != row.default_parameters:
        set_default_parameters(api, row.flow_group_id, defaults)
