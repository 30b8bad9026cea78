"""The reaper ends runs whose process is gone, or has an agent start them again."""

from __future__ import annotations

import logging
import time
from functools import partial

from sqlalchemy import ColumnElement, Connection, RowMapping, func, not_, select, update

from project.server.mutations.run_states import write_flow_run_states, write_task_run_states
from project.server.settings import ServerSettings
from project.server.store.database import Database
from project.server.store.heartbeats import no_heartbeat_since
from project.server.store.locks import orphaned_runs
from project.server.store.rows import is_in
from project.server.store.states import FINISHED, QUEUEABLE, State, new_state
from project.server.store.tables import (
    flow,
    flow_group,
    flow_run,
    flow_run_state,
    log,
    task,
    task_run,
)
from project.server.store.tables import task_run_state as history
from project.server.store.timestamps import now, seconds_ago

_MAX_RESURRECTIONS = 3
# The first three are the messages of Prefect Server.
_NO_HEARTBEAT = "No heartbeat detected from the remote task; marking the run as failed."
_RESCHEDULED = "Rescheduled by a Lazarus process."
_GIVEN_UP = (
    f"A Lazarus process attempted to reschedule this run {_MAX_RESURRECTIONS} times "
    "without success. Marking as failed."
)
_NO_AGENT = "The run's process is gone (no heartbeat), and no agent had started it; it has failed."
_NOT_RESCHEDULED = (
    "The run's process is gone (no heartbeat), and the flow's runs are not to be rescheduled; "
    "it has failed."
)
_CANCELLED = "Flow run is cancelled; its process is gone."
_ORPHANED = "The run's process has ended without reporting how the run ended; it has failed."

_log = logging.getLogger(__name__)


class Reaper:
    """Looks for runs without a sign of life.

    It waits until living processes have had the time for a heartbeat: after its own start, and
    after a pause in which the machine was suspended, when the other processes were, too.
    """

    def __init__(self, database: Database, settings: ServerSettings) -> None:
        self._database = database
        self._timeout_seconds = settings.heartbeat_timeout_seconds
        self._grace_seconds = settings.reaper_grace_seconds
        self._max_pause_seconds = 3 * settings.reaper_seconds + 10
        self._watching_since = self._last_pass = time.time()

    def reap(self) -> None:
        """End or restart the runs whose process is gone."""
        self.end_orphaned_runs()
        moment = time.time()
        if moment - self._last_pass > self._max_pause_seconds:
            self._watching_since = moment
        self._last_pass = moment
        if moment - self._watching_since < self._grace_seconds:
            return
        since = seconds_ago(self._timeout_seconds)
        silent = self._database.read(
            lambda connection: connection.scalars(
                select(flow_run.c.id).where(_is_silent(since))
            ).all()
        )
        for key in silent.result():
            self._database.write(partial(_reap_silent, key=key, since=since)).result()

    def end_orphaned_runs(self) -> None:
        """End the runs whose owner on this machine has ended; this does not need heartbeats."""
        for key in orphaned_runs(self._database.path):
            self._database.write(partial(_end_orphaned, key=key)).result()


def _is_silent(since: str) -> ColumnElement[bool]:
    """Return the condition that a run should send heartbeats, itself or its tasks, but has not."""
    alive = is_in(flow_run.c.state, ("Running", "Submitted", "Cancelling"))
    sends_heartbeats = (
        select(flow_group.c.id)
        .join(flow, flow.c.flow_group_id == flow_group.c.id)
        .where(flow.c.id == flow_run.c.flow_id)
        .where(func.json_extract(flow_group.c.settings, "$.heartbeat_enabled").is_not(False))
    )
    return alive & no_heartbeat_since(since) & sends_heartbeats.exists()


