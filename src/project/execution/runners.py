"""Prefect's runners for flows whose tasks run nodes."""

from __future__ import annotations

import logging
from typing import Any, Callable, Dict, Iterable, Mapping, Optional
from uuid import uuid4

from prefect import Parameter, Task
from prefect.engine.flow_runner import FlowRunner
from prefect.engine.result.base import Result
from prefect.engine.runner import Runner
from prefect.engine.state import Cancelled, State, TriggerFailed
from prefect.engine.task_runner import TaskRunner
from prefect.utilities.logging import get_logger

from project.compat.prefect_patches import patch_context
from project.errors import FlowRunError, ProjectError
from project.execution.kedro_run import KedroRun
from project.flow.graph import KedroFlow

Observe = Callable[[TaskRunner, State, State], Optional[State]]


class KedroTaskRunner(TaskRunner):
    """Task runner that does not copy Prefect's whole context for each task."""

    def __init__(
        self,
        task: Task,
        state_handlers: Optional[Iterable[Callable[..., Any]]] = None,
        flow_result: Optional[Result] = None,
    ):
        # Prefect's own constructor copies the context, configuration included, and never uses
        # the copy.
        self.task = task
        self.result = task.result or (flow_result or Result()).copy()
        self.flow_result = flow_result
        Runner.__init__(self, state_handlers=state_handlers)
        if isinstance(task, Parameter):
            # Prefect would log two lines for each of the flow's dozen parameters.
            self.logger = get_logger("KedroTaskRunner.parameters")
            self.logger.setLevel(logging.WARNING)

    def cache_result(self, state: State, inputs: Dict[str, Result]) -> State:
        """Cache the result of a task that has ``cache_for``.

        Prefect's own method imports Dask for other tasks, too, which takes half a second per run.
        """
        return state if self.task.cache_for is None else super().cache_result(state, inputs)


class KedroFlowRunner(FlowRunner):
    """Flow runner for the process of ``kedro run``, which has a Kedro session open already."""

    def __init__(self, flow: KedroFlow, **kwargs: Any):
        super().__init__(flow, task_runner_cls=KedroTaskRunner, **kwargs)

    def determine_final_state(self, state: State, **states: Any) -> State:
        """Return the state in which the flow run ends."""
        return cancelled_if_tasks_are(super().determine_final_state(state, **states), **states)


def cancelled_if_tasks_are(state: State, *, key_states: Iterable[State], **others: Any) -> State:
    """Return Cancelled instead of Success if tasks were cancelled, unlike Prefect."""
    if state.is_successful() and any(isinstance(one, Cancelled) for one in key_states):
        return Cancelled("Some tasks were cancelled.", result=state.result)
    return state


def run_flow(
    flow: KedroFlow, run: KedroRun, observe: Observe, flow_run_id: Optional[str] = None
) -> State:
    """Run a flow in this process, on its own executor, and return its final state.

    ``observe`` is called with each task's runner, old and new state. A run that is not reported to
    an API gets a random ``flow_run_id``.
    """
    patch_context()
    flow_run_id = flow_run_id or str(uuid4())
    with flow.runs.provide(flow_run_id, run):
        return flow.run(
            runner_cls=KedroFlowRunner,
            run_on_schedule=False,  # otherwise Prefect waits for the next time of the schedule
            task_runner_state_handlers=[observe],
            context={"flow_run_id": flow_run_id},
        )


def failure_of(state: State) -> ProjectError:
    """Return the error of a flow run in which no node raised one, with its tasks' messages."""
    if isinstance(state.result, ProjectError):  # of the executor
        return state.result
    # The result of a flow run is the states of its tasks, or an exception if it ended early.
    states: Mapping[Task, State] = state.result if isinstance(state.result, dict) else {}
    failed = [
        f"Task '{task.name}': {one.message}"
        for task, one in states.items()
        if one.is_failed() and not isinstance(one, TriggerFailed)
    ]
    end = f"The flow run ended in state {type(state).__name__}: {state.message}"
    return FlowRunError("\n".join([end, *sorted(failed)]))
