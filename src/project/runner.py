"""The runner that ``kedro run --runner=project.runner.PrefectRunner`` names."""

from __future__ import annotations

import logging
from typing import Any, Mapping, Optional

from kedro.framework import project as kedro_project
from kedro.pipeline import Pipeline

from project import compat
from project.config import Settings, parse_settings
from project.errors import FlowRunError, SettingsError
from project.flow.build import build_flow
from project.flow.executors import make_executor
from project.flow.run import KedroRun
from project.flow.runners import run_flow
from project.hooks import RunRequest, find_request
from project.progress import follow_progress

logger = logging.getLogger(__name__)

NO_HOOKS = (
    "The hooks of this package are not registered: prefect.yml is not read, and all of it is at "
    "its default. Add project.hooks.PrefectHooks() to HOOKS in settings.py."
)


class PrefectRunner(compat.KedroRunner):
    """Run a Kedro pipeline as a Prefect flow.

    ``settings`` has the keys of ``prefect.yml`` and overrides that file.
    """

    def __init__(self, is_async: bool = False, settings: Optional[Mapping[str, Any]] = None):
        super().__init__(is_async=is_async)
        self._overrides = dict(settings or {})

    def _run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> None:
        hook_manager, run_id = compat.read_run_arguments(*args, **kwargs)
        request = find_request(hook_manager, run_id)
        if request is None and run_id is not None:
            logger.warning(NO_HOOKS)
        settings = read_settings(request, self._overrides)
        flow = build_flow(pipeline, flow_name(settings, request), package_name(), settings.grouping)
        flow.executor = make_executor(settings.executor)
        run = KedroRun(pipeline, catalog, hook_manager, run_id, self._is_async)
        with follow_progress(run.nodes) as progress:
            state = run_flow(flow, run, progress)
        if not state.is_successful():
            compat.suggest_resume(self, pipeline, run.done_nodes, catalog)
            raise run.error or FlowRunError(f"The flow run ended as {state!r}.")


def read_settings(request: Optional[RunRequest], overrides: Mapping[str, Any]) -> Settings:
    """Return what ``prefect.yml`` says for the pipeline of a run; the defaults without one."""
    if request is None or request.config_loader is None:
        return parse_settings(overrides)
    files = compat.config_files(request.config_loader, "prefect")
    try:
        written = compat.load_config(request.config_loader, "prefect")
    except Exception as error:  # each of Kedro's loaders has its own
        raise SettingsError(f"{' + '.join(map(str, files))}: {error}") from error
    return parse_settings({**written, **overrides}, request.pipeline_name, files)


def flow_name(settings: Settings, request: Optional[RunRequest]) -> str:
    """Return the name that ``prefect.yml`` gives the flow, or else the pipeline's."""
    return settings.flow or (request.pipeline_name if request else "__default__")


def package_name() -> str:
    """Return the name of the Kedro project's package; ``kedro`` outside of a project."""
    return kedro_project.PACKAGE_NAME or "kedro"
