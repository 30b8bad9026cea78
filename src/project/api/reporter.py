"""Reporting a run of this process to the API: states, log lines, that it is alive."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import Callable, Iterator, Mapping, Optional, Protocol

import prefect
from prefect.engine.state import State

from project.api import queries
from project.api.client import PrefectApi
from project.api.line_sender import LineSender
from project.api.state_sender import RunState, StateSender
from project.api.unreported import UnreportedState
from project.errors import ApiError

logger = logging.getLogger(__name__)

ROUND_SECONDS = 0.25
MAX_PAUSE_SECONDS = 5.0
HEARTBEAT_SECONDS = 30.0
CANCEL_CHECK_SECONDS = 5.0
GIVE_UP_SECONDS = 20.0

UNREPORTED_END = "The run has ended, but its final state could not be reported"


class Sender(Protocol):
    """Sends what waits, a part at a time."""

    last_progress: float

    def waiting(self) -> object:
        """Return what waits; false if nothing does."""

    def send_round(self) -> None:
        """Send a part of what waits."""


class Reporter:
    """Reports states and log lines of one flow run, from threads of its own.

    States and lines wait for each other neither here nor at the API: a line delays no state. What
    could not be sent is sent again, until nothing could be sent for ``GIVE_UP_SECONDS`` after the
    end of the run; then the states are left to the next run. ``on_cancel`` is called, in a thread
    of the reporter, when somebody cancels the run through the API.
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
        self._states = StateSender(api, flow_run_id)
        self._lines = LineSender(api, flow_run_id)
        self._final_state: Optional[State] = None
        self._error: Optional[ApiError] = None
        self._finishing = Event()
        self._ended = Event()

    def task_state(self, slug: str, state: State) -> None:
        """Report a state of a task, by its slug; a task that the API does not have is ignored."""
        if slug in self._task_run_ids:
            self._states.put(RunState(self._task_run_ids[slug], state))

    def flow_state(self, state: State) -> None:
        """Report the final state of the flow run, once everything else is reported."""
        self._final_state = state

    def cancelled(self, state: State) -> None:
        """Report at once that the flow run was cancelled; the API then cancels its task runs."""
        self._states.forget_tasks()
        self._states.put(RunState(None, state))

    def log(self, record: logging.LogRecord) -> None:
        """Report a log line, as one of the task that the calling thread runs."""
        slug = prefect.context.get("task_slug")
        self._lines.put(record, self._task_run_ids.get(slug))

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Report until the block ends, and everything that was in it.

        Raises:
            ApiError: the final state could not be reported.
        """
        for work in (self._send_states, self._send_lines, self._watch):
            Thread(target=work, name=f"prefect {work.__name__}", daemon=True).start()
        try:
            yield
        except BaseException:
            problem = self._finish()
            if problem:
                logger.error(problem)
            raise
        problem = self._finish()
        if problem:
            raise ApiError(problem)

    def _finish(self) -> Optional[str]:
        """Send what waits and return why the final state is not reported, if it is not."""
        self._finishing.set()
        ended = monotonic()
        self._wait_until_sent(self._lines, ended)
        if self._wait_until_sent(self._states, ended):
            self._repair_states()
        if self._final_state is not None:
            self._states.put(RunState(None, self._final_state))
        is_sent = self._wait_until_sent(self._states, ended)
        self._ended.set()
        return None if is_sent else self._keep_unreported()

    def _repair_states(self) -> None:
        try:
            self._states.repair()
        except ApiError as error:
            self._error = error

    def _keep_unreported(self) -> str:
        problem = f"{UNREPORTED_END}: {self._error}"
        states = [UnreportedState(state.run_id, state.payload) for state in self._states.waiting()]
        if self._api.unreported is None:
            return problem
        self._api.unreported.save(self._flow_run_id, states)
        return f"{problem} The next run of this project will report it."

    def _wait_until_sent(self, sender: Sender, ended: float) -> bool:
        while sender.waiting():
            if monotonic() - max(sender.last_progress, ended) > GIVE_UP_SECONDS:
                return False
            self._ended.wait(0.01)
        return True

    def _send_states(self) -> None:
        self._send_in_rounds(self._states)

    def _send_lines(self) -> None:
        self._send_in_rounds(self._lines)

    def _send_in_rounds(self, sender: Sender) -> None:
        pause = ROUND_SECONDS
        while not self._ended.is_set():
            (self._ended if self._finishing.is_set() else self._finishing).wait(pause)
            try:
                while sender.waiting() and not self._ended.is_set():
                    sender.send_round()
                pause = 0.01 if self._finishing.is_set() else ROUND_SECONDS
            except ApiError as error:
                if self._error is None:
                    logger.warning("%s The run continues, and will be reported later.", error)
                self._error = error
                pause = min(2 * max(pause, ROUND_SECONDS), MAX_PAUSE_SECONDS)

    def _watch(self) -> None:
        """Tell the API that the process is alive, and find out whether the run is cancelled."""
        heartbeat = monotonic()
        while not self._ended.wait(CANCEL_CHECK_SECONDS):
            try:
                state = queries.flow_run_state(self._api, self._flow_run_id)
                if state in {"Cancelling", "Cancelled"}:
                    self._on_cancel()
                if monotonic() - heartbeat > HEARTBEAT_SECONDS:
                    heartbeat = monotonic()
                    queries.update_heartbeat(self._api, self._flow_run_id)
            except ApiError as error:
                logger.debug("Skipped this time: %s", error)
