"""Registration of flows, which makes a new version only if the flow has changed."""

from __future__ import annotations

import json
from datetime import date
from typing import Dict, NamedTuple, Optional

from prefect.utilities.graphql import compress

from project.api import queries
from project.api.batches import batches
from project.api.client import PrefectApi
from project.compat import kedro as compat
from project.compat.run_options import RunOptions
from project.deploy.deployment import Deployment, flow_key
from project.deploy.orphans import HERE_LABEL
from project.errors import FlowRunError
from project.flow.graph import KedroFlow


class Registration(NamedTuple):
    """A registered version of a flow; ``is_new`` if it was registered just now."""

    flow_id: str
    flow_name: str
    prefect_project: str
    version: int
    is_new: bool

    def describe(self) -> str:
        """Return a line of text about the registration."""
        change = "registered" if self.is_new else "unchanged"
        flow = f"Flow '{self.flow_name}' of project '{self.prefect_project}'"
        return f"{flow}, version {self.version}: {change}"


def find_registration(api: PrefectApi, deployment: Deployment) -> Optional[Registration]:
    """Return the flow's registration, if the API has exactly this version."""
    return _find(api, deployment, flow_key(deployment.make_flow(), deployment.spec))


def require_registration(api: PrefectApi, deployment: Deployment) -> Registration:
    """Return the newest version of a flow that the API has.

    Raises:
        FlowRunError: it is not registered.
    """
    row = _newest(api, deployment)
    name, project = deployment.flow_name, deployment.prefect_project
    if row is None:
        raise FlowRunError(
            f"Flow '{name}' of project '{project}' is not registered at {api.url}. "
            f"{deployment.how_to_register()}"
        )
    return Registration(row.id, name, project, row.version, is_new=False)


def register(api: PrefectApi, deployment: Deployment) -> Registration:
    """Register a flow unless the API has this version, which takes one request to find out."""
    flow = deployment.make_flow()
    key = flow_key(flow, deployment.spec)
    with api.exclusive_registration():
        current = _find(api, deployment, key)
        return current or _register(api, deployment, flow, key)


def _register(api: PrefectApi, deployment: Deployment, flow: KedroFlow, key: str) -> Registration:
    # Added after the key was computed: the classes differ between environments.
    catalog = deployment.load_catalog()
    flow.dataset_types = {name: compat.dataset_type(catalog, name) for name in flow.dataset_names()}
    flow_id = _register_version(api, deployment.prefect_project, flow, key)
    version = queries.flow_version(api, flow_id)
    return Registration(flow_id, flow.name, deployment.prefect_project, version, is_new=True)


def _register_version(api: PrefectApi, project: str, flow: KedroFlow, key: str) -> str:
    """Register a version of a flow with the requests of Prefect's own client; return its id.

    That client looks up projects across all tenants, and loads the serialized flow again.
    """
    tenant_id = api.ensure_tenant()
    project_id = queries.find_project(api, tenant_id, project)
    if project_id is None:
        project_id = queries.create_project(api, tenant_id, project)
    serialized = flow.serialize()
    tasks, edges = serialized.pop("tasks"), serialized.pop("edges")
    flow_id = queries.create_flow(api, project_id, compress(serialized), key)
    for batch in batches(tasks):
        queries.register_tasks(api, flow_id, batch)
    for batch in batches(edges):
        queries.register_edges(api, flow_id, batch)
    if flow.schedule is not None:
        queries.activate_schedule(api, flow_id)  # only now: its runs need the tasks
    return flow_id


def _find(api: PrefectApi, deployment: Deployment, key: str) -> Optional[Registration]:
    row = _newest(api, deployment)
    if row is None or row.idempotency_key != key:
        return None
    name, project = deployment.flow_name, deployment.prefect_project
    return Registration(row.id, name, project, row.version, is_new=False)


def _newest(api: PrefectApi, deployment: Deployment) -> Optional[queries.FlowRow]:
    project, name = deployment.prefect_project, deployment.flow_name
    return queries.newest_flow(api, api.tenant_id, project, name)


def deploy(api: PrefectApi, deployment: Deployment) -> Registration:
    """Register a flow, and make this command's environment the default of its runs."""
    registration = register(api, deployment)
    set_default_env(api, deployment)
    return registration


def start_run(
    api: PrefectApi, registration: Registration, options: RunOptions, key: str, *, is_here: bool
) -> str:
    """Create a flow run and return its id; with ``is_here``, no agent takes it.

    A repeated request with the same idempotency ``key`` creates no second run.
    """
    return queries.create_flow_run(
        api,
        registration.flow_id,
        run_parameters(options),
        key=key,
        labels=[HERE_LABEL] if is_here else None,
    )


def run_parameters(options: RunOptions) -> Dict[str, queries.Json]:
    """Return the parameters of a flow run: dates become strings, sets and tuples lists."""
    as_json: Dict[str, queries.Json] = json.loads(json.dumps(dict(options), default=_as_json))
    parameters = {name: value for name, value in as_json.items() if value is not None}
    # Sent even if it is None: otherwise the API would use the flow group's default environment.
    parameters.setdefault("env", None)
    return parameters


def _as_json(value: object) -> queries.Json:
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def has_default_env(api: PrefectApi, deployment: Deployment) -> bool:
    """Return whether this command's environment is the default of the flow's runs."""
    row = _newest(api, deployment)
    return row is not None and row.default_parameters.get("env") == deployment.env


def set_default_env(api: PrefectApi, deployment: Deployment) -> None:
    """Make this environment the default of runs that name none, such as scheduled ones.

    The default belongs to the flow group: it applies to all versions and is part of none.
    """
    row = _newest(api, deployment)
    if row is None:
        return
    defaults = {name: value for name, value in row.default_parameters.items() if name != "env"}
    if deployment.env:
        defaults["env"] = deployment.env
    if defaults != row.default_parameters:
        queries.set_default_parameters(api, row.flow_group_id, defaults)
