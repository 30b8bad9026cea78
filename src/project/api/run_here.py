"""A flow run in the process of ``kedro run``, with everything in it reported to the API."""

from __future__ import annotations

from typing import Any, Optional

import prefect
from prefect.engine.state import Cancelled, Failed, Running, Skipped, State

from project.api.client import PrefectApi
from project.api.group_report import group_reporter
from project.api.notify import Notifier
from project.api.queries.flow_runs import set_flow_run_state
from project.api.queries.task_runs import task_run_ids
from project.api.reporter import Reporter
from project.errors import FlowRunError
from project.execution.cancellation import Cancellation
from project.execution.kedro_run import KedroRun
from project.execution.output import OutputCapture
from project.execution.results import remove_results
from project.execution.runners import Observe, run_flow
from project.flow.graph import KedroFlow

INTERRUPTED = Cancelled("kedro run was interrupted.")


def run_here(
    api: PrefectApi, flow: KedroFlow, flow_run_id: str, run: KedroRun, observe: Observe
) -> State:
    """Run a flow in this process as an existing flow run, and return its final state.

    Raises:
        FlowRunError: the run was cancelled through the API, or got another state there.
        ApiError: the end of the run could not be reported.
        SettingsError: the webhook of ``notify`` is not known.
        SystemExit: a signal ended the process, after the run was reported as cancelled.
    """
    with prefect.context(flow_run_id=flow_run_id):
        ids = task_run_ids(api, flow_run_id)
        cancellation = Cancellation(on_signal=lambda: reporter.cancelled(INTERRUPTED))
        reporter = Reporter(api, flow_run_id, ids, cancellation.request)
        run.report_groups = group_reporter(api, flow, ids)
        reporter.on_end(Notifier(api, flow.name, flow_run_id, run.settings, run).notify)
        running = Running("Running in the process of kedro run.")
        set_flow_run_state(api, flow_run_id, running.serialize())

        def report(task_runner: Any, old: State, new: State) -> Optional[State]:
            reporter.task_state(flow.slugs[task_runner.task], new)
            cancellation.check()
            return observe(task_runner, old, new)

        with reporter.reporting():
            # The registered flow has a task run for every node, the flow here only selected nodes.
            for slug in set(ids) - set(flow.slugs.values()):
                reporter.task_state(slug, Skipped("Not selected for this run."))
            try:
                with OutputCapture(reporter.log), cancellation.handle_signals():
                    state = run_flow(flow, run, report, flow_run_id)
            except BaseException as error:
                _report_end(reporter, error)
                cancellation.exit_if_signalled()
                if cancellation.is_requested:
                    raise FlowRunError(reporter.stop_reason) from None
                raise
            reporter.flow_state(state)
        if state.is_successful() and reporter.foreign_state is None:
            remove_results(flow.result, flow_run_id)
        return state


def _report_end(reporter: Reporter, error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt):
        reporter.cancelled(INTERRUPTED)
    else:
        reporter.flow_state(Failed(f"kedro run failed: {error!r}"))
