"""What can be registered: a whole pipeline as a flow, with what Prefect needs to run it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional, Protocol

from kedro.pipeline import Pipeline
from prefect.storage import Module

from project.compat.kedro_project import find_pipeline, package_name, registered_pipelines
from project.compat.run_options import RUN_OPTIONS
from project.config.model import Settings
from project.deploy.flow_spec import FlowSpec
from project.deploy.prefect_objects import (
    make_result,
    make_run_config,
    make_schedule,
    make_storage,
)
from project.execution.executors import make_executor
from project.execution.runs import KedroRuns
from project.flow.build import build_flow
from project.flow.graph import KedroFlow
from project.flow.pipeline_ref import PipelineRef

# Part of every registered flow, by which agents load it.
ENTRYPOINT = "project.deploy.entrypoint:load_flow"

# Prefect's default is a child process for heartbeats, which survives a run that is killed.
_HEARTBEAT_ENV = {"PREFECT__CLOUD__HEARTBEAT_MODE": "thread"}


class Deployment(NamedTuple):
    """A whole pipeline with everything else that matters when it is registered.

    ``load_catalog`` is called for a new version alone, because it may need credentials. ``env``
    is the Kedro environment of the command, if it was given.
    """

    pipeline: Pipeline
    ref: PipelineRef
    settings: Settings
    load_catalog: Callable[[], Any]
    env: Optional[str] = None

    @property
    def spec(self) -> FlowSpec:
        """Return what an agent is given."""
        return FlowSpec(self.ref, self.settings)

    @property
    def prefect_project(self) -> str:
        """Return the name of the Prefect project."""
        return self.settings.project or self.ref.package_name

    @property
    def flow_name(self) -> str:
        """Return the name of the flow."""
        return self.settings.flow or self.ref.pipeline_name

    def make_flow(self) -> KedroFlow:
        """Return the flow as it would be registered now."""
        return make_flow(self.pipeline, self.spec)


class PipelineRequest(Protocol):
    """What names a pipeline: a Kedro run, or a command."""

    @property
    def project_path(self) -> Path:
        """Return the folder of the project."""

    @property
    def pipeline_name(self) -> str:
        """Return the name of the pipeline; of several, with ``+`` between them."""

    @property
    def env(self) -> Optional[str]:
        """Return the Kedro environment that was named, if any."""


def find_deployment(
    request: PipelineRequest, settings: Settings, load_catalog: Callable[[], Any]
) -> Deployment:
    """Return what can be registered of a pipeline of the project in this process."""
    pipeline = find_pipeline(registered_pipelines(), request.pipeline_name)
    ref = PipelineRef(request.project_path, package_name(), request.pipeline_name)
    return Deployment(pipeline, ref, settings, load_catalog, request.env)


def make_local_flow(pipeline: Pipeline, settings: Settings) -> KedroFlow:
    """Return the flow of a pipeline that is run at once and never registered."""
    ref = PipelineRef(Path.cwd(), package_name(), "__default__")
    flow = build_flow(pipeline, ref.pipeline_name, ref, KedroRuns(), grouping=settings.grouping)
    flow.executor = make_executor(settings.executor)
    return flow


def make_flow(pipeline: Pipeline, spec: FlowSpec) -> KedroFlow:
    """Return the flow of a pipeline with everything that is registered with it."""
    settings = spec.settings
    flow = build_flow(
        pipeline,
        settings.flow or spec.ref.pipeline_name,
        spec.ref,
        KedroRuns(),
        grouping=settings.grouping,
        parameters=[option.name for option in RUN_OPTIONS],
    )
    flow.executor = make_executor(settings.executor)
    flow.schedule = make_schedule(settings)
    flow.result = make_result(settings)
    flow.run_config = make_run_config(settings, {**_HEARTBEAT_ENV, **spec.to_env()})
    flow.storage = make_storage(settings, Module(ENTRYPOINT))
    return flow


def flow_key(flow: KedroFlow, spec: FlowSpec) -> str:
    """Return a hash of what is registered, the same in every process and every checkout."""
    if flow.name not in flow.storage:
        flow.storage.add_flow(flow)
    serialized = flow.serialize()
    serialized["run_config"]["env"].update(spec.key())
    return hashlib.sha256(json.dumps(serialized, sort_keys=True).encode()).hexdigest()
