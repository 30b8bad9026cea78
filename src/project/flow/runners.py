"""Prefect's runners for a flow in this process."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Optional

from prefect import Task
from prefect.engine.flow_runner import FlowRunner
from prefect.engine.result.base import Result
from prefect.engine.runner import Runner
from prefect.engine.state import State
from prefect.engine.task_runner import TaskRunner

from project.flow.flow import KedroFlow
from project.flow.run import KedroRun, hold


class KedroTaskRunner(TaskRunner):
    """Run a task through Prefect's states, without a copy of its whole context for each."""

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
    """Run a flow's tasks with ``KedroTaskRunner``."""

    def __init__(self, flow: KedroFlow, **kwargs: Any):
        super().__init__(flow, task_runner_cls=KedroTaskRunner, **kwargs)


def run_flow(
    flow: KedroFlow,
    run: KedroRun,
    observe: Callable[[Any, State, State], Optional[State]],
    flow_run_id: str,
) -> State:
    """Run a flow in this process, on its own executor, and return its final state.

    ``observe`` is called with each task's runner, old and new state.
    """
    with hold(flow_run_id, run):
        return flow.run(
            runner_cls=KedroFlowRunner,
            run_on_schedule=False,
            task_runner_state_handlers=[observe],
            context={"flow_run_id": flow_run_id},
        )
