"""The scheduler creates runs ahead of time from the active schedules."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime, timezone
from functools import partial
from typing import Iterable

from sqlalchemy import Connection, RowMapping, func, select

from project.server.errors import ApiError, InputError
from project.server.mutations.flow_runs import NewFlowRun, schedule_flow_run
from project.server.mutations.schedules import Event, Schedule, next_events, schedule_of
from project.server.store.database import Database
from project.server.store.rows import small_columns
from project.server.store.tables import flow, flow_run
from project.server.store.timestamps import now

_ACTIVE = flow.c.is_schedule_active, flow.c.archived.is_(False)

_log = logging.getLogger(__name__)


class Scheduler:
    """Keeps `runs_ahead` scheduled runs of every flow whose schedule is active."""

    def __init__(self, database: Database, runs_ahead: int) -> None:
        self._database = database
        self._runs_ahead = runs_ahead

    def schedule_all(self) -> None:
        """Create the missing runs of all flows."""
        flow_ids = self._database.read(
            lambda connection: connection.scalars(select(flow.c.id).where(*_ACTIVE)).all()
        )
        self.schedule(flow_ids.result())

    def schedule(self, flow_ids: Iterable[str]) -> None:
        """Create the missing runs of some flows; a broken schedule does not affect the others."""
        for flow_id in flow_ids:
            try:
                self._schedule_flow(flow_id)
            except InputError as error:
                _log.error("Flow %s has no scheduled runs. %s", flow_id, error)
            except Exception:
                _log.exception("The schedule of flow %s cannot be followed.", flow_id)

    def _schedule_flow(self, flow_id: str) -> None:
        schedule, waiting = self._database.read(partial(_progress, flow_id=flow_id)).result()
        if schedule is None or waiting >= self._runs_ahead:
            return
        for event in next_events(schedule, self._runs_ahead, datetime.now(timezone.utc)):
            create = partial(_create_run, flow_id=flow_id, schedule=schedule, event=event)
            self._database.write(create).result()


def _progress(connection: Connection, flow_id: str) -> tuple[Schedule | None, int]:
    """Return the schedule of a flow, if it is active, and the number of its future runs."""
    row = _active_flow(connection, flow_id)
    if row is None:
        return None, 0
    future_runs = select(func.count()).where(
        flow_run.c.flow_id == flow_id,
        flow_run.c.auto_scheduled,
        flow_run.c.state == "Scheduled",
        flow_run.c.scheduled_start_time > now(),
    )
    return schedule_of(connection, row), connection.scalar(future_runs) or 0


def _active_flow(connection: Connection, flow_id: str) -> RowMapping | None:
    statement = select(*small_columns(flow)).where(flow.c.id == flow_id, *_ACTIVE)
    return connection.execute(statement).mappings().one_or_none()


def _create_run(connection: Connection, flow_id: str, schedule: Schedule, event: Event) -> None:
    # The schedule may have been switched off, or replaced, since the events were computed.
    row = _active_flow(connection, flow_id)
    if row is None or schedule_of(connection, row) != schedule:
        return
    if _is_deleted(connection, flow_id, event):
        return
    key = f"auto-scheduled:{event.start}"
    if event.parameters or event.labels:  # several clocks may have an event at the same time
        details = json.dumps([event.parameters, event.labels], sort_keys=True)
        key = f"{key}:{hashlib.sha256(details.encode()).hexdigest()[:32]}"
    run = NewFlowRun(
        parameters=event.parameters,
        labels=event.labels,
        scheduled_start_time=event.start,
        idempotency_key=key,
    )
    try:
        schedule_flow_run(connection, row, run, auto=True)
    except ApiError as error:
        _log.warning("Flow %s cannot be scheduled for %s: %s", flow_id, event.start, error)


def _is_deleted(connection: Connection, flow_id: str, event: Event) -> bool:
    """Return whether the run of an event has been created before, and deleted since."""
    if event.parameters or event.labels:
        return False  # a later run may be that of another clock
    created = flow_run.c.flow_id == flow_id, flow_run.c.auto_scheduled
    latest = connection.scalar(select(func.max(flow_run.c.scheduled_start_time)).where(*created))
    return latest is not None and event.start <= latest
