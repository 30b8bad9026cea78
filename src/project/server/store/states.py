"""Prefect's states by family, and what a new state means for the columns of a run."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Mapping

from project.server.errors import StateRejectedError
from project.server.store.timestamps import seconds_between, to_timestamp

State = Mapping[str, Any]
"""A state as Prefect's client serializes it: `type`, `message`, and more according to the type."""

# The families of Prefect's classes, which a test compares with them: importing Prefect would take
# longer than all else that a server does to start.
RUNNING = frozenset({"Running", "Cancelling"})
_SUCCESSFUL = frozenset({"Success", "Cached", "Mapped", "Skipped"})
_FAILED = frozenset({"Failed", "TriggerFailed", "ValidationFailed"})
FINISHED = _SUCCESSFUL | _FAILED | {"Finished", "Looped", "Cancelled", "TimedOut"}
_SCHEDULED = frozenset({"Scheduled", "Paused", "Resume", "Retrying"})
STATES = RUNNING | FINISHED | _SCHEDULED | {"Pending", "Submitted", "Queued", "ClientFailed"}
# To Prefect's classes, Queued only wraps another state; the server queues a run in it again.
QUEUEABLE = _SCHEDULED | {"Queued"}
# Prefect Server sets no end_time for these.
_WITHOUT_END_TIME = {"Mapped", "Skipped", "TriggerFailed", "ValidationFailed", "Finished"}

_MAX_BYTES = 1_000_000
_PAUSED_YEARS = 10
_PREFECT_VERSION = "1.1.0"


def new_state(type_: str, message: str, **values: Any) -> dict[str, Any]:
    """Return a state as Prefect's client serializes it."""
    return _completed({"type": type_, "message": message, **values})


def check_state(state: Any) -> State:
    """Return a state from a request, with the defaults that Prefect's classes give it.

    Raises StateRejectedError if it is not a valid one.
    """
    type_ = state.get("type") if isinstance(state, dict) else None
    if not isinstance(type_, str) or type_ not in STATES:
        raise StateRejectedError(f"{type_!r} is not the type of a Prefect state.")
    if len(json.dumps(state)) > _MAX_BYTES:
        raise StateRejectedError(
            f"the {type_} state is larger than {_MAX_BYTES} bytes; keep large values in a result."
        )
    if not isinstance(state.get("message"), (str, type(None))):
        raise StateRejectedError(f"the message of the {type_} state is not a string.")
    try:
        return _completed(state)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        start_time = state.get("start_time")
        raise StateRejectedError(f"{start_time!r} is not a start time in ISO-8601.") from error


def _completed(state: State) -> dict[str, Any]:
    version = {"__version__": _PREFECT_VERSION}
    completed = {
        "message": None,
        "context": {},
        "cached_inputs": {},
        "_result": {**version, "type": "NoResultType"},
        **version,
        **state,
    }
    if state["type"] in QUEUEABLE:
        # Without one, the run would not be due at any time: Prefect's UI restarts runs with a
        # Scheduled state that has only its type.
        start_time = state.get("start_time") or _default_start_time(state["type"])
        completed["start_time"] = to_timestamp(start_time)
    return completed


def _default_start_time(type_: str) -> datetime:
    moment = datetime.now(timezone.utc)
    if type_ == "Paused":  # until somebody resumes it
        return moment + timedelta(days=365 * _PAUSED_YEARS)
    return moment


def columns_after(run: Mapping[str, Any], state: State, moment: str) -> dict[str, Any]:
    """Return the columns of a run after a new state."""
    type_ = state["type"]
    run_count = run.get("run_count")  # only task runs have one
    start_time = run["start_time"] or (moment if type_ == "Running" else None)
    end_time = moment if type_ in FINISHED - _WITHOUT_END_TIME else run["end_time"]
    return {
        "version": run["version"] + 1,
        "state": type_,
        "serialized_state": state,
        "state_timestamp": moment,
        "state_message": state.get("message"),
        # When the run is due. A state without a start time must clear it, or the queue would hand
        # out a retried run again and again.
        "state_start_time": state["start_time"] if type_ in QUEUEABLE else None,
        "start_time": start_time,
        "end_time": end_time,
        "duration": seconds_between(start_time, end_time) if start_time and end_time else None,
        # An agent that has just submitted a run is alive, as is the process that reports Running.
        "heartbeat": moment if type_ in ("Running", "Submitted") else run["heartbeat"],
        "updated": moment,
        **({} if run_count is None else {"run_count": run_count + (type_ == "Running")}),
    }


def first_columns(state: State, moment: str, version: int = 1) -> dict[str, Any]:
    """Return the state columns of a new run."""
    no_run = {"version": version - 1, "start_time": None, "end_time": None, "heartbeat": None}
    return columns_after(no_run, state, moment)


def history_row(state: State, columns: Mapping[str, Any], moment: str) -> dict[str, Any]:
    """Return the row that records a state, given the columns of its run after it."""
    return {
        "created": moment,
        "timestamp": moment,
        "version": columns["version"],
        "state": columns["state"],
        "message": columns["state_message"],
        "start_time": columns["state_start_time"],
        "serialized_state": state,
    }
