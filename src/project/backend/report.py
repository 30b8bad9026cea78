"""Telling the API what happens in a run of this process: states, log lines, that it is alive."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from itertools import islice, takewhile
from queue import Empty, Queue
from threading import Event, Thread
from time import monotonic
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional

import pendulum
import prefect
from prefect.engine.state import State

from project.backend.api import Api
from project.errors import ApiError, ApiRefusedError

logger = logging.getLogger(__name__)

BATCH_SECONDS = 0.25
ALIVE_SECONDS = 30
CANCEL_SECONDS = 5
GIVE_UP_SECONDS = 20

NOT_TOLD = "The run has ended, but the API does not know how"

_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}


def set_flow_run_state(api: Api, flow_run_id: str, state: State) -> None:
    """Tell the API a state of a flow run, at once."""
    states = [{"flow_run_id": flow_run_id, "state": state.serialize(), "version": None}]
    api.mutate("set_flow_run_states", "states { status }", states=states)


class _FlowState(NamedTuple):
    state: State


class _TaskState(NamedTuple):
    task_run_id: str
    state: State


class _Line(NamedTuple):
    line: Mapping[str, Any]


class Reporter:
    """Send states and log lines of one flow run in batches, in order, from a thread of its own.

    What could not be sent is sent again, until ``GIVE_UP_SECONDS`` after the end of the run.
    ``on_cancel`` is called, in that thread, when somebody cancels the run through the API.
    """

    def __init__(
        self,
        api: Api,
        flow_run_id: str,
        task_run_ids: Mapping[str, str],
        on_cancel: Callable[[], None],
    ):
        self._api = api
        self._flow_run_id = flow_run_id
        self._task_run_ids = task_run_ids
        self._on_cancel = on_cancel
        self._queue: Queue[Any] = Queue()
        self._unsent: List[Any] = []
        self._error: Optional[ApiError] = None
        self._ended = Event()
        self._thread = Thread(target=self._work, name="prefect reporter", daemon=True)

    def flow_state(self, state: State) -> None:
        """Report a state of the flow run."""
        self._queue.put(_FlowState(state))

    def task_state(self, slug: str, state: State) -> None:
        """Report a state of a task, by its slug; a task the API does not know is passed over."""
        if slug in self._task_run_ids:
            self._queue.put(_TaskState(self._task_run_ids[slug], state))

    def log(self, record: logging.LogRecord) -> None:
        """Report a log line, as one of the task that the calling thread runs."""
        slug = prefect.context.get("task_slug")
        self._queue.put(_Line(self._line(record, self._task_run_ids.get(slug))))

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
        """Report until the block ends, and all that was in it.

        Raises:
            ApiError: when the API could not be told the end of the run.
        """
        self._thread.start()
        try:
            yield
        except BaseException:
            if not self._all_told():
                logger.error("%s: %s", NOT_TOLD, self._error)
            raise
        if not self._all_told():
            raise ApiError(f"{NOT_TOLD}: {self._error}")

    def _all_told(self) -> bool:
        self._ended.set()
        self._thread.join()
        return not self._unsent

    def _work(self) -> None:
        clock = _Clock()
        while not self._ended.wait(BATCH_SECONDS):
            self._send()
            clock.every(ALIVE_SECONDS, "alive", self._tell_alive)
            clock.every(CANCEL_SECONDS, "cancel", self._look_for_cancelling)
        deadline = monotonic() + GIVE_UP_SECONDS
        while not self._send() and monotonic() < deadline:
            Event().wait(BATCH_SECONDS * 4)

    def _send(self) -> bool:
        """Send all that waits; what the API did not take stays for the next time."""
        self._unsent += _drained(self._queue)
        try:
            while self._unsent:
                batch = _batch_of_one_kind(self._unsent)
                self._send_what_is_taken(batch)
                self._unsent = _without(self._unsent, batch)
        except ApiError as error:
            if self._error is None:
                logger.warning("%s The run goes on and will be reported later.", error)
            self._error = error
            return False
        self._error = None
        return True

    def _send_what_is_taken(self, batch: List[Any]) -> None:
        """Send a batch; what the API refuses (a state that came too late) is let go.

        So is what cannot be sent: a state whose result does not serialize.
        """
        try:
            self._send_batch(batch)
        except (ApiRefusedError, TypeError, ValueError) as error:
            if len(batch) == 1:
                logger.warning("Not told to the API: %s", error)
                return
            for one in batch:
                self._send_what_is_taken([one])

    def _send_batch(self, batch: List[Any]) -> None:
        if isinstance(batch[0], _Line):
            self._api.mutate("write_run_logs", "success", logs=[one.line for one in batch])
        elif isinstance(batch[0], _TaskState):
            states = [
                {"task_run_id": one.task_run_id, "state": one.state.serialize(), "version": None}
                for one in batch
            ]
            self._api.mutate("set_task_run_states", "states { status }", states=states)
        else:
            for one in batch:
                set_flow_run_state(self._api, self._flow_run_id, one.state)

    def _tell_alive(self) -> None:
        self._api.mutate("update_flow_run_heartbeat", "success", flow_run_id=self._flow_run_id)

    def _look_for_cancelling(self) -> None:
        run = self._api.query(f'query {{ flow_run_by_pk(id: "{self._flow_run_id}") {{ state }} }}')
        if run and run["state"] in {"Cancelling", "Cancelled"}:
            self._on_cancel()


class _Clock:
    """Do things at intervals; a failure to reach the API is left to the next time."""

    def __init__(self) -> None:
        self._due: Dict[str, float] = {}

    def every(self, seconds: float, name: str, do: Callable[[], None]) -> None:
        now = monotonic()
        if now < self._due.setdefault(name, now + seconds):
            return
        self._due[name] = now + seconds
        try:
            do()
        except ApiError as error:
            logger.debug("Not done: %s (%s)", name, error)


def _drained(queue: Queue[Any]) -> List[Any]:
    drained = []
    try:
        while True:
            drained.append(queue.get_nowait())
    except Empty:
        return drained


def _batch_of_one_kind(unsent: List[Any], most: int = 500) -> List[Any]:
    """Return what one request can carry: what is like the first, up to the flow's next state.

    Lines and states of tasks need not keep their order among each other, or a slow API would be
    asked twice for each of them.
    """
    kind = type(unsent[0])
    before = takewhile(lambda one: kind is _FlowState or type(one) is not _FlowState, unsent)
    return list(islice((one for one in before if type(one) is kind), most))


def _without(unsent: List[Any], sent: List[Any]) -> List[Any]:
    gone = set(map(id, sent))
    return [one for one in unsent if id(one) not in gone]
