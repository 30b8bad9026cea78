"""Registering a flow: a new version when something that matters has changed, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from pathlib import Path
from typing import Any, Dict, NamedTuple

from kedro.pipeline import Pipeline
from prefect.storage import Module

from project import compat
from project.backend.api import Api, literal
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
STORED = "project.backend.registration:load_flow"


class Registered(NamedTuple):
    """Say what a registration came to; ``is_new`` when the API got a new version by it."""

    flow_id: str
    name: str
    version: int
    is_new: bool


def make_flow(pipeline: Pipeline, source: Source, settings: Settings) -> KedroFlow:
    """Return the flow of a pipeline with all that is registered with it."""
    flow = build_flow(pipeline, settings.flow or source.pipeline_name, source, settings.grouping)
    flow.executor = make_executor(settings.executor)
    flow.schedule = make_schedule(settings.schedule)
    flow.result = make_result(settings)
    flow.run_config = make_run_config(settings, {VARIABLE: _written(source, settings)})
    flow.storage = make_storage(settings, Module(STORED))
    return flow


def _written(source: Source, settings: Settings) -> str:
    described = {
        "project_path": str(source.project_path),
        "package_name": source.package_name,
        "pipeline_name": source.pipeline_name,
        "settings": settings.model_dump(mode="json"),
    }
    return json.dumps(described, sort_keys=True)


def load_flow() -> KedroFlow:
    """Return the flow that an agent is to run, built anew from the project's code.

    The run configuration names the project in the variable ``KEDRO_PREFECT_FLOW``.
    """
    try:
        described: Dict[str, Any] = json.loads(os.environ[VARIABLE])
    except KeyError:
        raise FlowRunError(
            f"The environment has no {VARIABLE}: run the flow with the run configuration that it "
            "was registered with, or register it again."
        ) from None
    path, package = Path(described["project_path"]), described["package_name"]
    pipelines = compat.open_project(path, package)
    source = Source(path if path.is_dir() else Path.cwd(), package, described["pipeline_name"])
    settings = Settings.model_validate_json(json.dumps(described["settings"]))
    flow = make_flow(compat.find_pipeline(pipelines, source.pipeline_name), source, settings)
    return _for_an_agent(flow)


def _for_an_agent(flow: KedroFlow) -> KedroFlow:
    from project.flow.hosting import close_run

    flow.state_handlers.append(close_run)
    for task in flow.tasks:
        task.log_stdout = True
    return flow


def key_of(flow: KedroFlow) -> str:
    """Return a hash of all that is registered, the same in every process."""
    text = json.dumps(flow.serialize(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find_registered(api: Api, flow: KedroFlow, project: str) -> Any:
    """Return the version of a flow that the API has, and the key it was registered with."""
    rows = api.query(
        "query { flow(where: {name: {_eq: %s}, archived: {_eq: false}, "
        "project: {name: {_eq: %s}}}, order_by: {version: desc}, limit: 1) "
        "{ id version flow_group { settings } } }" % (literal(flow.name), literal(project))
    )
    return rows[0] if rows else None


def register(api: Api, flow: KedroFlow, project: str) -> Registered:
    """Register a flow unless the API has this very version of it, which costs one request."""
    if flow.name not in flow.storage:
        flow.storage.add_flow(flow)
    key = key_of(flow)
    known = find_registered(api, flow, project)
    if known and known["flow_group"]["settings"].get("idempotency_key") == key:
        return Registered(known["id"], flow.name, known["version"], is_new=False)
    with api.told_plainly(), warnings.catch_warnings():
        # Prefect warns that results are not kept: that is the setting `result`, and its default.
        warnings.simplefilter("ignore", UserWarning)
        api.client.create_project(project)
        flow_id = api.client.register(
            flow, project, build=False, no_url=True, idempotency_key=key,
            set_schedule_active=flow.schedule is not None,
        )  # fmt: skip
    version = api.query(f"query {{ flow_by_pk(id: {literal(flow_id)}) {{ version }} }}")["version"]
    return Registered(flow_id, flow.name, version, is_new=True)
