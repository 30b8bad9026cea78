"""Reports of a run in this process to the API: states, log lines and heartbeats."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from time import monotonic
from typing import Callable, Iterator, Mapping, Optional, Protocol

import prefect
from prefect.engine.state import Failed, State

from project.api.client import PrefectApi
from project.api.line_sender import LineSender
from project.api.queries.flow_runs import flow_run_state, update_heartbeat
from project.api.state_sender import RunState, StateSender
from project.api.states import FINISHED
from project.api.unreported import UnreportedState
from project.errors import ApiError

logger = logging.getLogger(__name__)

ROUND_SECONDS = 0.25
MAX_PAUSE_SECONDS = 5.0
CANCEL_CHECK_SECONDS = 2.0
GIVE_UP_SECONDS = 20.0

UNREPORTED_END = "The run has ended, but its final state could not be reported"


class Sender(Protocol):
    """Protocol of a queue that is sent to the API, one request at a time.

    ``added`` and ``removed`` count what has come into the queue, and what has left it.
    """

    last_progress: float
    added: int
    removed: int

    def waiting(self) -> int:
        """Return the length of the queue."""

    def send_round(self) -> None:
        """Send one request."""


class Reporter:
    """Reporter of one flow run's states and log lines, which it sends from its own threads.

    States and log lines have a queue and a thread each, so that no line delays a state. What could
    not be sent is retried, until nothing could be sent for ``GIVE_UP_SECONDS`` after the end of the
    run; then the states are left to the next run. ``on_stop`` is called in a thread of the reporter
    if the run must stop: someone has cancelled it through the API, or has given it another state,
    ``foreign_state``. Then the run belongs to whoever did so, and its end is not reported.
    """

    def __init__(
        self,
        api: PrefectApi,
        flow_run_id: str,
        task_run_ids: Mapping[str, str],
        on_stop: Callable[[], None],
    ):
        self.foreign_state: Optional[str] = None
        self._api = api
        self._flow_run_id = flow_run_id
        self._task_run_ids = task_run_ids
        self._on_stop = on_stop
        self._states = StateSender(api, flow_run_id, self._handle_flow_state)
        self._lines = LineSender(api, flow_run_id)
        self._final_state: Optional[State] = None
        self._end_state: Optional[State] = None
        self._notify: Callable[[State], None] = lambda state: None
        self._error: Optional[ApiError] = None
        self._has_states, self._has_lines = Event(), Event()
        self._finishing = Event()
        self._ended = Event()

    def task_state(self, slug: str, state: State) -> None:
        """Report a state of a task, by its slug.

        A task that the API does not know is ignored, and so is a node that ends in a thread after
        the run was cancelled: the API has cancelled its task run.
        """
        if slug in self._task_run_ids and self._end_state is None:
            self._put_state(RunState(self._task_run_ids[slug], state))

    def on_end(self, notify: Callable[[State], None]) -> None:
        """Call a function with the final state of the flow run, once that is reported."""
        self._notify = notify

    def flow_state(self, state: State) -> None:
        """Report the final state of the flow run, once everything else is reported."""
        if self.foreign_state is None:
            self._final_state = self._end_state = state

    def cancelled(self, state: State) -> None:
        """Report that the flow run is cancelled; the API then cancels the task runs left open."""
        self._states.keep_ends()
        if self.foreign_state is None:
            self._end_state = state
            self._put_state(RunState(None, state))

    def log(self, record: logging.LogRecord) -> None:
        """Report a log line of the task that runs in the calling thread.

        Lines of a node of another run, in another thread of this process, are ignored.
        """
        if prefect.context.get("flow_run_id") not in (None, self._flow_run_id):
            return
        slug = prefect.context.get("task_slug")
        self._lines.put(record, self._task_run_ids.get(slug))
        self._has_lines.set()

    @property
    def stop_reason(self) -> str:
        """Why the run must stop, if it must."""
        if self.foreign_state is None:
            return f"The flow run {self._flow_run_id} was cancelled."
        return (
            f"The flow run {self._flow_run_id} was stopped here, because its state was set to "
            f"{self.foreign_state} from outside. To follow what becomes of it: kedro prefect "
            f"watch {self._flow_run_id}"
        )

    def _put_state(self, state: RunState) -> None:
        self._states.put(state)
        self._has_states.set()

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Report everything that happens until the block ends.

        Raises:
            ApiError: the final state could not be reported.
        """
        for work in (
            partial(self._send_in_rounds, self._states, self._has_states),
            partial(self._send_in_rounds, self._lines, self._has_lines),
            self._watch,
        ):
            Thread(target=work, name="prefect reporter", daemon=True).start()
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
        """Empty the queues; return why the final state could not be reported, if so."""
        self._finishing.set()
        try:
            is_sent = self._send_rest()
        except BaseException:  # Ctrl-C, for example, while the API does not answer
            self._put_final_state()
            self._stop_threads()
            problem = self._keep_unreported()
            if problem:
                logger.error(problem)
            raise
        self._stop_threads()
        if self._end_state is not None:
            self._notify(self._end_state)
        return None if is_sent else self._keep_unreported()

    def _send_rest(self) -> bool:
        """Return whether everything but log lines could be sent."""
        ended = monotonic()
        if not self._wait_until_sent(self._lines, ended):
            logger.warning("%d log lines could not be reported.", self._lines.waiting())
        if self._wait_until_sent(self._states, ended):
            self._complete_states()
            self._has_states.set()
        self._put_final_state()
        return self._wait_until_sent(self._states, ended)

    def _put_final_state(self) -> None:
        state, self._final_state = self._final_state, None
        if state is not None:
            self._put_state(RunState(None, state))

    def _stop_threads(self) -> None:
        for event in (self._ended, self._has_states, self._has_lines):
            event.set()

    def _complete_states(self) -> None:
        """Report what is still missing once all states of tasks are sent."""
        try:
            if self.foreign_state is not None:
                self._end_tasks_of_finished_run()
                return
            self._states.repair()
            if isinstance(self._final_state, Failed):
                self._states.end_tasks(str(self._final_state.message))
        except ApiError as error:
            self._error = error

    def _end_tasks_of_finished_run(self) -> None:
        """End the task runs of a run to which someone has given a final state, and nobody else."""
        state = flow_run_state(self._api, self._flow_run_id)
        if state in FINISHED:
            self._states.end_tasks(f"The state of the flow run was set to {state}.")

    def _keep_unreported(self) -> Optional[str]:
        if self.foreign_state is not None:  # late states would disturb the process that has it now
            return None
        states = [UnreportedState(state.run_id, state.payload) for state in self._states.states()]
        if not states:
            return None
        problem = f"{UNREPORTED_END}: {self._error or 'it was interrupted.'}"
        if self._api.unreported is None:
            return problem
        try:
            self._api.unreported.save(self._flow_run_id, states)
        except ApiError as error:
            return f"{problem} {error}"
        return f"{problem} The next run of this project will report it."

    def _wait_until_sent(self, sender: Sender, ended: float) -> bool:
        while sender.waiting():
            if monotonic() - max(sender.last_progress, ended) > GIVE_UP_SECONDS:
                return False
            self._ended.wait(0.01)
        return True

    def _send_in_rounds(self, sender: Sender, has_news: Event) -> None:
        """Send the queue: immediately after a quiet time, otherwise every ``ROUND_SECONDS``.

        What comes during a round waits for the next one: a fast API would otherwise get a request
        for every few states.
        """
        pause = ROUND_SECONDS
        while not self._ended.is_set():
            has_news.wait()
            has_news.clear()
            start, goal = monotonic(), sender.added
            try:
                while sender.removed < goal and not self._ended.is_set():
                    sender.send_round()
                pause = ROUND_SECONDS
            except ApiError as error:
                if self._error is None:
                    logger.warning("%s The run continues, and will be reported later.", error)
                self._error = error
                has_news.set()
                pause = min(2 * pause, MAX_PAUSE_SECONDS)
            if pause > ROUND_SECONDS:
                self._ended.wait(pause)
            else:  # at the end of the run there is no more to wait for
                self._finishing.wait(start + pause - monotonic())

    def _watch(self) -> None:
        """Send heartbeats, and check whether the run must stop."""
        heartbeat_seconds = prefect.config.cloud.heartbeat_interval
        heartbeat = monotonic()
        while not self._ended.wait(min(CANCEL_CHECK_SECONDS, heartbeat_seconds)):
            try:
                state = flow_run_state(self._api, self._flow_run_id)
                self._handle_flow_state(state)
                if self.foreign_state is None and monotonic() - heartbeat > heartbeat_seconds:
                    heartbeat = monotonic()
                    update_heartbeat(self._api, self._flow_run_id)
            except ApiError as error:
                logger.debug("Skipped this time: %s", error)

    def _handle_flow_state(self, state: Optional[str]) -> None:
        """Stop the run if the API has another state of it than the one in which it runs."""
        # A run that has ended has nothing left to stop, but may still have to clean up.
        if state in (None, "Running") or self._end_state is not None:
            return
        if state not in ("Cancelling", "Cancelled") and self.foreign_state is None:
            self.foreign_state = state
            self._states.keep_ends()
        self._on_stop()
