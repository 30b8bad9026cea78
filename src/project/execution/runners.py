"""Prefect's runners for flows whose tasks run nodes."""

from __future__ import annotations

import inspect
import logging
from typing import Any, Callable, Dict, Iterable, Optional, Union
from uuid import uuid4

import prefect
from prefect import Task
from prefect.engine.cloud import CloudFlowRunner
from prefect.engine.flow_runner import FlowRunner
from prefect.engine.result.base import Result
from prefect.engine.runner import Runner, call_state_handlers
from prefect.engine.state import State, TriggerFailed
from prefect.engine.task_runner import TaskRunner
from prefect.utilities.executors import run_with_heartbeat
from prefect.utilities.logging import LOG_MANAGER, CloudHandler

from project.compat.prefect_patches import patch_context
from project.compat.run_options import RUN_OPTIONS
from project.errors import FlowRunError
from project.execution.kedro_run import KedroRun
from project.execution.output import OutputCapture
from project.execution.session import run_in_session
from project.flow.graph import KedroFlow

Observe = Callable[[Any, State, State], Optional[State]]


class KedroTaskRunner(TaskRunner):
    """Task runner that does not copy Prefect's whole context for each task."""

    def __init__(
        self,
        task: Task,
        state_handlers: Optional[Iterable[Callable[..., Any]]] = None,
        flow_result: Optional[Result] = None,
    ):
        # Prefect's own constructor copies the context, configuration included, and uses the
        # copy nowhere.
        self.task = task
        self.result = task.result or (flow_result or Result()).copy()
        self.flow_result = flow_result
        Runner.__init__(self, state_handlers=state_handlers)

    def cache_result(self, state: State, inputs: Dict[str, Result]) -> State:
        """Cache the result of a task that asks for it.

        Prefect's own imports Dask for the other tasks too, which costs a run half a second.
        """
        return state if self.task.cache_for is None else super().cache_result(state, inputs)


class KedroFlowRunner(FlowRunner):
    """Flow runner for the process of ``kedro run``, whose Kedro session is open already."""

    def __init__(self, flow: KedroFlow, **kwargs: Any):
        super().__init__(flow, task_runner_cls=KedroTaskRunner, **kwargs)


class AgentFlowRunner(CloudFlowRunner):
    """Flow runner for the process that an agent starts: it opens a Kedro session.

    The session runs the tasks, and has ended, hooks included, before the API knows that the flow
    run has.
    """

    # Without its decorators, which would report the end of the flow run before that of the session.
    _run_tasks = inspect.unwrap(FlowRunner.get_flow_run_state)

    @run_with_heartbeat
    @call_state_handlers
    def get_flow_run_state(self, state: State, **arguments: Any) -> State:
        """Run the flow's tasks in a Kedro session and return the final state."""
        flow_run_id = prefect.context.flow_run_id
        parameters = prefect.context.get("parameters") or {}
        options = {option.name: parameters.get(option.name) for option in RUN_OPTIONS}
        capture = OutputCapture(send_line)

        def run_tasks(run: Union[KedroRun, BaseException]) -> State:
            capture.reattach()
            with self.flow.runs.provide(flow_run_id, run):
                return self._run_tasks(state, **arguments)

        try:
            with capture:
                return run_in_session(self.flow.ref, options, run_tasks)
        finally:
            LOG_MANAGER.stop()  # sends the last lines before the API knows that the run has ended


_cloud_handler = CloudHandler()


def send_line(record: logging.LogRecord) -> None:
    """Send a record to the API, as Prefect sends those of its own loggers."""
    if not record.name.startswith("prefect"):
        _cloud_handler.handle(record)


def run_flow(
    flow: KedroFlow, run: KedroRun, observe: Observe, flow_run_id: Optional[str] = None
) -> State:
    """Run a flow in this process, on its own executor, and return its final state.

    ``observe`` is called with each task's runner, old and new state. ``flow_run_id`` is made up
    for a run that no API has.
    """
    patch_context()
    flow_run_id = flow_run_id or str(uuid4())
    with flow.runs.provide(flow_run_id, run):
        return flow.run(
            runner_cls=KedroFlowRunner,
            run_on_schedule=False,
            task_runner_state_handlers=[observe],
            context={"flow_run_id": flow_run_id},
        )


def failure_of(state: State) -> FlowRunError:
    """Return the error of a flow run that has none of a node, with what its tasks report."""
    states = state.result if isinstance(state.result, dict) else {}
    failed = [
        f"Task '{task.name}': {one.message}"
        for task, one in states.items()
        if one.is_failed() and not isinstance(one, TriggerFailed)
    ]
    return FlowRunError("\n".join([f"The flow run ended as {state!r}.", *sorted(failed)]))
