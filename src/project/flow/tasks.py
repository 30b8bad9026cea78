"""The tasks of a flow, which hold only names and use the Kedro run of their process."""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    ContextManager,
    Dict,
    Iterable,
    Mapping,
    Optional,
    Protocol,
    TypedDict,
    Union,
)

import prefect
from kedro.pipeline.node import Node
from prefect import Task
from prefect.core import Edge
from prefect.engine.results import PrefectResult
from prefect.engine.signals import SKIP, TRIGGERFAIL
from prefect.engine.state import State, TriggerFailed
from prefect.triggers import all_successful
from prefect.utilities.executors import RecursiveCall

from project.config.model import TaskPolicy

if TYPE_CHECKING:
    from kedro.io import AbstractDataset

InMemory = Mapping[str, "AbstractDataset"]  # in-memory datasets, by name


class DatasetDescription(TypedDict):
    """A dataset of a task as Prefect's schema describes inputs and outputs."""

    type: Optional[str]
    required: bool


class TaskDescription(TypedDict):
    """What the page shows of a task in addition to what Prefect serializes."""

    description: str
    inputs: Dict[str, DatasetDescription]
    outputs: Dict[str, DatasetDescription]


class NodeRun(Protocol):
    """Protocol of the Kedro run that a task uses."""

    run_id: Optional[str]
    failed_node: Optional[str]

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes that were selected for this run, by name."""

    def policy(self, node_name: str) -> TaskPolicy:
        """Return the policy of a node."""

    def execute(self, node_name: str, received: InMemory) -> InMemory:
        """Run a node and return the in-memory datasets that it leaves."""

    def fail(self, node_name: str, error: BaseException) -> None:
        """Record that a node failed for good."""


class NodeRuns(Protocol):
    """Protocol of the Kedro runs that a flow uses."""

    def provide(self, flow_run_id: str, run: Union[NodeRun, BaseException]) -> ContextManager[None]:
        """Provide the Kedro run of a flow run, or the error that kept it from opening."""

    def find(self, flow_run_id: str) -> Optional[NodeRun]:
        """Return the Kedro run, if one is open."""

    def acquire(self, flow_run_id: str) -> NodeRun:
        """Return the Kedro run, or raise the reason why there is none."""


class NodeError(Exception):
    """Wrapper of a node's exception that Prefect would take for one of its signals, or not catch.

    Prefect's signals (SKIP, RETRY, PAUSE and so on) are not of type ``Exception`` either.
    """

    def __init__(self, error: BaseException):
        super().__init__(error)
        self.error = error

    def __repr__(self) -> str:
        return repr(self.error)


def raised_by_node(error: Any) -> Any:
    """Return what a node has raised, given what its task has: that may be a ``NodeError``."""
    return error.error if isinstance(error, NodeError) else error


def has_failed(state: State) -> bool:
    """Return whether a task failed itself, not because an upstream task did."""
    return state.is_failed() and not isinstance(state, TriggerFailed)


class InitTask(Task):
    """First task of every flow, which requires an open Kedro run and logs its id.

    Its inputs are the flow's parameters, which would not be part of the flow otherwise. It does not
    use them: the Kedro session reads them from the flow run.
    """

    def __init__(self, package_name: str, runs: NodeRuns):
        self._runs = runs
        super().__init__(name=f"{package_name}_init", result=PrefectResult())

    def run(self, **options: object) -> Optional[str]:
        """Return the id of the Kedro run, which the API keeps in the task's state.

        Raises:
            BaseException: the error that kept its session from opening.
        """
        run = self._runs.acquire(prefect.context.flow_run_id)
        count = len(run.nodes)
        plural = "" if count == 1 else "s"
        self.logger.info("Kedro run %s: %d node%s", run.run_id, count, plural)
        return run.run_id


class NodeTask(Task):
    """Task that runs one node.

    Its result is what the node leaves in memory for others: a dictionary from dataset names to
    in-memory datasets.
    """

    # Prefect's own does the same in Python, and a flow calls it about fifty times per task.
    __hash__ = object.__hash__

    def __init__(self, node: Node, runs: NodeRuns):
        self.description = _function_name(node)
        self.reads = tuple(node.inputs)
        self.writes = tuple(node.outputs)
        self.runs = runs
        super().__init__(
            name=node.name,
            tags=set(node.tags),
            trigger=self.may_start,
            # What a skipped task would write may exist already; the selection of nodes decides.
            skip_on_upstream_skip=False,
            state_handlers=[record_failure],
            nout=1,  # otherwise Prefect inspects the signature of run for each task
        )

    def describe(self, dataset_types: Mapping[str, Optional[str]]) -> TaskDescription:
        """Return the description of the task's function and datasets."""

        def typed(names: Iterable[str]) -> Dict[str, DatasetDescription]:
            return {name: {"type": dataset_types.get(name), "required": True} for name in names}

        inputs, outputs = typed(self.reads), typed(self.writes)
        return {"description": self.description, "inputs": inputs, "outputs": outputs}

    def run(self, **upstream: Optional[InMemory]) -> InMemory:
        """Run the node; each argument is the result of one upstream task."""
        run = self.runs.acquire(prefect.context.flow_run_id)
        if self.name not in run.nodes:
            raise SKIP("Not selected for this run.", result=None)
        results = (result or {} for result in upstream.values())  # None: a task that was skipped
        received = {name: dataset for result in results for name, dataset in result.items()}
        try:
            return run.execute(self.name, received)
        except KeyboardInterrupt:  # the end of the whole run, not a failure of the node
            raise
        except BaseException as error:
            # A RecursiveCall is an Exception, but also what Prefect's task runners loop with.
            if isinstance(error, Exception) and not isinstance(error, RecursiveCall):
                raise
            raise NodeError(error) from error

    @property
    def policy(self) -> TaskPolicy:
        """The policy of the node in the Kedro run; the default if it is not selected."""
        run = self.runs.find(prefect.context.flow_run_id)
        return run.policy(self.name) if run and self.name in run.nodes else TaskPolicy()

    def may_start(self, upstream_states: Mapping[Edge, State]) -> bool:
        """Trigger for node tasks: starts if all upstream tasks succeeded and no node has failed.

        Like Kedro's runners, a run starts no further node once one has failed. There is no Kedro
        run if its session could not be opened; the init task, which is upstream, has failed then.
        """
        run = self.runs.find(prefect.context.flow_run_id)
        if run is not None and run.failed_node is not None:
            raise TRIGGERFAIL(f"Not started: node '{run.failed_node}' had already failed.")
        return bool(all_successful(upstream_states))

    def record_failure(self, state: State) -> None:
        """Record in the Kedro run that a node has failed for good."""
        run = self.runs.find(prefect.context.flow_run_id)
        if run is not None and has_failed(state):
            run.fail(self.name, raised_by_node(state.result))


def record_failure(task: NodeTask, old_state: State, new_state: State) -> None:
    """State handler for node tasks: the first node that fails for good ends the Kedro run."""
    task.record_failure(new_state)


def _function_name(node: Node) -> str:
    function = getattr(node.func, "func", node.func)  # behind a functools.partial
    named = function if hasattr(function, "__qualname__") else type(function)
    # The methods of classes in C have no module of their own.
    module = getattr(named, "__module__", None) or type(named).__module__
    return f"{module}.{named.__qualname__}"