def _reap_silent(connection: Connection, key: str, since: str) -> None:
    # Looked up again in this transaction: a heartbeat may have come since.
    run = _not_cancelled(connection, key, _is_silent(since))
    if run is None:
        return
    _end_running_tasks(connection, run, _NO_HEARTBEAT)
    if run["agent_id"] is None:
        _end_waiting_tasks(connection, run, _NO_AGENT)
        _write(connection, run, new_state("Failed", _NO_AGENT))
        return
    waiting = task_run.c.flow_run_id == key, is_in(task_run.c.state, QUEUEABLE)
    if connection.scalar(select(task_run.c.id).where(*waiting).limit(1)) is not None:
        return  # when that task run is due, the queue hands the flow run to an agent
    if not _may_be_rescheduled(connection, run):
        _end_waiting_tasks(connection, run, _NOT_RESCHEDULED)
        _write(connection, run, new_state("Failed", _NOT_RESCHEDULED))
        return
    if run["times_resurrected"] >= _MAX_RESURRECTIONS:
        _end_waiting_tasks(connection, run, _GIVEN_UP)
        _write(connection, run, new_state("Failed", _GIVEN_UP))
        return
    _write(connection, run, new_state("Scheduled", _RESCHEDULED, start_time=now()))
    times = run["times_resurrected"] + 1
    connection.execute(update(flow_run).where(flow_run.c.id == key).values(times_resurrected=times))


def _may_be_rescheduled(connection: Connection, run: RowMapping) -> bool:
    settings = select(flow_group.c.settings).join_from(flow, flow_group)
    values = connection.scalar(settings.where(flow.c.id == run["flow_id"])) or {}
    return bool(values.get("lazarus_enabled", True))


def _end_orphaned(connection: Connection, key: str) -> None:
    # A run is owned by its idempotency key, so that it has an owner before it exists.
    owned = select(flow_run.c.id).where(flow_run.c.idempotency_key == key)
    flow_run_id = connection.scalar(owned.limit(1)) or key
    run = _not_cancelled(connection, flow_run_id, ~_has_finished())
    if run is not None:
        _end_running_tasks(connection, run, _ORPHANED)
        _end_waiting_tasks(connection, run, _ORPHANED)
        _write(connection, run, new_state("Failed", _ORPHANED))


def _has_finished() -> ColumnElement[bool]:
    """Return the condition that a run has finished at least once.

    Its owner has then done its part: whoever has restarted the run since has a process of its own.
    """
    states = select(flow_run_state.c.id).where(flow_run_state.c.flow_run_id == flow_run.c.id)
    return states.where(is_in(flow_run_state.c.state, FINISHED)).exists()


def _not_cancelled(
    connection: Connection, key: str, condition: ColumnElement[bool]
) -> RowMapping | None:
    """Return a run that meets a condition; a run that was being cancelled becomes Cancelled."""
    statement = select(flow_run).where(flow_run.c.id == key, condition)
    run = connection.execute(statement).mappings().one_or_none()
    if run is not None and run["state"] == "Cancelling":
        _write(connection, run, new_state("Cancelled", _CANCELLED))
        return None
    return run


def _end_running_tasks(connection: Connection, run: RowMapping, message: str) -> None:
    """Fail the running tasks of a run; under an agent, those with retries left are retried."""
    retried = select(func.count()).where(
        history.c.task_run_id == task_run.c.id, history.c.state == "Retrying"
    )
    running = (
        select(task_run.c.id, task.c.max_retries, retried.scalar_subquery().label("retries"))
        .join_from(task_run, task)
        .where(task_run.c.flow_run_id == run["id"], task_run.c.state == "Running")
    )
    can_retry = run["agent_id"] is not None and run["state"] == "Running"
    for row in connection.execute(running).all():
        state = new_state("Failed", message)
        if can_retry and row.retries < (row.max_retries or 0):
            run_count = row.retries + 1
            state = new_state("Retrying", message, start_time=now(), run_count=run_count)
        write_task_run_states(connection, [(row.id, state)])


def _end_waiting_tasks(connection: Connection, run: RowMapping, message: str) -> None:
    """End the tasks of a run that will not start any more."""
    waiting = task_run.c.flow_run_id == run["id"], not_(is_in(task_run.c.state, FINISHED))
    state = new_state("TriggerFailed", f"Not started: {message}")
    rows = connection.scalars(select(task_run.c.id).where(*waiting)).all()
    write_task_run_states(connection, [(key, state) for key in rows])


def _write(connection: Connection, run: RowMapping, state: State) -> None:
    """Write a state, and its message to the run's log, where its readers look for the reason."""
    write_flow_run_states(connection, [(run["id"], state)])
    moment = now()
    line = {"created": moment, "timestamp": moment, "name": "prefect.server", "level": "WARNING"}
    connection.execute(log.insert().values(flow_run_id=run["id"], message=state["message"], **line))
    _log.warning("Flow run %s: %s", run["id"], state["message"])
