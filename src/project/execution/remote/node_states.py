"""The states of nodes on workers, as the process of the run knows them."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional

from prefect import Task
from prefect.engine.state import Failed, Pending, Retrying, State, TriggerFailed

from project.errors import FlowRunError
from project.execution.kedro_run import KedroRun
from project.execution.remote.slots import Slots
from project.flow.tasks import raised_by_node

Observe = Callable[[Any, State, State], Optional[State]]


class ReportedTask(NamedTuple):
    """Stand-in for a task runner, which is on a worker, in calls of state handlers."""

    task: Task


class NodeStates:
    """The newest state of each node of a run, and the states in which nodes have ended.

    ``handlers`` are called with each new state, and ``on_failure`` with each node that fails the
    run. A node that ends gives back its slot.
    """

    def __init__(
        self,
        run: KedroRun,
        tasks: Mapping[str, Task],
        handlers: Iterable[Observe],
        slots: Slots,
        on_failure: Callable[[str], None],
    ):
        self._run = run
        self._tasks = tasks
        self._handlers = list(handlers)
        self._slots = slots
        self._on_failure = on_failure
        self._newest: Dict[str, State] = {}
        self._ended: Dict[str, State] = {}

    @property
    def ends(self) -> Mapping[str, State]:
        """The states in which nodes have ended."""
        return self._ended

    @property
    def are_all_ended(self) -> bool:
        """Whether each node has ended."""
        return len(self._ended) == len(self._tasks)

    def has_begun(self, node: str) -> bool:
        """Return whether a node has a state, be it that of an attempt before."""
        return node in self._newest

    def has_ended(self, node: str) -> bool:
        """Return whether a node has ended."""
        return node in self._ended

    def unended(self) -> List[str]:
        """Return the nodes that have not ended."""
        return [node for node in self._tasks if node not in self._ended]

    def running(self) -> List[str]:
        """Return the nodes that have begun, and of which no end is reported yet."""
        states = self._newest.items()
        return [node for node, state in states if state.is_running() and node not in self._ended]

    def set(self, node: str, state: State) -> None:
        """Set a node to a new state."""
        old = self._newest.get(node, Pending())
        self._newest[node] = state
        for handler in self._handlers:
            handler(ReportedTask(self._tasks[node]), old, state)

    def end(self, node: str, state: State) -> None:
        """Set a node to the state in which it ends; if it failed, the run fails."""
        self.set(node, state)
        self._ended[node] = state
        if state.is_successful():
            self._run.done_nodes.add(self._run.nodes[node])
        elif not isinstance(state, TriggerFailed):
            self._fail_run(node, raised_by_node(state.result))
        self._slots.end(node)

    def fail(self, node: str, error: FlowRunError) -> None:
        """Fail a node whose worker cannot report it; one that has ended fails the run."""
        if node in self._ended:
            self._fail_run(node, error)
        else:
            self.end(node, Failed(error.message, result=error))

    def retry(self, node: str, state: Retrying) -> None:
        """Set a node that had begun, or even ended, to the state before its next attempt."""
        self._ended.pop(node, None)
        self._run.done_nodes.discard(self._run.nodes[node])
        self.set(node, state)

    def _fail_run(self, node: str, error: BaseException) -> None:
        self._run.fail(node, error)
        self._on_failure(node)
