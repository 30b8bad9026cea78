"""Sending states in requests that even the slowest real Prefect Server handles correctly.

Prefect Server writes the states of one request in parallel, takes about 12 ms for each, and
continues with a request after the client has given up. So a request has one state per run and
about 50 in all, more only for an API that is much faster, and after an uncertain answer the API is
asked which states it has before anything is sent again.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from copy import copy
from functools import cached_property
from threading import Lock
from time import monotonic
from typing import Callable, Deque, Dict, List, Optional, Tuple

from prefect.engine.state import Failed, State, TriggerFailed

from project.api.batches import batches, json_size
from project.api.graphql import GraphQL, Json
from project.api.lines import shorten
from project.api.queries.flow_runs import flow_run_state, set_flow_run_state
from project.api.queries.task_runs import (
    TaskRunState,
    set_task_run_states,
    task_run_histories,
    task_run_states,
)
from project.api.settling import settle
from project.api.states import FINISHED, serialize_state
from project.errors import (
    ApiError,
    ApiRefusedError,
    ApiUncertainError,
    ApiUnreachableError,
    RequestTooLargeError,
)

logger = logging.getLogger(__name__)

MAX_STATES = 50
# An API that writes so many states in so little time is not a Prefect Server.
FAST_SECONDS = 0.2
MAX_FAST_STATES = 400
MAX_MESSAGE_BYTES = 100_000  # a state may have 1 MB in all
MIN_MESSAGE_BYTES = 2_000

_UNFINISHED = frozenset({"Pending", "Running", "Retrying"})

RunId = Optional[str]  # of a task run; None: the flow run


class RunState:
    """A state of a task run or of the flow run."""

    def __init__(self, run_id: RunId, state: State):
        self.run_id = run_id
        self.name = type(state).__name__
        self._state: State = copy(state)
        self._state._result = copy(state._result)
        self._state._result.value = None  # the queue does not keep what the node returned

    @cached_property
    def payload(self) -> Json:
        """The serialized state, shortened to what the API accepts."""
        payload = serialize_state(self._state)
        payload["message"] = shorten(payload.get("message") or "", MAX_MESSAGE_BYTES)
        return payload

    def shrink(self) -> bool:
        """Leave out most of a long message, or else long results; return whether there were any."""
        message = self.payload["message"]
        self.payload["message"] = shorten(message, MIN_MESSAGE_BYTES)
        return len(self.payload["message"]) < len(message) or self._drop_long_results()

    def _drop_long_results(self) -> bool:
        # The location of a parameter's result is its value, which the flow run has as well.
        results = [self.payload.get("_result"), *(self.payload.get("cached_inputs") or {}).values()]
        long = [
            result
            for result in results
            if result and json_size(result.get("location")) > MIN_MESSAGE_BYTES
        ]
        for result in long:
            result["location"] = None
        return bool(long)


class StateSender:
    """Queues of the states of one flow run and its task runs, which are sent in order.

    The flow run's own states are sent when no state of a task run is left. ``on_not_running`` is
    called with the flow run's state if the API refuses that a task run starts, because of it.
    """

    def __init__(
        self,
        api: GraphQL,
        flow_run_id: str,
        on_not_running: Callable[[str], None] = lambda state: None,
    ):
        self.last_progress = monotonic()
        self.added = self.removed = 0
        self._api = api
        self._flow_run_id = flow_run_id
        self._on_not_running = on_not_running
        self._waiting: Dict[RunId, Deque[RunState]] = {}
        self._written: Counter[Tuple[RunId, str]] = Counter()
        self._last: Dict[RunId, RunState] = {}
        self._unclear: List[RunState] = []
        self._had_unclear = False
        self._refused: List[RunState] = []  # together; each is sent by itself
        self._only_ends = False
        self._size = MAX_STATES
        self._lock = Lock()

    def put(self, state: RunState) -> None:
        """Add a state to the queue of its run."""
        with self._lock:
            if self._only_ends and not _is_end(state):
                return
            self._waiting.setdefault(state.run_id, deque()).append(state)
            self.added += 1

    def waiting(self) -> int:
        """Return the number of queued states."""
        with self._lock:
            return self.added - self.removed

    def states(self) -> List[RunState]:
        """Return the queued states, those of each run in order."""
        with self._lock:
            return [state for queue in self._waiting.values() for state in queue]

    def keep_ends(self) -> None:
        """Drop the states of task runs that have not ended, now and from here on.

        The API takes no other ones for a flow run that is not Running.
        """
        with self._lock:
            self._only_ends = True
            queues = {
                key: deque(state for state in queue if _is_end(state))
                for key, queue in self._waiting.items()
            }
            self._waiting = {key: queue for key, queue in queues.items() if queue}
            self.removed = self.added - sum(map(len, self._waiting.values()))
        self.last_progress = monotonic()

    def send_round(self) -> None:
        """Send one request: the next state of as many runs as it should have.

        Raises:
            ApiError: try again later.
        """
        self._settle_unclear()
        batch = self._next_batch()
        start = monotonic()
        try:
            self._write(batch)
        except ApiUnreachableError:
            raise
        except RequestTooLargeError as error:
            self._size = max(1, len(batch) // 2)
            self._drop_if_alone(batch, error)
        except ApiRefusedError as error:
            self._handle_refusal(batch, error)
        except ApiUncertainError:
            self._unclear, self._had_unclear = batch, True
            self._size = max(1, len(batch) // 2)
            raise
        else:
            is_fast = len(batch) >= self._size and monotonic() - start < FAST_SECONDS
            self._size = min(self._size * 2, MAX_FAST_STATES if is_fast else MAX_STATES)

    def repair(self) -> None:
        """Resend the last state of each task run for which the API has an earlier one.

        The API may have executed a request that timed out after the one that followed it.
        """
        if not self._had_unclear:
            return
        self._had_unclear = False
        now = task_run_states(self._api, self._flow_run_id)
        for run_id, state in self._last.items():
            if run_id and now.get(run_id) in _UNFINISHED and now[run_id] != state.name:
                self.put(state)

    def end_tasks(self, reason: str) -> None:
        """Put a state for each task run that has not ended, and of which no state is queued.

        A flow run may end before them, for example because Dask has no worker.
        """
        queued = {state.run_id for state in self.states()}
        failed, not_started = Failed(reason), TriggerFailed(f"Not started: {reason}")
        for task_run_id, name in task_run_states(self._api, self._flow_run_id).items():
            if name not in FINISHED and task_run_id not in queued:
                self.put(RunState(task_run_id, failed if name == "Running" else not_started))

    def _next_batch(self) -> List[RunState]:
        with self._lock:
            firsts = [queue[0] for key, queue in self._waiting.items() if key is not None]
            if not firsts:
                return [queue[0] for queue in self._waiting.values()]
        self._refused = [state for state in firsts if state in self._refused]
        if self._refused:
            return self._refused[:1]
        sized = batches(firsts, self._size, size=lambda state: json_size(state.payload))
        return next(sized, [])

    def _write(self, batch: List[RunState]) -> None:
        if not batch:
            return
        if batch[0].run_id is None:
            set_flow_run_state(self._api, self._flow_run_id, batch[0].payload)
            queued = set()
        else:
            states = [
                TaskRunState(state.run_id, state.payload)
                for state in batch
                if state.run_id is not None
            ]
            queued = set_task_run_states(self._api, states)
        for state in batch:
            if state.run_id not in queued:
                self._mark_written(state)

    def _mark_written(self, state: RunState) -> None:
        self.last_progress = monotonic()
        self._written[state.run_id, state.name] += 1
        self._last[state.run_id] = state
        self._remove(state)

    def _remove(self, state: RunState) -> None:
        with self._lock:
            queue = self._waiting.get(state.run_id)
            if queue and queue[0] is state:
                queue.popleft()
                self.removed += 1
            if not queue:
                self._waiting.pop(state.run_id, None)

    def _settle_unclear(self) -> None:
        """Remove from the queue what the API has of the batch with an uncertain answer."""
        settle(self._unclear, self._remove_written)
        self._unclear = []

    def _remove_written(self, states: List[RunState]) -> List[RunState]:
        histories = self._histories()
        return [state for state in states if self._find(state, histories)]

    def _histories(self) -> Dict[RunId, List[str]]:
        """Return all states that the API has of the runs whose states are unclear."""
        ids = [state.run_id for state in self._unclear if state.run_id is not None]
        if ids:
            return task_run_histories(self._api, self._flow_run_id, ids)
        # Only its state now: an earlier process of a restarted run may have ended in the same one.
        return {None: [str(flow_run_state(self._api, self._flow_run_id))]}

    def _find(self, state: RunState, histories: Dict[RunId, List[str]]) -> bool:
        count = histories.get(state.run_id, []).count(state.name)
        is_written = count > self._written[state.run_id, state.name]
        if is_written:
            self._mark_written(state)
        return is_written

    def _handle_refusal(self, batch: List[RunState], error: ApiError) -> None:
        if len(batch) > 1:
            # One refused state makes the whole answer an error, although others are written.
            self._unclear = self._refused = batch
        if any(state.run_id is not None and state.name == "Running" for state in batch):
            now = flow_run_state(self._api, self._flow_run_id)
            if now not in (None, "Running"):
                self.keep_ends()
                self._unclear = [state for state in self._unclear if _is_end(state)]
                self._on_not_running(str(now))
                return
        self._drop_if_alone(batch, error)

    def _drop_if_alone(self, batch: List[RunState], error: ApiError) -> None:
        """Give up a state that was refused by itself, unless it can be made smaller."""
        if len(batch) != 1 or batch[0].shrink():
            return
        if batch[0].run_id is None:
            raise error  # the state of the flow run is never dropped silently
        logger.warning("Not reported to the API: %s", error)
        self.last_progress = monotonic()
        self._remove(batch[0])


def _is_end(state: RunState) -> bool:
    return state.run_id is None or state.name not in _UNFINISHED


def end_run(api: GraphQL, flow_run_id: str, reason: str, final: Optional[State] = None) -> None:
    """End the task runs of a flow run that goes no further, then itself if it has not ended."""
    sender = StateSender(api, flow_run_id)
    sender.end_tasks(reason)
    if final is not None:
        sender.put(RunState(None, final))
    while sender.waiting():
        sender.send_round()
