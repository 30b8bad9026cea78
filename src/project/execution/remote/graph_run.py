"""A flow's nodes on Dask workers, as the process of the run sees them."""

from __future__ import annotations

import logging
from contextlib import suppress
from queue import Empty, Queue
from time import monotonic, sleep
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Tuple,
    Union,
)

import prefect
from distributed import Future, KilledWorker
from prefect import Task
from prefect.engine.state import Failed, Pending, State, Success, TriggerFailed

from project.compat import kedro as compat
from project.errors import FlowRunError
from project.execution.executors.limits import Limiter
from project.execution.kedro_run import KedroRun
from project.execution.remote.reports import (
    EndReport,
    InterruptReport,
    LineReport,
    Report,
    SlotRequest,
    StateReport,
    read_reports,
)
from project.execution.remote.unit_graph import UnitGraph, make_unit_graph
from project.execution.remote.values import UnsendableValue
from project.execution.remote.worker import (
    NodeCall,
    RunPlugin,
    RunSpec,
    UnitFailedError,
    grant_slot,
    resources_of_worker,
    stop_run,
)
from project.flow.tasks import NodeError

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.1
# How long reports may take after all units have ended, before the units' results count instead.
REPORT_SECONDS = 5.0
INTERRUPT_SECONDS = 3.0

Observe = Callable[[Any, State, State], Optional[State]]


class ReportedTask(NamedTuple):
    """Stand-in for a task runner, which is on a worker, in calls of state handlers."""

    task: Task


class WorkerRemoved(NamedTuple):
    """Dask has removed a worker, and with it units that it ran or values that are still needed."""

    address: str
    keys: Tuple[str, ...]


