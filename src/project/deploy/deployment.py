"""What can be registered: a whole pipeline as a flow, with what Prefect needs to run it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple, Optional, Protocol

from kedro.pipeline import Pipeline
from prefect.run_configs import RunConfig
from prefect.storage import Module

from project.compat.kedro_project import find_pipeline, package_name, registered_pipelines
from project.compat.run_options import RUN_OPTIONS
from project.config.model import Settings
from project.config.policies import require_known_names, require_repeatable
from project.deploy.flow_spec import VARIABLE, FlowSpec
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
from project.flow.groups.wishes import find_wish
from project.flow.pipeline_ref import PipelineRef

# Stored in every registered flow: what agents load.
ENTRYPOINT = "project.deploy.entrypoint:load_flow"

# Prefect's default sends heartbeats from a child process, which outlives a killed run.
HEARTBEAT_ENV = {"PREFECT__CLOUD__HEARTBEAT_MODE": "thread"}


class Deployment(NamedTuple):
    """A whole pipeline, with everything else that is registered with it.

    ``load_catalog`` is called only for a new version, because it may need credentials. ``env`` is
    the Kedro environment of the command, if one was given.
    """

    pipeline: Pipeline
    ref: PipelineRef
    settings: Settings
    load_catalog: Callable[[], Any]
    env: Optional[str] = None

    @property
    def spec(self) -> FlowSpec:
        """What an agent gets, to build the flow."""
        return FlowSpec(self.ref, self.settings)

    @property
    def prefect_project(self) -> str:
        """The name of the Prefect project."""
        return self.settings.project or self.ref.package_name

    @property
    def flow_name(self) -> str:
        """The name of the flow."""
        return self.settings.flow or self.ref.pipeline_name

    def how_to_register(self) -> str:
        """Return a sentence with the command that registers the flow."""
        name = self.ref.pipeline_name
        pipeline = [] if name == "__default__" else ["--pipeline", name]
        env = ["--env", self.env] if self.env else []
        return " ".join(["Register the flow: kedro prefect register", *pipeline, *env])

    def make_run_config(self) -> RunConfig:
        """Return how agents run the flow, with the labels that they must have."""
        return make_run_config(self.settings, {**HEARTBEAT_ENV, **self.spec.to_env()})

    def make_flow(self) -> KedroFlow:
        """Return the flow as it would be registered now."""
        flow = make_flow(self.pipeline, self.spec)
        flow.schedule = make_schedule(self.settings)
        flow.run_config = self.make_run_config()
        flow.storage = make_storage(self.settings, Module(ENTRYPOINT))
        return flow


class PipelineRequest(Protocol):
    """Protocol of what asks for a pipeline: a Kedro run or a command."""

    @property
    def project_path(self) -> Path:
        """The folder of the project."""

    @property
    def pipeline_name(self) -> str:
        """The name of the pipeline, or the names of several joined with ``+``."""

    @property
    def env(self) -> Optional[str]:
        """The Kedro environment, if one was given."""


def find_deployment(
    request: PipelineRequest, settings: Settings, load_catalog: Callable[[], Any]
) -> Deployment:
    """Return the deployment of a pipeline of the project in this process.

    Raises:
        SettingsError: the settings name a tag or a node that the project does not have, let a
            node run again that cannot, or group the nodes for Dask in a way that is not possible.
    """
    pipelines = registered_pipelines()
    pipeline = find_pipeline(pipelines, request.pipeline_name)
    require_known_names(settings, pipelines)
    require_repeatable(settings, pipeline)
    if settings.executor.type == "dask":
        find_wish(pipeline, settings.grouping, lambda name: False, pipelines, settings.origin)
    ref = PipelineRef(request.project_path, package_name(), request.pipeline_name)
    return Deployment(pipeline, ref, settings, load_catalog, request.env)


def make_local_flow(pipeline: Pipeline, settings: Settings) -> KedroFlow:
    """Return the flow of a pipeline that is run immediately and never registered."""
    ref = PipelineRef(Path.cwd(), package_name(), "__default__")
    flow = build_flow(pipeline, ref.pipeline_name, ref, KedroRuns())
    flow.executor = make_executor(settings, ref=None)
    return flow


def make_flow(pipeline: Pipeline, spec: FlowSpec) -> KedroFlow:
    """Return the flow of a pipeline as it is run."""
    settings = spec.settings
    flow = build_flow(
        pipeline,
        settings.flow or spec.ref.pipeline_name,
        spec.ref,
        KedroRuns(),
        parameters=[option.name for option in RUN_OPTIONS],
    )
    flow.result = make_result(settings, spec.ref.project_path)
    return flow


class FlowKey(NamedTuple):
    """What identifies a registered version, the same in every process and every checkout.

    ``flow`` is a hash of the tasks, ``deployment`` one of the schedule and the run configuration.
    """

    flow: str
    deployment: str

    def __str__(self) -> str:
        return f"{self.flow}-{self.deployment}"

    @classmethod
    def parse(cls, text: Optional[str]) -> FlowKey:
        """Return the key of a version; of one that another tool has registered, any key."""
        flow, _, deployment = (text or "").partition("-")
        return cls(flow, deployment)


def flow_key(flow: KedroFlow, spec: FlowSpec) -> FlowKey:
    """Return the key of a flow as it would be registered."""
    if flow.name not in flow.storage:
        flow.storage.add_flow(flow)
    serialized = flow.serialize()
    deployed = {name: serialized.pop(name) for name in ("schedule", "run_config")}
    deployed["run_config"]["env"].pop(VARIABLE)  # it has the folder, which differs by checkout
    return FlowKey(_hash({**serialized, **spec.key()}), _hash(deployed))


def _hash(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
