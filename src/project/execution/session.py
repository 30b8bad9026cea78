"""A Kedro session that is opened from names and runs a flow's tasks.

Under an agent nothing calls ``session.run()``, yet everything that Kedro does before and after the
nodes must happen, hooks included, in Kedro's order and in one thread. So the flow runner calls it,
with a Kedro runner that runs the flow's tasks.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

import prefect
from kedro.pipeline import Pipeline
from prefect.engine.state import Failed, State

from project.compat import kedro as compat
from project.compat.kedro_project import make_config_loader, run_session
from project.compat.run_options import RunOptions, check_run_options
from project.config.load import read_settings
from project.config.model import Settings
from project.config.run_request import find_request, read_run_settings
from project.config.webhook import find_webhook
from project.errors import FlowRunError
from project.execution.cancellation import SignalExit
from project.execution.kedro_run import KedroRun
from project.execution.runners import failure_of
from project.flow.pipeline_ref import PipelineRef

if TYPE_CHECKING:
    from kedro.io import DataCatalog

logger = logging.getLogger(__name__)

CONF_SOURCE = "kedro_conf_source"  # in Prefect's context, and in the API that of a flow run

# Runs the tasks with a Kedro run, or, if none could be opened, with the error they fail with. The
# settings are then the defaults if prefect.yml cannot be read either.
RunTasks = Callable[[Union[KedroRun, BaseException], Settings], State]


def run_in_session(
    ref: PipelineRef, options: RunOptions, run_tasks: RunTasks, run_id: Optional[str] = None
) -> State:
    """Run tasks inside a new Kedro session and return the state in which the flow run ends.

    ``run_tasks`` gets the settings of the session's environment: where the tasks run is no part of
    what is registered. As with ``kedro run``, a hook that fails after the nodes fails the run. A
    ``run_id`` of an earlier session makes this one continue its run.
    """
    runner = _SessionRunner(run_tasks, options)
    error: Optional[BaseException] = None
    try:
        check_run_options(options)
        _require_own_configuration()
        run_session(ref.project_path, ref.pipeline_name, options, runner, run_id)
    except (KeyboardInterrupt, SignalExit):
        raise
    except BaseException as caught:  # also SystemExit, so that the end of the run is reported
        error = caught
    if runner.state is None:  # the tasks run all the same: the first one fails with the error
        missing = FlowRunError("The Kedro session ended without calling the runner.")
        return run_tasks(missing if error is None else error, _read_settings(ref, options))
    if error is None or error is runner.error:  # what Kedro raises is the runner's own error
        return runner.state
    logger.error("The Kedro session failed after its nodes had run", exc_info=error)
    if not runner.state.is_successful():
        return runner.state
    return Failed(f"The Kedro session failed after its nodes had run: {error!r}", result=error)


def _require_own_configuration() -> None:
    """Require that a run which is continued has read the configuration that this process reads.

    Raises:
        FlowRunError: it was started with another one.
    """
    source = prefect.context.get(CONF_SOURCE)
    if source is not None:
        raise FlowRunError(
            f"This run was started with --conf-source={source}, and a restart reads the project's "
            "own configuration. Start a new run with that option."
        )


def _read_settings(ref: PipelineRef, options: RunOptions) -> Settings:
    env = options.get("env")
    try:
        loader = make_config_loader(ref.project_path, env if isinstance(env, str) else None)
        settings = read_settings(loader, ref.pipeline_name, {})
        find_webhook(settings)
    except Exception:  # perhaps the reason why there is no session
        return Settings()
    return settings


class _SessionRunner(compat.KedroRunner):
    """Kedro runner that runs a flow's tasks with the pipeline and the catalog of a session."""

    def __init__(self, run_tasks: RunTasks, options: RunOptions):
        super().__init__(is_async=bool(options.get("is_async")))
        self._options = options
        self.state: Optional[State] = None
        self.error: Optional[BaseException] = None
        self._run_tasks = run_tasks

    def __repr__(self) -> str:
        # Hooks get it in their ``run_params``, and should see what `kedro run` shows them.
        return f"<project.runner.PrefectRunner object at {id(self):#x}>"

    def _run(self, pipeline: Pipeline, catalog: DataCatalog, *args: Any, **kwargs: Any) -> None:
        hook_manager, run_id = compat.read_run_arguments(*args, **kwargs)
        request = find_request(hook_manager, run_id)
        settings = read_run_settings(request, {})
        run = KedroRun(pipeline, catalog, hook_manager, run_id, self._is_async, settings)
        run.options = self._options
        self.state = self._run_tasks(run, settings)
        if not self.state.is_successful():
            run.suggest_resume(self)
            self.error = failure_of(self.state) if run.error is None else run.error
            raise self.error
