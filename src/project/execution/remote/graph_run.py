"""A flow's nodes on Dask workers, as the process of the run sees them."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from itertools import chain
from queue import Empty, Queue
from time import monotonic
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import prefect
from distributed import KilledWorker
from prefect import Task
from prefect.engine.state import Retrying, State, Success

from project.compat import kedro as compat
from project.errors import FlowRunError
from project.execution.kedro_run import KedroRun
from project.execution.remote.attempts import Attempts
from project.execution.remote.cluster import RunCluster, wait_for_worker
from project.execution.remote.lost_workers import LostWorkers, WorkerRemoved, read_scheduler_event
from project.execution.remote.node_states import NodeStates, Observe
from project.execution.remote.reports import (
    EndReport,
    InterruptReport,
    LineReport,
    Report,
    RerunRequest,
    SlotRequest,
    StateReport,
    read_reports,
)
from project.execution.remote.run_spec import RunSpec, UnitFailedError
from project.execution.remote.slots import Slots
from project.execution.remote.stopper import Stopper
from project.execution.remote.unit_graph import UnitGraph
from project.execution.remote.values import open_value
from project.execution.remote.worker import grant_slot, permit_rerun
from project.terminal import echo

POLL_SECONDS = 0.1
# How long reports may take after all units have ended, before the units' results count instead.
REPORT_SECONDS = 5.0


class OutputsArrived(NamedTuple):
    """The free outputs are in the process of the run, or cannot be loaded."""


News = Union[Report, WorkerRemoved, OutputsArrived]


class GraphRun:
    """One run of a graph on the workers of a client: submitted at once, then followed by reports.

    ``tasks`` are those of the graph's nodes. ``handlers`` are called in this process, with each new
    state of a node.
    """

    def __init__(
        self,
        client: Any,
        spec: RunSpec,
        run: KedroRun,
        graph: UnitGraph,
        tasks: Mapping[str, Task],
        handlers: Iterable[Observe],
    ):
        self._client = client
        self._cluster = RunCluster(client, spec)
        self._run = run
        self._graph = graph
        self._contexts = {
            call.name: call.context for unit in graph.units.values() for call in unit.calls
        }
        self._attempts = Attempts(run.policy)
        self._news: Queue[Sequence[News]] = Queue()
        tags = {node: task.tags for node, task in tasks.items()}
        self._slots = Slots(run.settings.limits, tags, self._grant_slot)
        self._states = NodeStates(run, tasks, handlers, self._slots, self._stop_after_failure)
        self._stopper = Stopper(run, self._cluster, self._states, self._slots)
        self._lost_workers = LostWorkers(
            spec.flow_run_id, graph, self._states, self._attempts, self._slots
        )
        self._may_lack_workers = False
        self._handle_by_class: Mapping[type, Callable[[Any], None]] = {
            StateReport: self._handle_state,
            EndReport: self._handle_end,
            LineReport: self._log,
            SlotRequest: self._handle_slot_request,
            RerunRequest: self._handle_rerun,
            InterruptReport: self._handle_interrupt,
            WorkerRemoved: self._handle_removed_worker,
            OutputsArrived: lambda news: None,
        }

    def execute(self) -> Mapping[str, State]:
        """Run the nodes and return the states in which they end; free outputs reach the catalog.

        Raises:
            FlowRunError: the scheduler or the workers failed.
            KeyboardInterrupt: a node raised it, or a state handler.
        """
        try:
            if self._graph.groups:
                self._run.report_groups(self._graph.groups)
            self._cluster.prepare(self._graph, self._receive, self._receive_scheduler_event)
            self._cluster.submit(self._graph)
            self._follow()
            self._return_outputs()
            return self._states.ends
        except BaseException:
            # The first error counts, not what a scheduler that is going away answers now.
            with suppress(Exception):
                self._stopper.interrupt()
            raise
        finally:
            self._cluster.clean_up()

    def _receive(self, event: Tuple[float, bytes]) -> None:
        self._news.put(read_reports(event[1]))

    def _receive_scheduler_event(self, event: Tuple[float, Any]) -> None:
        removed = read_scheduler_event(event[1])
        if removed is not None:
            self._news.put([removed])

    def _follow(self, is_done: Callable[[], bool] = lambda: True) -> None:
        """Handle reports until each node has ended, or will not start."""
        finished_at: Optional[float] = None
        while not (self._states.are_all_ended and is_done()):
            try:
                self._handle(self._news.get(timeout=POLL_SECONDS))
            except Empty:
                self._require_workers()
                if self._stopper.is_stopped:
                    self._stopper.end_unstarted()
                elif self._are_units_done():
                    finished_at = finished_at or monotonic()
                    if monotonic() - finished_at > REPORT_SECONDS:
                        self._end_unreported()

    def _handle(self, news: Sequence[News]) -> None:
        for one in news:
            handle: Any = self._handle_by_class[type(one)]
            handle(one)

    def _handle_state(self, report: StateReport) -> None:
        node, state = report.node, report.state
        if self._states.has_ended(node) or self._attempts.is_superseded(report.attempt):
            return
        if not self._attempts.begin(node, report.attempt):
            self._lost_workers.fail(node, "A worker")
            return
        if isinstance(state, Retrying):
            self._attempts.record_failures(node, state.run_count)
        self._states.set(node, state)

    def _handle_end(self, report: EndReport) -> None:
        if self._attempts.is_superseded(report.attempt):
            return
        self._attempts.begin(report.node, report.attempt)
        if not self._states.has_ended(report.node):
            self._states.end(report.node, report.state)

    def _handle_interrupt(self, report: InterruptReport) -> None:
        raise KeyboardInterrupt

    def _stop_after_failure(self, node: str) -> None:
        if not self._stopper.is_stopped:
            self._stopper.stop(node)

    def _handle_removed_worker(self, removed: WorkerRemoved) -> None:
        self._may_lack_workers = True
        for node in self._stopper.running_on(removed.address):
            self._lost_workers.fail(node, f"Worker {removed.address}")
        self._lost_workers.end_finished(removed)
        if not self._stopper.is_stopped:
            self._lost_workers.rerun_or_fail(removed)

    def _handle_rerun(self, request: RerunRequest) -> None:
        permission = None if self._stopper.is_stopped else self._lost_workers.permit(request)
        if permission is not None:
            self._cluster.send_to(request.worker, permit_rerun, request.attempt, permission)

    def _require_workers(self) -> None:
        """Require that a lost worker was not the last one, or that another comes in time.

        Raises:
            FlowRunError: there is none.
        """
        if self._may_lack_workers and not self._stopper.is_stopped:
            wait_for_worker(self._client)
            self._may_lack_workers = False

    def _handle_slot_request(self, request: SlotRequest) -> None:
        self._slots.request(request.node, request.worker)

    def _grant_slot(self, worker: str, node: str) -> None:
        self._cluster.send_to(worker, grant_slot, node)

    def _log(self, line: LineReport) -> None:
        name, level = str(line.fields["name"]), int(line.fields["levelno"])
        context = dict(self._contexts.get(line.node or "", {}))
        if name == "stdout":
            with prefect.context(context):
                echo(str(line.fields["msg"]))  # as the node did on its worker
        elif logging.getLogger(name).isEnabledFor(level):
            with prefect.context(context):
                logging.getLogger(name).handle(logging.makeLogRecord(line.fields))

    def _are_units_done(self) -> bool:
        """Return whether all units have ended.

        Raises:
            FlowRunError: Dask could not run a unit, or has lost the graph.
        """
        for error in self._cluster.errors():
            self._handle_error(error)
        return self._cluster.are_units_done()

    def _handle_error(self, error: BaseException) -> None:
        if isinstance(error, KilledWorker):
            if not self._stopper.is_stopped:
                self._lost_workers.fail_killed(error)
        elif not isinstance(error, UnitFailedError):  # that one reports itself
            raise FlowRunError(f"Dask could not run a node: {error!r}") from error

    def _end_unreported(self) -> None:
        """End nodes whose reports were lost: their units have ended."""
        is_error = bool(self._cluster.errors())
        for node in self._states.unended():
            if is_error:
                self._states.fail(
                    node, FlowRunError("A worker was lost before it reported a failure.")
                )
                return
            ended = Success("The node has ended; its worker was lost before it reported that.")
            self._states.end(node, ended)

    def _return_outputs(self) -> None:
        """Return the free outputs to the catalog, unless the run fails or has failed."""
        if self._run.error is not None or not self._graph.output_keys:
            return
        arrived = partial(self._news.put, [OutputsArrived()])
        with self._cluster.gathering(self._graph.output_keys, arrived) as gathered:
            self._follow(gathered.done)  # a value that is lost now needs its node again
        if self._run.error is None:
            for name, value in chain.from_iterable(map(dict.items, gathered.result())):
                target = compat.get_dataset(self._run.catalog, name)
                compat.copy_value(open_value(value, is_output=True).dataset, target)
