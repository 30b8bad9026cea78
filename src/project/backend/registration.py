"""Registering a flow: a new version when something that matters has changed, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from pathlib import Path
from typing import Any, Callable, Dict, NamedTuple, Optional, Set, Tuple

import prefect
from kedro.pipeline import Pipeline
from prefect import Client
from prefect.storage import Module

from project import compat
from project.backend.api import Api
from project.backend.hosted import host
from project.backend.prefect_objects import (
    make_result,
    make_run_config,
    make_schedule,
    make_storage,
)
from project.config import Settings
from project.errors import FlowRunError
from project.flow.build import build_flow
from project.flow.executors import make_executor
from project.flow.flow import KedroFlow
from project.flow.source import Source

VARIABLE = "KEDRO_PREFECT_FLOW"
# Where an agent has projects: their folders by the names of their packages, as JSON.
PROJECTS_VARIABLE = "KEDRO_PREFECT_PROJECTS"

# Prefect's default is a child process for heartbeats, which outlives a run that is killed.
_ALIVE = {"PREFECT__CLOUD__HEARTBEAT_MODE": "thread"}
STORED = "project.backend.registration:load_flow"

# Which API is told and who runs the flow is no part of what is registered: a CI job and a developer
# say it differently.
_OF_THIS_COMMAND = {"api", "run", "wait"}


class Registered(NamedTuple):
    """Say what a registration came to; ``is_new`` when the API got a new version by it."""

    flow_id: str
    name: str
    version: int
    is_new: bool


class Registrable(NamedTuple):
    """Hold a whole pipeline, and what else of a project matters when it is registered.

    ``catalog`` makes the catalog, for a new version alone: it may want credentials. ``env`` is
    the Kedro environment that the command was given, if any.
    """

    pipeline: Pipeline
    source: Source
    settings: Settings
    catalog: Callable[[], Any]
    env: Optional[str] = None

    @property
    def prefect_project(self) -> str:
        """Return the name of the Prefect project."""
        return self.settings.project or self.source.package_name

    def flow(self) -> KedroFlow:
        """Return the flow as it would be registered now."""
        return make_flow(self.pipeline, self.source, self.settings)


def make_flow(pipeline: Pipeline, source: Source, settings: Settings) -> KedroFlow:
    """Return the flow of a pipeline with all that is registered with it."""
    name = settings.flow or source.pipeline_name
    flow = build_flow(pipeline, name, source, settings.grouping, compat.RUN_PARAMETERS)
    flow.executor = make_executor(settings.executor)
    flow.schedule = make_schedule(settings.schedule)
    flow.result = make_result(settings)
    flow.run_config = make_run_config(settings, {**_ALIVE, VARIABLE: _written(source, settings)})
    flow.storage = make_storage(settings, Module(STORED))
    return flow


def _written(source: Source, settings: Settings) -> str:
    described = {
        "project_path": str(source.project_path),
        "package_name": source.package_name,
        "pipeline_name": source.pipeline_name,
        "settings": settings.model_dump(mode="json", exclude=_OF_THIS_COMMAND),
    }
    return json.dumps(described, sort_keys=True)


def load_flow() -> KedroFlow:
    """Return the flow that an agent is to run, built anew from the project's code.

    The run configuration names the project in the variable ``KEDRO_PREFECT_FLOW``. It is looked
    for where the agent has it (``KEDRO_PREFECT_PROJECTS``), in the folder that it was registered
    from, and among the installed packages.

    Raises:
        FlowRunError: when the flow has not the tasks that were registered.
    """
    flow = make_flow(*_described())
    flow_id = prefect.context.get("flow_id")
    if flow_id is not None:
        require_registered_tasks(flow, Api(Client()), flow_id)
    return host(flow)


def _described() -> Tuple[Pipeline, Source, Settings]:
    try:
        described: Dict[str, Any] = json.loads(os.environ[VARIABLE])
    except KeyError:
        raise FlowRunError(
            f"The environment has no {VARIABLE}: run the flow with the run configuration that it "
            "was registered with, or register it again."
        ) from None
    package = described["package_name"]
    known: Dict[str, str] = json.loads(os.environ.get(PROJECTS_VARIABLE, "{}"))
    path = Path(known.get(package, described["project_path"]))
    pipelines = compat.open_project(path, package)
    source = Source(path if path.is_dir() else Path.cwd(), package, described["pipeline_name"])
    settings = Settings.model_validate_json(json.dumps(described["settings"]))
    return compat.find_pipeline(pipelines, source.pipeline_name), source, settings


def require_registered_tasks(flow: KedroFlow, api: Api, flow_id: str) -> None:
    """Refuse a flow whose pipeline has other nodes than when it was registered.

    Raises:
        FlowRunError: names the nodes, and what to do.
    """
    registered = api.query(
        "query($id: uuid!) { flow_by_pk(id: $id) { version tasks { slug } } }", id=flow_id
    )
    slugs = {task["slug"] for task in registered["tasks"]}
    new, gone = set(flow.slugs.values()) - slugs, slugs - set(flow.slugs.values())
    if new or gone:
        raise FlowRunError(
            f"Flow '{flow.name}' was registered as version {registered['version']} with other "
            f"nodes than its pipeline has now (new: {_listed(new)}; gone: {_listed(gone)}). "
            "Register it again with 'kedro prefect register', and start a new run."
        )


def _listed(names: Set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def key_of(flow: KedroFlow) -> str:
    """Return a hash of all that is registered, the same in every process and every checkout."""
    if flow.name not in flow.storage:
        flow.storage.add_flow(flow)
    serialized = flow.serialize()
    variables = serialized["run_config"]["env"]
    described = json.loads(variables[VARIABLE])
    variables[VARIABLE] = {**described, "project_path": None}
    text = json.dumps(serialized, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find_current(api: Api, flow: KedroFlow, project: str) -> Optional[Registered]:
    """Return what the API has of a flow, if that is this very version of it."""
    return _find_version(api, flow.name, project, key_of(flow))


def _find_version(api: Api, name: str, project: str, key: str) -> Optional[Registered]:
    known = _find_registered(api, name, project)
    if known and known["flow_group"]["settings"].get("idempotency_key") == key:
        return Registered(known["id"], name, known["version"], is_new=False)
    return None


def _find_registered(api: Api, name: str, project: str) -> Any:
    rows = api.query(
        "query($name: String, $project: String) { flow(where: {name: {_eq: $name}, "
        "archived: {_eq: false}, project: {name: {_eq: $project}}}, order_by: {version: desc}, "
        "limit: 1) { id version flow_group { id settings default_parameters } } }",
        name=name,
        project=project,
    )
    return rows[0] if rows else None


def register(api: Api, chosen: Registrable) -> Registered:
    """Register a flow unless the API has this very version of it, which costs one request."""
    flow, project = chosen.flow(), chosen.prefect_project
    key = key_of(flow)
    current = _find_version(api, flow.name, project, key)
    if current is not None:
        return current
    catalog = chosen.catalog()
    flow.dataset_types = {name: compat.dataset_type(catalog, name) for name in flow.dataset_names()}
    api.ensure_tenant()
    with api.told_plainly(), warnings.catch_warnings():
        # Prefect warns that results are not kept: that is the setting `result`, and its default.
        warnings.simplefilter("ignore", UserWarning)
        api.client.create_project(project)
        flow_id = api.client.register(
            flow, project, build=False, no_url=True, idempotency_key=key,
            set_schedule_active=flow.schedule is not None,
        )  # fmt: skip
    row = api.query(f'query {{ flow_by_pk(id: "{flow_id}") {{ version }} }}')
    return Registered(flow_id, flow.name, row["version"], is_new=True)


def has_default_env(api: Api, chosen: Registrable, flow_name: str) -> bool:
    """Tell whether runs that name no environment are in the one of this command."""
    known = _find_registered(api, flow_name, chosen.prefect_project)
    return bool(known) and _defaults(known).get("env") == chosen.env


def set_default_env(api: Api, chosen: Registrable, flow_name: str) -> None:
    """Let runs that name no environment, such as those of a schedule, be in this command's.

    It belongs to all versions of the flow, and is no part of one.
    """
    known = _find_registered(api, flow_name, chosen.prefect_project)
    defaults = {name: value for name, value in _defaults(known).items() if name != "env"}
    if chosen.env:
        defaults["env"] = chosen.env
    if defaults != _defaults(known):
        api.mutate(
            "set_flow_group_default_parameters", "success",
            flow_group_id=known["flow_group"]["id"], parameters=defaults,
        )  # fmt: skip


def _defaults(known: Any) -> Dict[str, Any]:
    return known["flow_group"]["default_parameters"] or {}
