"""Runs whose process is gone: restarted if an agent can do that, else ended."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select, update

from project.server.database import Database
from project.server.filters import listed
from project.server.owners import left_behind
from project.server.run_states import write_flow_run_states, write_task_run_states
from project.server.settings import ServerSettings
from project.server.states import FINISHED, QUEUEABLE, state_of
from project.server.tables import flow, flow_group, flow_run, log, task, task_run, task_run_state
from project.server.timestamps import ago, now

_MOST_RESURRECTIONS = 3
_GONE = "No heartbeat detected from the remote task; marking the run as failed."
_RESCHEDULED = "Rescheduled by a Lazarus process."
_GIVEN_UP = (
    f"A Lazarus process attempted to reschedule this run {_MOST_RESURRECTIONS} times "
    "without success. Marking as failed."
)
_NO_AGENT = "The run's process is gone (no heartbeat), and no agent had started it; it has failed."
_CANCELLED = "Flow run is cancelled; its process is gone."
_LEFT_BEHIND = "The run's process has ended without telling how the run did; it has failed."

_log = logging.getLogger(__name__)


class Reaper:
    """Looks for runs without a sign of life, once those alive have had the time to give one.

    That time is counted anew when this process was suspended: the others may have been, too.
    """

    def __init__(self, database: Database, settings: ServerSettings) -> None:
        self._database = database
        self._timeout_seconds = settings.heartbeat_timeout_seconds
        self._grace_seconds = settings.reaper_grace_seconds
        self._longest_pause_seconds = 3 * settings.reaper_seconds + 10
        self._watching_since = self._last_seen = time.time()

    def reap(self) -> None:
        """End or restart what is gone."""
        self.end_left_behind()
        moment = time.time()
        if moment - self._last_seen > self._longest_pause_seconds:
            self._watching_since = moment
        self._last_seen = moment
        if moment - self._watching_since >= self._grace_seconds:
            self._reap_silent()

    def end_left_behind(self) -> None:
        """End the runs whose owner on this machine has gone, which needs no heartbeats to tell."""
        for key in left_behind(self._database.path):
            self._database.write(partial(_end_left_behind, key=key)).result()

    def _reap_silent(self) -> None:
        silent_since = ago(self._timeout_seconds)
        for key in self._database.read(
            lambda connection: _silent_runs(connection, silent_since)
        ).result():
            self._database.write(partial(_settle, key=key, since=silent_since)).result()


def _end_left_behind(connection: Connection, key: str) -> None:
    unfinished = flow_run.c.state.not_in(listed(flow_run.c.state, FINISHED))
    run = _not_cancelled(connection, key, unfinished)
    if run is not None:
        _settle_tasks(connection, run, _LEFT_BEHIND)
        _end(connection, run, "Failed", _LEFT_BEHIND)


def _not_cancelled(
    connection: Connection, key: str, condition: ColumnElement[bool]
) -> RowMapping | None:
    """Return a run that meets a condition; one that was to be cancelled is so now, and is none."""
    statement = select(flow_run).where(flow_run.c.id == key, condition)
    run = connection.execute(statement).mappings().one_or_none()
    if run is not None and run["state"] == "Cancelling":
        _end(connection, run, "Cancelled", _CANCELLED)
        return None
    return run


def _silent_runs(connection: Connection, since: str) -> list[str]:
    return list(connection.scalars(select(flow_run.c.id).where(_is_silent(since))))


def _is_silent(since: str) -> ColumnElement[bool]:
    """Tell for a run that it has to show heartbeats, its own or its tasks', and does not."""
    unsettled = flow_run.c.state.in_(
        listed(flow_run.c.state, ("Running", "Submitted", "Cancelling"))
    )
    beats = (
        select(flow_group.c.id)
        .join(flow, flow.c.flow_group_id == flow_group.c.id)
        .where(flow.c.id == flow_run.c.flow_id)
        .where(func.json_extract(flow_group.c.settings, "$.heartbeat_enabled").is_not(False))
    )
    task_beat = select(task_run.c.id).where(
        task_run.c.flow_run_id == flow_run.c.id, task_run.c.heartbeat > since
    )
    quiet = func.coalesce(flow_run.c.heartbeat, flow_run.c.state_timestamp) <= since
    return unsettled & quiet & beats.exists() & ~task_beat.exists()


def _settle(connection: Connection, key: str, since: str) -> None:
    """Decide on one run, in the writer's transaction, so that a heartbeat until now counts."""
    run = _not_cancelled(connection, key, _is_silent(since))
    if run is None:
        return
    _settle_tasks(connection, run, _GONE)
    if run["agent_id"] is None:
        _end(connection, run, "Failed", _NO_AGENT)
    elif not _has_waiting_tasks(connection, key):
        _resurrect(connection, run)


def _settle_tasks(connection: Connection, run: RowMapping, why: str) -> None:
    running = task_run.c.flow_run_id == run["id"], task_run.c.state == "Running"
    columns = task_run.c.id, task.c.max_retries
    for task_run_id, max_retries in connection.execute(
        select(*columns).join_from(task_run, task).where(*running)
    ).all():
        state = state_of("Failed", why)
        retries = _retries(connection, task_run_id)
        if run["agent_id"] and run["state"] == "Running" and retries < (max_retries or 0):
            state = state_of("Retrying", why, start_time=now(), run_count=retries + 1)
        write_task_run_states(connection, [(task_run_id, state)])


def _retries(connection: Connection, task_run_id: str) -> int:
    retried = task_run_state.c.task_run_id == task_run_id, task_run_state.c.state == "Retrying"
    return connection.scalar(select(func.count()).where(*retried)) or 0


def _has_waiting_tasks(connection: Connection, flow_run_id: str) -> bool:
    """Tell whether the queue will hand the run out, when a task run is due."""
    waiting = task_run.c.state.in_(listed(task_run.c.state, QUEUEABLE))
    return (
        connection.scalar(
            select(task_run.c.id).where(task_run.c.flow_run_id == flow_run_id, waiting).limit(1)
        )
        is not None
    )


def _resurrect(connection: Connection, run: RowMapping) -> None:
    if run["times_resurrected"] >= _MOST_RESURRECTIONS:
        _end(connection, run, "Failed", _GIVEN_UP)
        return
    _write(connection, run, state_of("Scheduled", _RESCHEDULED, start_time=now()))
    counted = {"times_resurrected": run["times_resurrected"] + 1}
    connection.execute(update(flow_run).where(flow_run.c.id == run["id"]).values(**counted))


def _end(connection: Connection, run: RowMapping, type_: str, message: str) -> None:
    _write(connection, run, state_of(type_, message))


def _write(connection: Connection, run: RowMapping, state: dict[str, Any]) -> None:
    """Write a state, and a log line that tells whoever reads the run's log why."""
    write_flow_run_states(connection, [(run["id"], state)])
    moment = now()
    line = {"created": moment, "timestamp": moment, "name": "prefect.server", "level": "WARNING"}
    connection.execute(log.insert().values(flow_run_id=run["id"], message=state["message"], **line))
    _log.warning("Flow run %s: %s", run["id"], state["message"])
