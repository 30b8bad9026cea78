"""The runner that ``kedro run --runner=project.runner.PrefectRunner`` names."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Dict, Mapping, Optional
from uuid import uuid4

from kedro.framework import project as kedro_project
from kedro.pipeline import Pipeline
from prefect.engine.state import State, TriggerFailed

from project import compat
from project.backend.agent import run_by_agent
from project.backend.api import Api, connect
from project.backend.here import run_here, start_run
from project.backend.registration import (
    Registered,
    Registrable,
    make_flow,
    register,
    set_default_env,
)
from project.config import Settings, parse_settings, unreadable
from project.errors import FlowRunError, SettingsError
from project.flow.build import build_flow
from project.flow.executors import make_executor
from project.flow.run import KedroRun
from project.flow.runners import run_flow
from project.flow.source import Source
from project.hooks import RunRequest, find_request, inject_memory_datasets
from project.progress import follow_progress, say

logger = logging.getLogger(__name__)

NO_HOOKS = (
    "The hooks of this package are not registered: prefect.yml is not read, and the run is not "
    "told to a Prefect API. Add project.hooks.PrefectHooks() to HOOKS in settings.py."
)


HERE = "kedro-run"


class PrefectRunner(compat.KedroRunner):
    """Run a Kedro pipeline as a Prefect flow.

    ``settings`` has the keys of ``prefect.yml`` and overrides that file. Without a Kedro session
    (``runner.run(pipeline, catalog)``) the flow runs in this process, and no API knows of it.
    """

    def __init__(self, is_async: bool = False, settings: Optional[Mapping[str, Any]] = None):
        super().__init__(is_async=is_async)
        self._overrides = dict(settings or {})

    def run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> Dict[str, Any]:
        """Run a pipeline as Kedro's own runners do, and return what they return.

        Datasets in memory that no hook has registered are so here: Kedro 1 would register them
        too, but look for the class of each among all modules that there are.
        """
        if not hasattr(catalog, "shallow_copy"):
            inject_memory_datasets(pipeline, catalog)
        returned: Dict[str, Any] = super().run(pipeline, catalog, *args, **kwargs)
        return returned

    def _run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> None:
        hook_manager, run_id = compat.read_run_arguments(*args, **kwargs)
        request = find_request(hook_manager, run_id)
        settings = read_settings(request, self._overrides)
        run = KedroRun(pipeline, catalog, hook_manager, run_id, self._is_async)
        if request is not None:
            self._run_registered(run, request, settings)
        else:
            if run_id is not None:
                logger.warning(NO_HOOKS)
            self._run_unregistered(run, settings)

    def _run_registered(self, run: KedroRun, request: RunRequest, settings: Settings) -> None:
        """Register the flow of the whole pipeline, start a run of it, and see it to its end."""
        chosen = _registrable(run, request, settings)
        if settings.run == "agent":
            _require_own_configuration(request)
        with connect(settings.api, request.project_path, settings.run == "agent") as api:
            if settings.run == "none":
                say(api.address("flow", deploy(api, chosen).flow_id))
                run.leave_to(None)
                return
            registered = say_registered(register(api, chosen), chosen)
            asked = {**request.parameters, "is_async": self._is_async or None}
            flow_run_id = start_run(api, registered, asked, **_labels(settings))
            say(f"Flow run {flow_run_id} on {api.url}")
            if settings.run == "agent":
                run_by_agent(api, flow_run_id, settings.wait)
                run.leave_to(flow_run_id)
                return
            flow = make_flow(run.pipeline, chosen.source, settings)
            with follow_progress(run.nodes) as progress:
                state = run_here(api, flow, flow_run_id, run, progress)
        self._check(state, run)

    def _run_unregistered(self, run: KedroRun, settings: Settings) -> None:
        source = Source(Path.cwd(), package_name(), "__default__")
        flow = build_flow(run.pipeline, source.pipeline_name, source, settings.grouping)
        flow.executor = make_executor(settings.executor)
        with follow_progress(run.nodes) as progress:
            state = run_flow(flow, run, progress, str(uuid4()))
        self._check(state, run)

    def _check(self, state: State, run: KedroRun) -> None:
        if not state.is_successful():
            compat.suggest_resume(self, run.pipeline, run.done_nodes, run.catalog)
            raise _failure(state) if run.error is None else run.error


def _require_own_configuration(request: RunRequest) -> None:
    other = compat.other_conf_source(request.config_loader, request.project_path)
    if other is not None:
        raise SettingsError(
            f"This run was given the configuration {other} (--conf-source), and an agent reads the "
            "project's own. Leave the option out, or run it in this process (run: here)."
        )


def _failure(state: State) -> FlowRunError:
    """Return the error of a flow run that has none of a node, with what its tasks say."""
    states = state.result if isinstance(state.result, dict) else {}
    failed = [
        f"Task '{task.name}': {one.message}"
        for task, one in states.items()
        if one.is_failed() and not isinstance(one, TriggerFailed)
    ]
    return FlowRunError("\n".join([f"The flow run ended as {state!r}.", *sorted(failed)]))


def _registrable(run: KedroRun, request: RunRequest, settings: Settings) -> Registrable:
    whole = compat.find_pipeline(kedro_project.pipelines, request.pipeline_name)
    env = request.parameters["env"]
    return Registrable(whole, source_of(request), settings, lambda: run.catalog, env)


def _labels(settings: Settings) -> Dict[str, Any]:
    """Return the labels of a run: those that no agent has, where this process is to run it."""
    return {"labels": [HERE]} if settings.run == "here" else {}


def deploy(api: Api, chosen: Registrable) -> Registered:
    """Register a flow, say so, and let its runs be in this command's environment by default."""
    registered = say_registered(register(api, chosen), chosen)
    set_default_env(api, chosen, registered.name)
    return registered


def say_registered(registered: Registered, chosen: Registrable) -> Registered:
    """Say what a registration came to."""
    change = "registered" if registered.is_new else "unchanged"
    where = f"Flow '{registered.name}' of project '{chosen.prefect_project}'"
    say(f"{where}, version {registered.version}: {change}")
    return registered


def read_settings(request: Optional[RunRequest], overrides: Mapping[str, Any]) -> Settings:
    """Return what ``prefect.yml`` says for the pipeline of a run; the defaults without one."""
    if request is None or request.config_loader is None:
        return parse_settings(overrides)
    files = compat.config_files(request.config_loader, "prefect")
    try:
        written = compat.load_config(request.config_loader, "prefect")
    except Exception as error:  # each of Kedro's loaders has its own
        message = unreadable(files) or f"{' + '.join(map(str, files))}: {error}"
        raise SettingsError(message) from error
    return parse_settings({**written, **overrides}, request.pipeline_name, files)


def source_of(request: RunRequest) -> Source:
    """Return the names by which another process finds the pipeline of a run."""
    return Source(request.project_path, package_name(), request.pipeline_name)


def package_name() -> str:
    """Return the name of the Kedro project's package; ``kedro`` outside of a project."""
    return kedro_project.PACKAGE_NAME or "kedro"
