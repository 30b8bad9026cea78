"""Prefect's runners for flows whose tasks run nodes."""

from __future__ import annotations

import inspect
import logging
import sys
from itertools import count
from threading import Event
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, Optional, Tuple
from uuid import uuid4

import pendulum
import prefect
from prefect import Parameter, Task
from prefect.core import Edge
from prefect.engine.flow_runner import FlowRunner
from prefect.engine.result.base import Result
from prefect.engine.runner import ENDRUN, Runner, call_state_handlers
from prefect.engine.state import (
    Cancelled,
    Failed,
    Retrying,
    Running,
    State,
    TimedOut,
)
from prefect.engine.task_runner import TaskRunner
from prefect.utilities.logging import get_logger

from project.compat import kedro as compat
from project.compat.prefect_patches import patch_context
from project.config.model import TaskPolicy
from project.errors import FlowRunError, ProjectError
from project.execution.kedro_run import KedroRun
from project.execution.time_limit import NodeTimeoutError
from project.flow.graph import KedroFlow
from project.flow.tasks import NodeTask, has_failed, raised_by_node

logger = logging.getLogger(__name__)

Observe = Callable[[TaskRunner, State, State], Optional[State]]


class KedroTaskRunner(TaskRunner):
    """Task runner that does not copy Prefect's whole context for each task.

    It stores results, if the flow has a place for them, and loads those of an earlier process.
    """

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

    def initialize_run(self, state: Optional[State], context: Dict[str, Any]) -> Any:
        """Return the state and the context that a task starts with."""
        context.update(checkpointing=True)
        return super().initialize_run(state, context)

    def load_results(
        self, state: State, upstream_states: Dict[Edge, State]
    ) -> Tuple[State, Dict[Edge, State]]:
        """Return the state and the upstream states with their results."""
        try:
            for edge, upstream in upstream_states.items():
                result = edge.upstream_task.result or self.flow_result
                upstream_states[edge] = upstream.load_result(result)
        except Exception as error:  # each class of results raises its own exceptions
            failed = Failed(f"The result of an upstream task cannot be read: {error}", error)
            raise ENDRUN(self.handle_state_change(state, failed)) from error
        return state, upstream_states

    @call_state_handlers
    def get_task_run_state(self, state: State, inputs: Dict[str, Result]) -> State:
        """Run the task, as often as its policy allows, and return the state in which it ends.

        Prefect's own retries end the task run and start it again when the flow runner comes by.
        """
        policy = self.task.policy if isinstance(self.task, NodeTask) else TaskPolicy()
        # On Dask, the attempts that ended with their worker count, too.
        for attempt in count(prefect.context.get("task_run_count", 1)):
            ended = _timed_out(_run_task(self, state, inputs))
            if attempt > policy.retries or not _may_retry(self.task, ended, policy):
                return ended
            delay = retry_delay(policy, attempt)
            retrying = make_retrying(policy, attempt, "failed", f" {ended.message}")
            self.handle_state_change(state, retrying)
            if prefect.context.get("stopping", Event()).wait(delay):
                return ended
            prefect.context.update(task_run_count=attempt + 1)
            state = self.handle_state_change(retrying, Running("Starting the next attempt."))
        raise AssertionError  # count has no end

    def cache_result(self, state: State, inputs: Dict[str, Result]) -> State:
        """Cache the result of a task that has ``cache_for``.

        Prefect's own method imports Dask for other tasks, too, which takes half a second per run.
        """
        return state if self.task.cache_for is None else super().cache_result(state, inputs)


class KedroFlowRunner(FlowRunner):
    """Flow runner for the process of ``kedro run``, which has a Kedro session open already."""

    def __init__(self, flow: KedroFlow, **kwargs: Any):
        super().__init__(flow, task_runner_cls=KedroTaskRunner, **kwargs)

    @call_state_handlers
    def get_flow_run_state(self, state: State, **arguments: Any) -> State:
        """Run the tasks and return the state in which the flow run ends."""
        return run_all_tasks(self, state, arguments)

    def determine_final_state(self, state: State, **states: Any) -> State:
        """Return the state in which the flow run ends."""
        return cancelled_if_tasks_are(super().determine_final_state(state, **states), **states)


def run_all_tasks(runner: FlowRunner, state: State, arguments: Mapping[str, Any]) -> State:
    """Run a flow's tasks and return the state in which the flow run ends.

    Raises:
        ENDRUN: it has ended before a task could run.
    """
    try:
        final_state: State = _run_tasks(runner, state, **arguments)
    except ENDRUN:
        raise
    except ProjectError as error:  # of the executor
        return Failed(error.message, result=error)
    except Exception as error:
        runner.logger.exception("Unexpected error in the executor")
        return Failed(f"Unexpected error: {error!r}", result=error)
    return final_state


# Without their decorators, which would hide errors, or end a run before its Kedro session has.
_run_tasks = inspect.unwrap(FlowRunner.get_flow_run_state)
_run_task = inspect.unwrap(TaskRunner.get_task_run_state)


def _timed_out(state: State) -> State:
    error = state.result if state.is_failed() else None
    return TimedOut(str(error), result=error) if isinstance(error, NodeTimeoutError) else state


def _may_retry(task: Task, state: State, policy: TaskPolicy) -> bool:
    error = raised_by_node(state.result) if state.is_failed() else None
    may_retry = retries_on(error, policy)
    if not may_retry and isinstance(error, Exception):
        *_, cause = _with_causes(error)
        logger.warning(
            "Node '%s' is not retried: %s is not in retry_on: [%s].",
            task.name,
            type(cause).__name__,
            ", ".join(policy.retry_on),
        )
    return may_retry


def retry_delay(policy: TaskPolicy, attempt: int) -> float:
    """Return the seconds between an attempt that has failed and the next one."""
    return float(policy.retry_delay_seconds * policy.retry_backoff ** (attempt - 1))


def make_retrying(policy: TaskPolicy, attempt: int, what: str, more: str = "") -> Retrying:
    """Return the state of a node that waits for its next attempt; ``what`` the last one did."""
    delay = retry_delay(policy, attempt)
    return Retrying(
        f"Attempt {attempt} of {policy.retries + 1} {what}; the next one starts in {delay:g} "
        f"seconds.{more}",
        start_time=pendulum.now("utc").add(seconds=delay),
        run_count=attempt,
    )


def retries_on(error: object, policy: TaskPolicy) -> bool:
    """Return whether a policy allows another attempt after this error, if one is left."""
    if not isinstance(error, Exception):  # such as SystemExit
        return False
    return not policy.retry_on or any(
        _is_named(name, each) for name in policy.retry_on for each in _with_causes(error)
    )


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and, as Kedro makes a ``DatasetError`` of it, what a dataset has raised."""
    yield error
    if isinstance(error, compat.DatasetError) and error.__cause__ is not None:
        yield from _with_causes(error.__cause__)


def _is_named(name: str, error: BaseException) -> bool:
    """Return whether an error is of a class with this name, or of a subclass."""
    kinds = type(error).__mro__
    if any(name in (kind.__name__, f"{kind.__module__}.{kind.__qualname__}") for kind in kinds):
        return True
    # Another name of the class, such as IOError, or the one under which its package exports it.
    module, _, attribute = name.rpartition(".")
    return getattr(sys.modules.get(module or "builtins"), attribute, None) in kinds


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
        f"Task '{task.name}': {one.message}" for task, one in states.items() if has_failed(one)
    ]
    end = f"The flow run ended in state {type(state).__name__}: {state.message}"
    return FlowRunError("\n".join([end, *sorted(failed)]))
