"""A flow run in a Dask worker: the units that run there, one after another or on threads."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from queue import Empty, Queue
from threading import Event, Lock, get_ident
from typing import Dict, Iterator, List, Optional, Sequence
from uuid import uuid4

import pendulum
import prefect
from distributed import Worker
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from prefect import Task
from prefect.core import Edge
from prefect.engine.flow_runner import run_task
from prefect.engine.state import Failed, State, Success, TriggerFailed
from prefect.engine.task_runner import TaskRunner

from project.compat.kedro_project import OpenCatalog
from project.compat.prefect_patches import patch_context
from project.config.model import Settings
from project.execution.executors.local import without_config
from project.execution.kedro_run import KedroRun
from project.execution.output import captures_kept
from project.execution.remote.code import opening
from project.execution.remote.reports import (
    EndReport,
    InterruptReport,
    ReportSender,
    RerunRequest,
    SlotRequest,
    StateReport,
    without_value,
)
from project.execution.remote.reruns import is_rerun
from project.execution.remote.run_spec import NodeCall, Permission, RunSpec, Unit, UnitFailedError
from project.execution.remote.values import Received, Value, open_value
from project.execution.remote.worker_catalog import ReceivedValues, take_values
from project.execution.remote.worker_output import WorkerOutput
from project.execution.remote.worker_project import open_run_catalog
from project.execution.runs import KedroRuns
from project.execution.time_limit import raise_in_thread
from project.flow.tasks import NodeTask

SLOT_SECONDS = 1.0


class WorkerRun:
    """A flow run in a worker: units, each with the values that it receives and leaves."""

    def __init__(self, spec: RunSpec, worker: Worker):
        self._spec = spec
        self._reports = ReportSender(
            lambda message: worker.log_event(spec.name, message),
            lambda seconds, flush: worker.loop.add_callback(worker.loop.call_later, seconds, flush),
        )
        self._output = WorkerOutput(spec, self._reports)
        self._opened: Optional[OpenCatalog] = None
        self._nodes: Dict[str, Node] = {}
        self._resources = ExitStack()
        self._values = ReceivedValues()
        self._running: Dict[int, Unit] = {}  # by thread
        self._stopped_by: Optional[str] = None
        self._stopping = Event()
        self._address: str = worker.address
        self._slots: Dict[str, Event] = {}
        self._permissions: Dict[str, Queue[Permission]] = {}  # by attempt
        self._lock = Lock()
        self._upstream = Task(name="upstream")

    def run_unit(self, unit: Unit, received: Sequence[Received]) -> Dict[str, Value]:
        """Run nodes in order and return the in-memory datasets that others need.

        Raises:
            UnitFailedError: a node has not succeeded.
        """
        patch_context()
        attempt = uuid4().hex
        try:
            if is_rerun(unit.key):
                permission = self._wait_for_permission(unit, attempt)
                if permission.is_done:
                    return {}
                unit = _continued(unit, permission)
            with self._registered(unit), prefect.context(self._spec.context):
                return self._run_nodes(unit, received, attempt)
        except KeyboardInterrupt:  # while it waits for something; Dask would end the worker
            raise UnitFailedError from None

    @contextmanager
    def _registered(self, unit: Unit) -> Iterator[None]:
        with self._lock:
            if self._stopping.is_set():
                raise UnitFailedError
            self._running[get_ident()] = unit
            self._output.mark_busy(True)
        try:
            yield
        finally:
            with self._lock:
                del self._running[get_ident()]
                self._output.mark_busy(bool(self._running))

    def grant_slot(self, node: str) -> None:
        """Let a node start that has waited for it."""
        self._slots[node].set()

    def permit_rerun(self, attempt: str, permission: Permission) -> None:
        """Let a unit begin again that has waited for it."""
        self._permissions[attempt].put(permission)

    def stop(self, failed_node: Optional[str], is_interrupt: bool) -> List[str]:
        """Start no further node, and return the nodes of the units that still run."""
        with self._lock:
            self._stopped_by = failed_node
            self._stopping.set()
            if is_interrupt:
                for thread in self._running:
                    raise_in_thread(thread, KeyboardInterrupt)
            running = [call.name for unit in self._running.values() for call in unit.calls]
        self._reports.flush()  # the run learns how the others have ended
        return running

    def close(self) -> None:
        """Close the Kedro session."""
        self._resources.close()
        self._reports.flush()

    def _wait_for_permission(self, unit: Unit, attempt: str) -> Permission:
        """Wait until the unit may begin again.

        Raises:
            UnitFailedError: the run ends.
        """
        answer = self._permissions[attempt] = Queue()
        self._reports.send(RerunRequest(unit.key, self._address, attempt))
        permission: Optional[Permission] = None
        while permission is None and not self._stopping.is_set():
            with suppress(Empty):
                permission = answer.get(timeout=SLOT_SECONDS)
        if permission is None or self._stopping.wait(permission.delay_seconds):
            raise UnitFailedError
        return permission

    def _run_nodes(
        self, unit: Unit, received: Sequence[Received], attempt: str
    ) -> Dict[str, Value]:
        try:
            opened = self._open()
            values = {name: open_value(value) for one in received for name, value in one.items()}
        except BaseException as error:  # SystemExit of a project's own code, too
            self._report_no_start(unit, error, attempt)
            raise UnitFailedError from error
        pipeline = Pipeline([self._nodes[call.name] for call in unit.calls])
        with self._values.placed(opened.catalog, values):
            run = KedroRun(
                pipeline,
                opened.catalog,
                opened.hook_manager,
                self._spec.run_id,
                self._spec.is_async,
                Settings(tasks=self._spec.policies),
            )
            run.is_restarted = self._spec.is_restarted or unit.is_rerun
            run.keep(unit.needed_outside, stores_results=self._spec.flow_result is not None)
            for call in unit.calls:
                self._run_node(call, run, attempt)
            if run.failed_node is not None:
                raise UnitFailedError
            return take_values(run, unit.needed_outside)

    def _report_no_start(self, unit: Unit, error: BaseException, attempt: str) -> None:
        first, *others = (call.name for call in unit.calls)
        failed = without_value(Failed(f"The node could not start: {error!r}", result=error))
        self._reports.put(EndReport(first, failed, attempt))
        for node in others:
            message = f"Not started: node '{first}' had already failed."
            self._reports.put(EndReport(node, TriggerFailed(message), attempt))

    def _run_node(self, call: NodeCall, run: KedroRun, attempt: str) -> None:
        if call.is_limited:
            self._wait_for_slot(call.name)
        run.failed_node = run.failed_node or self._stopped_by
        if self._stopping.is_set() and run.failed_node is None:  # interrupted
            raise UnitFailedError
        try:
            state = self._run_task(call, run, attempt)
        except KeyboardInterrupt:
            self._reports.put(InterruptReport(call.name))
            raise UnitFailedError from None
        if not state.is_successful():
            run.failed_node = run.failed_node or call.name
        self._reports.put(EndReport(call.name, without_value(state), attempt))

    def _wait_for_slot(self, node: str) -> None:
        slot = self._slots[node] = Event()
        self._reports.send(SlotRequest(node, self._address))
        while not (slot.wait(SLOT_SECONDS) or self._stopping.is_set()):
            pass

    def _run_task(self, call: NodeCall, run: KedroRun, attempt: str) -> State:
        def report(task_runner: TaskRunner, old: State, new: State) -> None:
            if new.is_finished():  # the report of the node's end has this state
                return
            state_report = StateReport(call.name, without_value(new), attempt)
            # A node may end its process, so that nothing is sent any more. But each message costs
            # as much as a short node: most nodes of a group do without.
            if new.is_running() and (not run.done_nodes or self._reports.is_quiet()):
                self._reports.send(state_report)
            else:
                self._reports.put(state_report)

        runs = KedroRuns()
        task = NodeTask(run.nodes[call.name], runs)
        # A node that waits for its next attempt looks at "stopping".
        context = {**without_config(prefect.context), "stopping": self._stopping}
        with runs.provide(self._spec.flow_run_id, run):
            return run_task(
                task=task,
                state=call.state,
                upstream_states={Edge(self._upstream, task): Success(), **call.upstream_states},
                context={**context, **call.context},
                flow_result=self._spec.flow_result,
                task_runner_cls=self._spec.task_runner_class,
                task_runner_state_handlers=[report],
                upstream_mapped_states={},
            )

    def _open(self) -> OpenCatalog:
        with opening:
            if self._opened is None:
                with captures_kept():
                    opened = open_run_catalog(self._spec, f"Worker {self._address}")
                    self._opened = self._resources.enter_context(opened)
                self._nodes = {node.name: node for node in self._opened.pipeline.nodes}
                self._resources.enter_context(self._output.capture())
            return self._opened


def _continued(unit: Unit, permission: Permission) -> Unit:
    """Return a unit that begins again, with the states of those nodes that had begun."""
    states = permission.states
    for state in states.values():
        # Prefect would compare the time of the other process with the clock of this machine.
        state.start_time = pendulum.now("utc")
    calls = (call._replace(state=states.get(call.name, call.state)) for call in unit.calls)
    return unit._replace(calls=tuple(calls), is_rerun=True)
