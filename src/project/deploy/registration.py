"""Registering a flow: a new version if something that matters has changed, and nothing else."""

from __future__ import annotations

import json
import warnings
from datetime import date
from typing import Any, Dict, NamedTuple, Optional

from project.api import queries
from project.api.client import PrefectApi
from project.compat import kedro as compat
from project.compat.run_options import RunOptions
from project.deploy.deployment import Deployment, flow_key

# No agent has this label, so that none takes a run that belongs to a process of `kedro run`.
HERE_LABEL = "kedro-run"


class Registration(NamedTuple):
    """A version of a flow that the API has; ``is_new`` if it was registered just now."""

    flow_id: str
    flow_name: str
    prefect_project: str
    version: int
    is_new: bool

    def describe(self) -> str:
        """Return the line that reports it."""
        change = "registered" if self.is_new else "unchanged"
        flow = f"Flow '{self.flow_name}' of project '{self.prefect_project}'"
        return f"{flow}, version {self.version}: {change}"


def find_registration(api: PrefectApi, deployment: Deployment) -> Optional[Registration]:
    """Return what the API has of a flow, if that is exactly what would be registered."""
    return _find(api, deployment, flow_key(deployment.make_flow(), deployment.spec))


def register(api: PrefectApi, deployment: Deployment) -> Registration:
    """Register a flow unless the API has exactly this version, which costs one request."""
    flow = deployment.make_flow()
    key = flow_key(flow, deployment.spec)
    current = _find(api, deployment, key)
    if current is not None:
        return current
    catalog = deployment.load_catalog()
    flow.dataset_types = {name: compat.dataset_type(catalog, name) for name in flow.dataset_names()}
    api.ensure_tenant()
    with api.translate_errors(), warnings.catch_warnings():
        # Prefect warns that results are not kept: that is the setting `result`, and its default.
        warnings.simplefilter("ignore", UserWarning)
        api.client.create_project(deployment.prefect_project)
        flow_id = api.client.register(
            flow, deployment.prefect_project, build=False, no_url=True, idempotency_key=key,
            set_schedule_active=flow.schedule is not None,
        )  # fmt: skip
    version = queries.flow_version(api, flow_id)
    return Registration(flow_id, flow.name, deployment.prefect_project, version, is_new=True)


def _find(api: PrefectApi, deployment: Deployment, key: str) -> Optional[Registration]:
    row = queries.newest_flow(api, deployment.flow_name, deployment.prefect_project)
    if row is None or row.idempotency_key != key:
        return None
    name, project = deployment.flow_name, deployment.prefect_project
    return Registration(row.id, name, project, row.version, is_new=False)


def deploy(api: PrefectApi, deployment: Deployment) -> Registration:
    """Register a flow, and let its runs use this command's environment by default."""
    registration = register(api, deployment)
    set_default_env(api, deployment)
    return registration


def start_run(
    api: PrefectApi, registration: Registration, options: RunOptions, *, is_here: bool
) -> str:
    """Create a flow run and return its id; ``is_here``: not one for agents."""
    labels = [HERE_LABEL] if is_here else None
    return queries.create_flow_run(api, registration.flow_id, run_parameters(options), labels)


def run_parameters(options: RunOptions) -> Dict[str, queries.Json]:
    """Return the parameters of a flow run: dates become strings, sets and tuples lists."""
    as_json: Dict[str, Any] = json.loads(json.dumps(dict(options), default=_as_json))
    parameters = {name: value for name, value in as_json.items() if value is not None}
    # Given even if it is None: else the API would fill in the flow's default environment.
    parameters.setdefault("env", None)
    return parameters


def _as_json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def has_default_env(api: PrefectApi, deployment: Deployment) -> bool:
    """Return whether runs that name no environment use the one of this command."""
    row = queries.newest_flow(api, deployment.flow_name, deployment.prefect_project)
    return row is not None and row.default_parameters.get("env") == deployment.env


def set_default_env(api: PrefectApi, deployment: Deployment) -> None:
    """Let runs that name no environment, such as scheduled ones, use the one of this command.

    It belongs to all versions of the flow, and is no part of one.
    """
    row = queries.newest_flow(api, deployment.flow_name, deployment.prefect_project)
    if row is None:
        return
    defaults = {name: value for name, value in row.default_parameters.items() if name != "env"}
    if deployment.env:
        defaults["env"] = deployment.env
    if defaults != row.default_parameters:
        queries.set_default_parameters(api, row.flow_group_id, defaults)
