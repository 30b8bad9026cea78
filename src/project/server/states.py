"""The states of runs: their families, and what follows from a new one."""

from __future__ import annotations

import json
from typing import Any, Mapping

from project.server.errors import StateRejectedError
from project.server.timestamps import canonical

State = Mapping[str, Any]

QUEUEABLE = frozenset({"Scheduled", "Paused", "Resume", "Retrying", "Queued"})
RUNNING = frozenset({"Running", "Cancelling"})
_ENDED = frozenset({"Success", "Failed", "Cached", "TimedOut", "Looped", "Cancelled"})
_UNTIMED = frozenset({"Mapped", "Skipped", "TriggerFailed", "ValidationFailed", "Finished"})
FINISHED = _ENDED | _UNTIMED
KNOWN = QUEUEABLE | RUNNING | FINISHED | {"Pending", "Submitted", "ClientFailed"}
_MAX_BYTES = 1_000_000


def state_of(type_: str, message: str, **values: Any) -> dict[str, Any]:
    """Return a serialized state; Prefect's client needs no more than this."""
    return {"type": type_, "message": message, **values}


def checked(state: Any) -> State:
    """Return a state that came with a request. Raises StateRejectedError when it is none."""
    type_ = state.get("type") if isinstance(state, dict) else None
    if type_ not in KNOWN:
        raise StateRejectedError(f"{type_!r} is not the type of a Prefect state.")
    if len(json.dumps(state)) > _MAX_BYTES:
        raise StateRejectedError(
            f"the {type_} state is larger than {_MAX_BYTES} bytes; keep large values in a result."
        )
    return dict(state)


def columns_after(run: Mapping[str, Any], state: State, moment: str) -> dict[str, Any]:
    """Return the columns of a run that has just been given a state.

    `state_start_time` is the time when the run is due; with a state that has none it must not keep
    the old value, or a retry would be handed out for ever.
    """
    type_ = state["type"]
    due = state.get("start_time")
    return {
        "version": run["version"] + 1,
        "state": type_,
        "serialized_state": state,
        "state_timestamp": moment,
        "state_message": state.get("message"),
        "state_start_time": canonical(due) if due else None,
        "start_time": run["start_time"] or (moment if type_ == "Running" else None),
        "end_time": moment if type_ in _ENDED else run["end_time"],
        "heartbeat": moment if type_ in ("Running", "Submitted") else run["heartbeat"],
        "updated": moment,
    }


def history_row(state: State, columns: Mapping[str, Any], moment: str) -> dict[str, Any]:
    """Return the row of a state's own table."""
    return {
        "created": moment,
        "timestamp": moment,
        "version": columns["version"],
        "state": columns["state"],
        "message": columns["state_message"],
        "start_time": columns["state_start_time"],
        "serialized_state": state,
    }


def new_run(state: State, moment: str) -> dict[str, Any]:
    """Return the state columns of a run that begins with a state."""
    nothing = {"version": 0, "start_time": None, "end_time": None, "heartbeat": None}
    return columns_after(nothing, state, moment)
