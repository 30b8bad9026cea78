"""Reporting a run of this process to the API: states, log lines, that it is alive."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from itertools import islice, takewhile
from queue import Empty, Queue
from threading import Event, Thread
from time import monotonic
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Set, Union

import pendulum
import prefect
from prefect.engine.state import State

from project.api import queries
from project.api.client import PrefectApi
from project.errors import ApiError, ApiRefusedError

logger = logging.getLogger(__name__)

BATCH_SECONDS = 0.25
HEARTBEAT_SECONDS = 30
CANCEL_CHECK_SECONDS = 5
GIVE_UP_SECONDS = 20

UNREPORTED_END = "The run has ended, but its final state could not be reported to the API"

_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}


class _FlowState(NamedTuple):
    state: State


class _TaskState(NamedTuple):
    task_run_id: str
    state: State


class _Line(NamedTuple):
    fields: Mapping[str, Any]


_Report = Union[_FlowState, _TaskState, _Line]


class Reporter:
    """Sends states and log lines of one flow run in batches, in order, from a thread of its own.

    What could not be sent is sent again, until ``GIVE_UP_SECONDS`` after the end of the run.
    ``on_cancel`` is called, in that thread, when somebody cancels the run through the API.
    """

    def __init__(
        self,
        api: PrefectApi,
        flow_run_id: str,
        task_run_ids: Mapping[str, str],
        on_cancel: Callable[[], None],
    ):
        self._api = api
        self._flow_run_id = flow_run_id
        self._task_run_ids = task_run_ids
        self._on_cancel = on_cancel
        self._queue: Queue[_Report] = Queue()
        self._unsent: List[_Report] = []
        self._error: Optional[ApiError] = None
        self._ended = Event()
        self._thread = Thread(target=self._work, name="prefect reporter", daemon=True)

    def flow_state(self, state: State) -> None:
        """Report a state of the flow run."""
        self._queue.put(_FlowState(state))

    def task_state(self, slug: str, state: State) -> None:
        """Report a state of a task, by its slug; a task that the API does not have is ignored."""
        if slug in self._task_run_ids:
            self._queue.put(_TaskState(self._task_run_ids[slug], state))

    def log(self, record: logging.LogRecord) -> None:
        """Report a log line, as one of the task that the calling thread runs."""
        task_run_id = self._task_run_ids.get(prefect.context.get("task_slug"))
        self._queue.put(_Line(self._line(record, task_run_id)))

    def _line(self, record: logging.LogRecord, task_run_id: Optional[str]) -> Dict[str, Any]:
        return {
            "flow_run_id": self._flow_run_id,
            "task_run_id": task_run_id,
            "timestamp": pendulum.from_timestamp(record.created).isoformat(),
            "name": record.name,
            "level": record.levelname if record.levelname in _LEVELS else "INFO",
            "message": record.getMessage(),
        }

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Report until the block ends, and everything that was in it.

        Raises:
            ApiError: the final state could not be reported.
        """
        self._thread.start()
        try:
            yield
        except BaseException:
            if not self._finish():
                logger.error("%s: %s", UNREPORTED_END, self._error)
            raise
        if not self._finish():
            raise ApiError(f"{UNREPORTED_END}: {self._error}")

    def _finish(self) -> bool:
        self._ended.set()
        self._thread.join()
        return not self._unsent

    def _work(self) -> None:
        timer = _Timer()
        while not self._ended.wait(BATCH_SECONDS):
            self._send()
            timer.every(HEARTBEAT_SECONDS, "heartbeat", self._send_heartbeat)
            timer.every(CANCEL_CHECK_SECONDS, "cancellation", self._check_cancellation)
        deadline = monotonic() + GIVE_UP_SECONDS
        while not self._send() and monotonic() < deadline:
            Event().wait(BATCH_SECONDS * 4)

    def _send(self) -> bool:
        """Send everything that waits; what the API did not take stays for the next time."""
        self._unsent += _drain(self._queue)
        try:
            while self._unsent:
                batch = _next_batch(self._unsent)
                self._send_or_drop(batch)
                sent = set(map(id, batch))
                self._unsent = [report for report in self._unsent if id(report) not in sent]
        except ApiError as error:
            if self._error is None:
                logger.warning("%s The run goes on and will be reported later.", error)
            self._error = error
            return False
        self._error = None
        return True

    def _send_or_drop(self, batch: List[_Report]) -> None:
        """Send a batch; drop what the API refuses (a state that came too late).

        What cannot be sent is dropped, too: a state whose result does not serialize.
        """
        try:
            self._send_batch(batch)
        except (ApiRefusedError, TypeError, ValueError) as error:
            if len(batch) == 1:
                logger.warning("Not reported to the API: %s", error)
                return
            for report in batch:
                self._send_or_drop([report])

    def _send_batch(self, batch: List[_Report]) -> None:
        lines = [report.fields for report in batch if isinstance(report, _Line)]
        if lines:
            queries.write_run_logs(self._api, lines)
        states = [
            queries.TaskRunState(report.task_run_id, report.state.serialize())
            for report in batch
            if isinstance(report, _TaskState)
        ]
        if states:
            queries.set_task_run_states(self._api, states)
        for report in batch:
            if isinstance(report, _FlowState):
                queries.set_flow_run_state(self._api, self._flow_run_id, report.state.serialize())

    def _send_heartbeat(self) -> None:
        queries.update_heartbeat(self._api, self._flow_run_id)

    def _check_cancellation(self) -> None:
        if queries.flow_run_state(self._api, self._flow_run_id) in {"Cancelling", "Cancelled"}:
            self._on_cancel()


class _Timer:
    """Does things at intervals; if the API is unreachable, it tries again next time."""

    def __init__(self) -> None:
        self._due: Dict[str, float] = {}

    def every(self, seconds: float, name: str, action: Callable[[], None]) -> None:
        now = monotonic()
        if now < self._due.setdefault(name, now + seconds):
            return
        self._due[name] = now + seconds
        try:
            action()
        except ApiError as error:
            logger.debug("Not sent: %s (%s)", name, error)


def _drain(queue: Queue[_Report]) -> List[_Report]:
    drained = []
    try:
        while True:
            drained.append(queue.get_nowait())
    except Empty:
        return drained


def _next_batch(unsent: List[_Report], size: int = 500) -> List[_Report]:
    """Return what one request can carry: reports like the first, up to the flow's next state.

    Lines and states of tasks need not keep their order among each other, or a slow API would get
    two requests for each of them.
    """
    kind = type(unsent[0])
    if kind is _FlowState:
        return unsent[:1]
    before_flow_state = takewhile(lambda report: not isinstance(report, _FlowState), unsent)
    alike = (report for report in before_flow_state if type(report) is kind)
    return list(islice(_one_state_per_run(alike), size))


def _one_state_per_run(reports: Iterator[_Report]) -> Iterator[_Report]:
    # Prefect Server writes the states of one request in parallel, so that of two states of a run
    # the earlier one may be the last that is written.
    taken: Set[str] = set()
    for report in reports:
        if not isinstance(report, _TaskState):
            yield report
        elif report.task_run_id not in taken:
            taken.add(report.task_run_id)
            yield report
