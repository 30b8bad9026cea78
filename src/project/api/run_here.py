"""A flow run in the process of ``kedro run``, with everything in it reported to the API."""

from __future__ import annotations

from typing import Any, Optional

from prefect.engine.state import Cancelled, Failed, Running, Skipped, State

from project.api import queries
from project.api.client import PrefectApi
from project.api.reporter import Reporter
from project.errors import FlowRunError
from project.execution.cancellation import Cancellation
from project.execution.kedro_run import KedroRun
from project.execution.output import OutputCapture
from project.execution.runners import Observe, run_flow
from project.flow.graph import KedroFlow


def run_here(
    api: PrefectApi, flow: KedroFlow, flow_run_id: str, run: KedroRun, observe: Observe
) -> State:
    """Run a flow in this process as a flow run that the API has, and return its final state.

    Raises:
        FlowRunError: the run was cancelled through the API.
        ApiError: the end could not be reported.
    """
    with api.own_flow_run(flow_run_id):
        cancellation = Cancellation()
        task_run_ids = queries.task_run_ids(api, flow_run_id)
        reporter = Reporter(api, flow_run_id, task_run_ids, cancellation.request)
        running = Running("Running here, in the process of kedro run.")
        queries.set_flow_run_state(api, flow_run_id, running.serialize())

        def report(task_runner: Any, old: State, new: State) -> Optional[State]:
            reporter.task_state(flow.slugs[task_runner.task], new)
            cancellation.check()
            return observe(task_runner, old, new)

        with reporter.reporting():
            for slug in set(task_run_ids) - set(flow.slugs.values()):
                reporter.task_state(slug, Skipped("Not selected for this run."))
            try:
                with OutputCapture(reporter.log), cancellation.handle_sigint():
                    state = run_flow(flow, run, report, flow_run_id)
            except BaseException as error:
                reporter.flow_state(_state_after(error))
                if cancellation.is_requested:
                    raise FlowRunError(f"The flow run {flow_run_id} was cancelled.") from None
                raise
            reporter.flow_state(state)
        return state


def _state_after(error: BaseException) -> State:
    if isinstance(error, KeyboardInterrupt):
        return Cancelled("The process of kedro run was interrupted.")
    return Failed(f"The process of kedro run ended: {error!r}")
