"""What becomes of nodes whose worker, or whose value, is lost: they run again, or fail the run."""

from __future__ import annotations

import logging
from typing import Any, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import pendulum
from distributed import KilledWorker
from prefect.engine.state import Retrying, Success

from project.errors import WorkerLostError
from project.execution.remote.attempts import Attempts
from project.execution.remote.node_states import NodeStates
from project.execution.remote.reports import RerunRequest
from project.execution.remote.run_spec import Permission
from project.execution.remote.slots import Slots
from project.execution.remote.unit_graph import UnitGraph

logger = logging.getLogger(__name__)

_NO_RETRY_LEFT = (
    "A node that may have started, and written data, runs again only if it has a retry left "
    "(prefect.yml: tasks)."
)


class WorkerRemoved(NamedTuple):
    """Dask has removed a worker, with units that it was to run, and with values still needed."""

    address: str
    unfinished: Tuple[str, ...]
    finished: Tuple[str, ...]


def read_scheduler_event(event: Any) -> Optional[WorkerRemoved]:
    """Return the removal of a worker that Dask's scheduler reports, if the event is one."""
    if not isinstance(event, dict) or event.get("action") != "remove-worker":
        return None
    fields = ("processing-tasks", "lost-computed-tasks")
    keys = (tuple(map(str, event.get(field, ()))) for field in fields)
    return WorkerRemoved(str(event.get("worker")), *keys)


class LostWorkers:
    """What the loss of a worker means for the nodes of a run, by their policies."""

    def __init__(
        self,
        flow_run_id: str,
        graph: UnitGraph,
        states: NodeStates,
        attempts: Attempts,
        slots: Slots,
    ):
        self._flow_run_id = flow_run_id
        self._graph = graph
        self._states = states
        self._attempts = attempts
        self._slots = slots

    def end_finished(self, removed: WorkerRemoved) -> None:
        """End the nodes of finished units whose reports were lost with the worker."""
        finished = self._graph.nodes_of(removed.finished)
        for node in [node for node in finished if not self._states.has_ended(node)]:
            self._states.end(node, Success("It ended just before its worker was lost."))

    def rerun_or_fail(self, removed: WorkerRemoved) -> None:
        """Fail the run, unless each node may run again that Dask will run again."""
        lost_values = (key for key in removed.finished if not self._graph.keeps_nothing(key))
        nodes = self._graph.nodes_of([*removed.unfinished, *lost_values])
        final = self._without_retry(nodes)
        worker = f"Worker {removed.address}"
        if final:
            self._fail_removed(worker, nodes, final)
        elif nodes:
            logger.warning("%s was lost; nodes that run again: %s", worker, ", ".join(nodes))

    def permit(self, request: RerunRequest) -> Optional[Permission]:
        """Return the permission for a unit to begin again; without it, one of its nodes fails."""
        nodes = self._graph.nodes_of([request.key])
        if self._graph.keeps_nothing(request.key) and all(map(self._states.has_ended, nodes)):
            return Permission({}, 0, is_done=True)
        final = self._without_retry(nodes)
        if final:
            self.fail(final[0], "A worker")
            return None
        return self._permit(nodes, request.attempt)

    def fail_killed(self, error: KilledWorker) -> None:
        """Fail the unit that Dask will not start again, because it has ended too many workers."""
        unit = self._graph.units.get(str(error.task))
        worker = getattr(error.last_worker, "address", error.last_worker)
        if unit is not None:
            reason = f"Dask will not start it again: {error}."
            self.fail(unit.calls[0].name, f"Worker {worker}", reason)

    def fail(self, node: str, worker: str, reason: str = _NO_RETRY_LEFT) -> None:
        """Fail a node that has lost its worker, or its value, and does not run again."""
        later = [each for each in self._graph.nodes_after(node) if not self._states.has_ended(each)]
        running = f"node '{node}', or one after it in its group" if later else f"node '{node}'"
        error = WorkerLostError(
            f"{worker} was lost while running {running}, or while holding its value. {reason} "
            f"Restart the run ('kedro prefect restart {self._flow_run_id}'), or start a new "
            "one. Workers often die because they run out of memory; their own logs say why."
        )
        self._states.fail(node, error)

    def _without_retry(self, nodes: Iterable[str]) -> List[str]:
        return [node for node in nodes if not self._attempts.may_rerun(node)]

    def _fail_removed(self, worker: str, nodes: List[str], final: List[str]) -> None:
        """Fail the nodes that ran on a lost worker or, if none did, one whose value was lost."""
        running = [node for node in self._states.running() if node in nodes]
        another = f"It has a retry left, but node '{final[0]}', whose value was lost, has none."
        for node in running or final[:1]:
            self.fail(node, worker, _NO_RETRY_LEFT if node in final else another)

    def _permit(self, nodes: Sequence[str], attempt: str) -> Permission:
        states = {node: self._retry(node) for node in nodes if self._states.has_begun(node)}
        for node in nodes:
            if node not in states:  # it may have begun all the same
                self._attempts.count_lost(node)
            self._attempts.replace(node, attempt)
            self._slots.end(node)
        now = pendulum.now("utc")
        delays = ((state.start_time - now).total_seconds() for state in states.values())
        return Permission(states, max([0, *delays]))

    def _retry(self, node: str) -> Retrying:
        state = self._attempts.retry(node)
        self._states.retry(node, state)
        return state
