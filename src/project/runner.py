"""The runner that ``kedro run --runner=project.runner.PrefectRunner`` names."""

from __future__ import annotations

import logging
from typing import Any, Optional

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
    """Run a Kedro pipeline as a Prefect flow."""

    def _run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> None:
        hook_manager, run_id = compat.read_run_arguments(*args, **kwargs)
        request = find_request(hook_manager, run_id)
        settings = read_settings(request)
        flow = build_flow(pipeline, flow_name(settings, request), package_name(), settings.grouping)
        flow.executor = make_executor(settings.executor)
        run = KedroRun(pipeline, catalog, hook_manager, run_id, self._is_async)
        with follow_progress(run.nodes) as progress:
            state = run_flow(flow, run, progress)
        if not state.is_successful():
            compat.suggest_resume(self, pipeline, run.done_nodes, catalog)
            raise run.error or FlowRunError(f"The flow run ended as {state!r}.")


def read_settings(request: Optional[RunRequest]) -> Settings:
    """Return what ``prefect.yml`` says for the pipeline of a run; the defaults without one."""
    if request is None or request.config_loader is None:
        logger.warning(
            "Without the hooks of this package prefect.yml is not read, and all is at its default. "
            "Add project.hooks.PrefectHooks() to HOOKS in settings.py."
        )
        return Settings()
    return parse_settings(
        compat.load_config(request.config_loader, "prefect"),
        request.pipeline_name,
        compat.config_files(request.config_loader, "prefect"),
    )


def flow_name(settings: Settings, request: Optional[RunRequest]) -> str:
    """Return the name that ``prefect.yml`` gives the flow, or else the pipeline's."""
    return settings.flow or (request.pipeline_name if request else "__default__")


def package_name() -> str:
    """Return the name of the Kedro project's package; ``kedro`` outside of a project."""
    return kedro_project.PACKAGE_NAME or "kedro"
