"""The runner that ``kedro run --runner=project.runner.PrefectRunner`` names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional
from uuid import uuid4

from project.api.client import connect
from project.api.follow import follow_agent_run
from project.api.run_here import run_here
from project.compat import kedro as compat
from project.compat.collector import keep_present_objects, release_kept_objects
from project.config.run_request import RunRequest, find_request, read_run_settings
from project.console.progress import follow_progress
from project.deploy.deployment import find_deployment, make_flow, make_local_flow
from project.deploy.orphans import end_orphaned_runs
from project.deploy.registration import deploy, register, start_agent_run, start_run_here
from project.execution.executors import make_executor
from project.execution.kedro_run import KedroRun
from project.execution.runners import failure_of, run_flow
from project.execution.tracebacks import hide_frames
from project.hooks import inject_memory_datasets
from project.terminal import echo

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from prefect.engine.state import State


class PrefectRunner(compat.KedroRunner):
    """Kedro runner that runs a pipeline as a Prefect flow.

    ``settings`` has the keys of ``prefect.yml`` and overrides that file. Without a Kedro session
    (``runner.run(pipeline, catalog)``) the flow runs in this process, and is not reported.
    """

    def __init__(self, is_async: bool = False, settings: Optional[Mapping[str, Any]] = None):
        super().__init__(is_async=is_async)
        self._overrides = dict(settings or {})
        # Before it calls `run`, Kedro imports much. Otherwise a collection would search all that is
        # there already, Prefect among it, for up to 0.3 s.
        keep_present_objects()

    def run(self, pipeline: Pipeline, catalog: DataCatalog, *args: Any, **kwargs: Any) -> Any:
        """Run a pipeline as Kedro's own runners do, and return what they return."""
        if not compat.is_copied_for_runs(catalog):
            # Kedro 1 would inject them, but searches all imported modules for the class of each.
            inject_memory_datasets(pipeline, catalog)
        try:
            return super().run(pipeline, catalog, *args, **kwargs)
        finally:
            release_kept_objects()

    def _run(self, pipeline: Pipeline, catalog: DataCatalog, *args: Any, **kwargs: Any) -> None:
        inject_memory_datasets(pipeline, catalog)
        hook_manager, run_id = compat.read_run_arguments(*args, **kwargs)
        request = find_request(hook_manager, run_id)
        settings = read_run_settings(request, self._overrides)
        run = KedroRun(pipeline, catalog, hook_manager, run_id, self._is_async, settings)
        run.options = request.options if request else {}
        state = self._run_registered(run, request) if request else self._run_unregistered(run)
        if state is not None and not state.is_successful():
            run.suggest_resume(self)
            raise failure_of(state) if run.error is None else hide_frames(run.error)

    def _run_unregistered(self, run: KedroRun) -> State:
        flow = make_local_flow(run.pipeline, run.settings)
        with follow_progress(run.nodes) as progress:
            return run_flow(flow, run, progress)

    def _run_registered(self, run: KedroRun, request: RunRequest) -> Optional[State]:
        """Register the pipeline, then return the final state.

        ``None`` if the nodes do not run in this process.
        """
        settings = run.settings
        deployment = find_deployment(request, settings, lambda: run.catalog)
        options = {**request.options, "is_async": self._is_async or None}
        # Before a flow run exists. Registering, and a run under an agent, need no executor here.
        executor = make_executor(settings, deployment.ref) if settings.run == "here" else None
        key, flow_run_id = str(uuid4()), None
        with connect(settings.api, request.project_path, settings.run == "agent") as api:
            registration = (deploy if settings.run == "none" else register)(api, deployment)
            echo(registration.describe())
            if settings.run == "here":
                end_orphaned_runs(api, deployment)
                with api.own_flow_run(key), follow_progress(run.nodes) as progress:
                    flow_run_id = start_run_here(
                        api, registration, options, key, request.conf_source
                    )
                    echo(f"Flow run {flow_run_id}: {api.page_url('flow-run', flow_run_id)}")
                    flow = make_flow(run.pipeline, deployment.spec)
                    flow.executor = executor
                    return run_here(api, flow, flow_run_id, run, progress)
            if settings.run == "agent":
                flow_run_id = start_agent_run(api, registration, options, deployment)
                echo(f"Flow run {flow_run_id}: {api.page_url('flow-run', flow_run_id)}")
                follow_agent_run(api, flow_run_id, settings.wait)
            else:
                echo(f"Flow: {api.page_url('flow', registration.flow_id)}")
        if settings.run == "none" or not settings.wait:
            self.silence_completion()
        run.mark_outputs_remote(flow_run_id)
        return None