class GraphRun:
    """One run of nodes on the workers of a client: submitted at once, then followed by reports.

    ``handlers`` are called in this process, with each new state of a node.
    """

    def __init__(self, client: Any, spec: RunSpec, run: KedroRun, handlers: Iterable[Observe]):
        self._client = client
        self._spec = spec
        self._run = run
        self._handlers = list(handlers)
        self._calls: Mapping[str, NodeCall] = {}
        self._tasks: Mapping[str, Task] = {}
        self._graph = UnitGraph({}, {}, (), {})
        self._futures: Dict[str, Future[Any]] = {}
        self._states: Dict[str, State] = {}  # the newest of each node
        self._ended: Dict[str, State] = {}
        self._attempts: Dict[str, str] = {}
        self._running_at: Dict[str, str] = {}  # once stopped: the workers of nodes still running
        self._news: Queue[Union[Report, WorkerRemoved]] = Queue()
        self._is_stopped = False
        self._is_scheduler_lost = False
        self._limiter = Limiter(run.settings.limits)
        self._slots: Set[str] = set()  # the nodes that have asked the limiter
        self._address: str = client.scheduler.address

    def execute(
        self, calls: Mapping[str, NodeCall], tasks: Mapping[str, Task], grouping: str
    ) -> Mapping[str, State]:
        """Run nodes and return the states in which they end; free outputs reach the catalog.

        Raises:
            FlowRunError: the scheduler or the workers failed.
            KeyboardInterrupt: a node raised it, or a state handler.
        """
        self._calls, self._tasks = calls, tasks
        self._graph = make_unit_graph(self._run, calls, grouping, self._spec.name)
        try:
            self._client.subscribe_topic(self._spec.name, self._receive)
            self._client.subscribe_topic("all", self._receive_scheduler_event)
            self._register_plugin()
            self._require_resources()
            # The whole graph at once; futures only of what nothing else needs, so that workers
            # forget each value once its readers have ended.
            wanted = self._graph.wanted
            futures = self._client.get(self._graph.for_dask(), wanted, sync=False)
            self._futures = dict(zip(wanted, futures))
            self._follow()
            if self._run.error is None:
                self._return_outputs()
            return self._ended
        except BaseException:
            # The first error counts, not what a scheduler that is going away answers now.
            with suppress(Exception):
                self._interrupt()
            raise
        finally:
            self._clean_up()

    def _register_plugin(self) -> None:
        register: Any = getattr(self._client, "register_plugin", None)
        if register is None:  # before distributed 2023.9.2
            register = self._client.register_worker_plugin
        try:
            register(RunPlugin(self._spec), name=self._spec.name)
        except Exception as error:  # whatever unpickling raises on a worker
            raise FlowRunError(
                f"The Dask workers cannot run this flow: {error!r}. They need the same versions of "
                "Python, Kedro and this package as the process of the run."
            ) from error

    def _require_resources(self) -> None:
        """Require that some worker has what a unit needs; Dask would wait for ever.

        Raises:
            FlowRunError: names the node and what it needs.
        """
        if not self._graph.resources:
            return
        workers = self._client.run(resources_of_worker).values()
        for key, needed in self._graph.resources.items():
            if not any(
                all(has.get(name, 0) >= amount for name, amount in needed.items())
                for has in workers
            ):
                wanted = " ".join(f"{name}={amount:g}" for name, amount in needed.items())
                raise FlowRunError(
                    f"Node '{self._graph.units[key].calls[0].name}' needs a Dask worker with the "
                    f"resources {wanted} (prefect.yml: tasks), but there is none. Start one: "
                    f'dask worker {self._address} --resources "{wanted}"'
                )

    def _receive(self, event: Tuple[float, bytes]) -> None:
        for report in read_reports(event[1]):
            self._news.put(report)

    def _receive_scheduler_event(self, event: Tuple[float, Any]) -> None:
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker":
            lost = (*message.get("processing-tasks", ()), *message.get("lost-computed-tasks", ()))
            self._news.put(WorkerRemoved(str(message.get("worker")), tuple(map(str, lost))))

    def _follow(self) -> None:
        """Handle reports until each node has ended, or will not start."""
        finished_at: Optional[float] = None
        while len(self._ended) < len(self._calls):
            try:
                self._handle(self._news.get(timeout=POLL_SECONDS))
            except Empty:
                if self._is_stopped:
                    self._end_unstarted()
                elif self._are_futures_done():
                    finished_at = finished_at or monotonic()
                    if monotonic() - finished_at > REPORT_SECONDS:
                        self._end_unreported()

    def _handle(self, news: Union[Report, WorkerRemoved]) -> None:
        if isinstance(news, StateReport):
            self._handle_state(news)
        elif isinstance(news, EndReport):
            self._end(news.node, news.state)
        elif isinstance(news, LineReport):
            self._log(news)
        elif isinstance(news, SlotRequest):
            self._slots.add(news.node)
            tags = self._tasks[news.node].tags
            self._limiter.submit(tags, lambda: self._grant_slot(news.node, news.worker))
        elif isinstance(news, InterruptReport):
            raise KeyboardInterrupt
        else:
            self._handle_removed_worker(news)

    def _handle_state(self, report: StateReport) -> None:
        if report.node in self._ended:
            return
        if self._attempts.setdefault(report.node, report.attempt) != report.attempt:
            self._fail_lost(report.node, "A worker")
        else:
            self._set_state(report.node, report.state)

    def _set_state(self, node: str, state: State) -> None:
        old = self._states.get(node, Pending())
        self._states[node] = state
        for handler in self._handlers:
            handler(ReportedTask(self._tasks[node]), old, state)

    def _end(self, node: str, state: State) -> None:
        if node in self._ended:
            return
        self._ended[node] = state
        if state.is_successful():
            self._run.done_nodes.add(self._run.nodes[node])
        elif not isinstance(state, TriggerFailed):
            error = state.result
            self._fail_run(node, error.error if isinstance(error, NodeError) else error)
        if node in self._slots:
            self._limiter.end(self._tasks[node].tags)

    def _fail_run(self, node: str, error: BaseException) -> None:
        self._run.fail(node, error)
        if not self._is_stopped:
            self._stop(node)

    def _fail(self, node: str, error: FlowRunError) -> None:
        """Fail a node whose worker cannot report it; one that has ended fails the run."""
        if node in self._ended:
            self._fail_run(node, error)
        else:
            failed = Failed(error.message, result=error)
            self._set_state(node, failed)
            self._end(node, failed)

    def _fail_lost(self, node: str, worker: str) -> None:
        error = FlowRunError(
            f"{worker} was lost with node '{node}' or its value. Nodes do not run twice, because "
            "they may have written already: start a new run. Workers often end because they have "
            "no memory left; their own log says why."
        )
        self._fail(node, error)

    def _handle_removed_worker(self, removed: WorkerRemoved) -> None:
        for node, address in self._running_at.items():
            if address == removed.address and node not in self._ended:
                self._fail_lost(node, f"Worker {address}")
        units = [self._graph.units[key] for key in removed.keys if key in self._graph.units]
        nodes = [call.name for unit in units for call in unit.calls]
        if nodes and not self._is_stopped:
            running = [name for name in nodes if name in self._attempts and name not in self._ended]
            self._fail_lost((running or nodes)[0], f"Worker {removed.address}")

    def _grant_slot(self, node: str, worker: str) -> None:
        if not self._is_stopped:
            self._client.run(grant_slot, self._spec.name, node, workers=[worker])

    def _log(self, line: LineReport) -> None:
        call = self._calls.get(line.node or "")
        with prefect.context(dict(call.context) if call else {}):
            record = logging.makeLogRecord(line.fields)
            if record.name == "stdout":
                print(record.msg)  # as the node did on its worker
            elif logging.getLogger(record.name).isEnabledFor(record.levelno):
                logging.getLogger(record.name).handle(record)

    def _are_futures_done(self) -> bool:
        """Return whether all units have ended.

        Raises:
            FlowRunError: Dask could not run a unit, or has lost the graph.
        """
        for future in self._futures.values():
            if future.status in ("cancelled", "lost"):
                self._is_scheduler_lost = True
                raise FlowRunError(
                    f"The Dask scheduler at {self._address} was lost, and what "
                    "ran there with it. Start a new run."
                )
            if future.status == "error":
                self._handle_error(future.exception())
        return all(future.status in ("finished", "error") for future in self._futures.values())

    def _handle_error(self, error: BaseException) -> None:
        if isinstance(error, KilledWorker):
            unit = self._graph.units.get(str(error.task))
            worker = getattr(error.last_worker, "address", error.last_worker)
            if unit is not None and not self._is_stopped:
                self._fail_lost(unit.calls[0].name, f"Worker {worker}")
        elif not isinstance(error, UnitFailedError):  # that one reports itself
            raise FlowRunError(f"Dask could not run a node: {error!r}") from error

    def _end_unstarted(self) -> None:
        """Once the nodes that still ran have ended, end those that will not start."""
        if set(self._running_at) - set(self._ended):
            return
        message = f"Not started: node '{self._run.failed_node}' had already failed."
        for node in self._calls:
            if node not in self._ended:
                state = TriggerFailed(message)
                self._set_state(node, state)
                self._end(node, state)

    def _end_unreported(self) -> None:
        """End nodes whose reports were lost: their units have ended."""
        is_error = any(future.status == "error" for future in self._futures.values())
        for node in self._calls:
            if node in self._ended:
                continue
            if is_error:
                self._fail(node, FlowRunError("A worker was lost before it reported a failure."))
                return
            state = Success("The node has ended; its worker was lost before it reported that.")
            self._set_state(node, state)
            self._end(node, state)

    def _return_outputs(self) -> None:
        futures = [self._futures[key] for key in self._graph.output_keys]
        for values in self._client.gather(futures):
            for name, value in values.items():
                if isinstance(value, UnsendableValue):
                    raise FlowRunError(str(value))
                target = compat.get_dataset(self._run.catalog, name)
                compat.copy_value(value.dataset, target)

    def _stop(self, failed_node: Optional[str], *, is_interrupt: bool = False) -> List[str]:
        """Let no further node start, and return the nodes that still run."""
        self._is_stopped = True
        if self._is_scheduler_lost or self._client.status != "running":
            return []
        with suppress(OSError):  # a worker that is lost at this moment has stopped
            running = self._client.run(stop_run, self._spec.name, failed_node, is_interrupt)
            self._running_at = {node: where for where, nodes in running.items() for node in nodes}
        self._client.cancel(list(self._futures.values()), force=True)
        return [node for node in self._running_at if node not in self._ended]

    def _interrupt(self) -> None:
        """Interrupt the nodes that still run, and wait a moment for their end."""
        left = self._stop(None, is_interrupt=True)
        deadline = monotonic() + INTERRUPT_SECONDS
        while left and monotonic() < deadline:
            sleep(POLL_SECONDS)
            left = self._stop(None)
        if left:
            logger.warning("Nodes that still run, and cannot be interrupted: %s", ", ".join(left))

    def _clean_up(self) -> None:
        if self._is_scheduler_lost or self._client.status != "running":
            return
        # The run has its end by now; what cannot be reached any more needs no cleaning up.
        name = self._spec.name
        steps: Tuple[Callable[[], object], ...] = (
            lambda: self._client.unsubscribe_topic("all"),
            lambda: self._client.unsubscribe_topic(name),
            lambda: self._client.unregister_worker_plugin(name),
            lambda: self._client.run_on_scheduler(forget_topic, name),
        )
        for clean_up in steps:
            with suppress(Exception):
                clean_up()


def forget_topic(topic: str, dask_scheduler: Any) -> None:
    """Let a scheduler forget the events of a run, of which it would keep the last 100,000."""
    broker = getattr(dask_scheduler, "_broker", None)
    topics = dask_scheduler.events if broker is None else broker._topics
    topics.pop(topic, None)
