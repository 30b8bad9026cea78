"""The runner that ``kedro run --runner=project.runner.PrefectRunner`` names."""

from __future__ import annotations

import logging
from typing import Any, Mapping, Optional

from kedro.framework import project as kedro_project
from kedro.pipeline import Pipeline

from project import compat

compat.require_supported_versions()

from prefect.engine.state import State  # noqa: E402  (only once its version is known)

from project.config import Settings, parse_settings  # noqa: E402
from project.errors import FlowRunError  # noqa: E402
from project.flow.build import build_flow  # noqa: E402
from project.flow.executors import make_executor  # noqa: E402
from project.flow.run import KedroRun  # noqa: E402
from project.flow.runners import run_flow  # noqa: E402
from project.hooks import RunRequest, find_request  # noqa: E402
from project.progress import follow_progress  # noqa: E402

logger = logging.getLogger(__name__)


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
    loader = request.config_loader if request else None
    if loader is None:
        logger.debug("No Kedro session with the hooks of this package: prefect.yml is not read.")
        return parse_settings(overrides)
    written = compat.load_config(loader, "prefect")
    files = compat.config_files(loader, "prefect")
    return parse_settings({**written, **overrides}, request.pipeline_name, files)


def flow_name(settings: Settings, request: Optional[RunRequest]) -> str:
    """Return the name that ``prefect.yml`` gives the flow, or else the pipeline's."""
    return settings.flow or (request.pipeline_name if request else "__default__")


def package_name() -> str:
    """Return the name of the Kedro project's package; ``kedro`` outside of a project."""
    return kedro_project.PACKAGE_NAME or "kedro"
