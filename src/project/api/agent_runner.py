"""Prefect's runners for the process that an agent starts for a flow run."""

from __future__ import annotations

import json
import logging
import signal
from contextlib import nullcontext
from typing import Any, ContextManager, Dict, Mapping, Optional, Union

import prefect
from prefect import Task
from prefect.engine.cloud import CloudFlowRunner
from prefect.engine.runner import ENDRUN
from prefect.engine.state import Cancelled, State
from prefect.utilities.configuration import set_temporary_config

from project.api.client import PrefectApi, api_of
from project.api.group_report import group_reporter
from project.api.notify import NoSession, Notifier
from project.api.queries.task_runs import first_result
from project.api.reporter import Reporter
from project.api.unreported import UnreportedStates
from project.compat.run_options import RUN_OPTIONS, RunOptions
from project.config.model import Settings
from project.errors import ApiError
from project.execution.cancellation import Cancellation, SignalExit
from project.execution.executors import make_executor
from project.execution.kedro_run import KedroRun
from project.execution.output import OutputCapture
from project.execution.restart import prepare_restart
from project.execution.results import remove_results
from project.execution.runners import KedroTaskRunner, cancelled_if_tasks_are, run_all_tasks
from project.execution.session import run_in_session
from project.flow.graph import KedroFlow
from project.flow.tasks import InitTask

logger = logging.getLogger(__name__)

# Of a process that could not report the end of its run, and has left it for another to report.
UNREPORTED_EXIT_CODE = 75


class AgentFlowRunner(CloudFlowRunner):
    """Flow runner that runs the flow's tasks in a Kedro session, and reports as a run here does.

    How it takes over a flow run, with its state, parameters and results, is Prefect's own code.
    """

    def __init__(self, flow: KedroFlow, **kwargs: Any):
        super().__init__(flow, **kwargs)
        self.task_runner_cls = KedroTaskRunner

    def check_for_cancellation(self) -> ContextManager[None]:
        """Return an empty context: the reporter checks for cancellation."""
        return nullcontext()

    def determine_final_state(self, state: State, **states: Any) -> State:
        """Return the state in which the flow run ends."""
        return cancelled_if_tasks_are(super().determine_final_state(state, **states), **states)

    def get_flow_run_state(self, state: State, **arguments: Any) -> State:
        """Run the flow's tasks in a Kedro session; report and return the final state.

        Raises:
            SystemExit: the end of the run could not be reported.
        """
        cancellation = Cancellation()
        flow_run_id, api = prefect.context.flow_run_id, api_of(self.client)
        contexts = arguments["task_contexts"]
        ids = {self.flow.slugs[task]: one["task_run_id"] for task, one in contexts.items()}
        reporter = self._make_reporter(api, ids, cancellation)
        # Prefect's own handler would send the lines of its loggers a second time.
        sends_lines = prefect.config.cloud.send_flow_run_logs
        capture = OutputCapture(reporter.log if sends_lines else lambda record: None)
        arguments["task_runner_state_handlers"] = [
            lambda task_runner, _, new: reporter.task_state(self.flow.slugs[task_runner.task], new)
        ]

        def run_tasks(run: Union[KedroRun, BaseException], settings: Settings) -> State:
            capture.reattach()  # Kedro configures logging when it opens a session
            outcome = run if isinstance(run, KedroRun) else NoSession(run)
            notifier = Notifier(api, self.flow.name, flow_run_id, settings, outcome)
            reporter.on_end(notifier.notify)
            if isinstance(run, KedroRun):
                run.report_groups = group_reporter(api, self.flow, ids)
                self._prepare_restart(run, arguments["task_states"], reporter)
            else:
                settings = Settings()  # no cluster for tasks that only fail
            arguments["executor"] = make_executor(settings, self.flow.ref)
            with self.flow.runs.provide(flow_run_id, run):
                return self._run_cancellable_tasks(cancellation, state, arguments, reporter)

        try:
            with reporter.reporting(), set_temporary_config({"cloud.send_flow_run_logs": False}):
                with capture:
                    run_id = self._earlier_run_id(api, arguments)
                    options = _run_options()
                    final_state = run_in_session(self.flow.ref, options, run_tasks, run_id)
                is_cancelled = cancellation.is_requested and isinstance(final_state, Cancelled)
                (reporter.cancelled if is_cancelled else reporter.flow_state)(final_state)
            if final_state.is_successful() and reporter.foreign_state is None:
                remove_results(self.flow.result, flow_run_id)
            return final_state
        except (ApiError, KeyboardInterrupt) as error:
            return _end_unreported(error, reporter)

    def _earlier_run_id(self, api: PrefectApi, arguments: Mapping[str, Any]) -> Optional[str]:
        """Return the id of the Kedro run that this flow run began with, if it is restarted."""
        if not _has_begun(arguments["task_states"]):
            return None
        (init,) = self.flow.get_tasks(task_type=InitTask)
        task_run_id = arguments["task_contexts"][init]["task_run_id"]
        location = first_result(api, task_run_id)
        return None if location is None else json.loads(location)

    def _prepare_restart(
        self, run: KedroRun, task_states: Dict[Task, State], reporter: Reporter
    ) -> None:
        if _has_begun(task_states):
            changed = prepare_restart(self.flow, run, task_states, prefect.context.flow_run_id)
            for task, state in changed.items():
                reporter.task_state(self.flow.slugs[task], state)

    def _make_reporter(
        self, api: PrefectApi, task_run_ids: Mapping[str, str], cancellation: Cancellation
    ) -> Reporter:
        if self.flow.ref.project_path.is_dir():
            api.unreported = UnreportedStates(self.flow.ref.project_path, api.address)
            api.unreported.deliver(api)
        return Reporter(api, prefect.context.flow_run_id, task_run_ids, cancellation.request)

    def _run_cancellable_tasks(
        self,
        cancellation: Cancellation,
        state: State,
        arguments: Dict[str, Any],
        reporter: Reporter,
    ) -> State:
        try:
            with cancellation.handle_signals():
                return run_all_tasks(self, state, arguments)
        except ENDRUN as end:
            return end.state
        except KeyboardInterrupt as interrupt:
            # The run is not over: whatever has started this process may start another one for it.
            cancellation.exit_if_signalled()
            if not cancellation.is_requested:  # Python itself handles SIGINT, with this exception
                raise SignalExit(signal.SIGINT) from interrupt
            if reporter.foreign_state is not None:
                self.logger.warning(reporter.stop_reason)
            return Cancelled("The flow run was cancelled.")


def _end_unreported(error: BaseException, reporter: Reporter) -> State:
    """Return the state of a run that now belongs to someone else.

    Raises:
        KeyboardInterrupt: it does not.
        SystemExit: the end of the run could not be reported.
    """
    if isinstance(error, ApiError):
        logger.error(error)
        raise SystemExit(UNREPORTED_EXIT_CODE) from error
    if reporter.foreign_state is None:
        raise error
    return Cancelled(reporter.stop_reason)


def _has_begun(task_states: Mapping[Task, State]) -> bool:
    return any(state.is_finished() for state in task_states.values())


def _run_options() -> RunOptions:
    parameters = prefect.context.get("parameters") or {}
    return {option.name: parameters.get(option.name) for option in RUN_OPTIONS}
