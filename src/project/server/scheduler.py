"""Runs created ahead of their time, from the schedules that are active."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime, timezone
from functools import partial
from typing import Any, Iterable

from sqlalchemy import Connection, RowMapping, func, select

from project.server.database import Database
from project.server.errors import ApiError
from project.server.flow_runs import schedule_flow_run
from project.server.schedule_switch import schedule_of
from project.server.schedules import Event, next_events
from project.server.tables import flow, flow_run
from project.server.timestamps import now

_log = logging.getLogger(__name__)


class Scheduler:
    """Keep so many runs waiting for every flow whose schedule is active."""

    def __init__(self, database: Database, runs_ahead: int) -> None:
        self._database = database
        self._runs_ahead = runs_ahead

    def schedule_all(self) -> None:
        """Create what is missing, for all flows."""
        self.schedule(self._database.read(_active_flows).result())

    def schedule(self, flow_ids: Iterable[str]) -> None:
        """Create what is missing, for some flows; a schedule that cannot be read stops no other."""
        for flow_id in flow_ids:
            try:
                self._schedule_one(flow_id)
            except Exception:
                _log.exception("The schedule of flow %s cannot be followed.", flow_id)

    def _schedule_one(self, flow_id: str) -> None:
        schedule, waiting = self._database.read(
            lambda connection: _situation(connection, flow_id)
        ).result()
        if schedule is None or waiting >= self._runs_ahead:
            return
        for event in next_events(schedule, self._runs_ahead, datetime.now(timezone.utc)):
            self._database.write(partial(_create_run, flow_id=flow_id, event=event)).result()


def _active_flows(connection: Connection) -> list[str]:
    return list(
        connection.scalars(
            select(flow.c.id).where(flow.c.is_schedule_active, flow.c.archived.is_(False))
        )
    )


def _situation(connection: Connection, flow_id: str) -> tuple[dict[str, Any] | None, int]:
    """Return the schedule to follow, if any, and how many of its runs are waiting."""
    row = _active_flow(connection, flow_id)
    waiting = (
        flow_run.c.flow_id == flow_id,
        flow_run.c.auto_scheduled,
        flow_run.c.state == "Scheduled",
    )
    future = select(func.count()).where(*waiting, flow_run.c.scheduled_start_time > now())
    return (schedule_of(connection, row) if row else None), connection.scalar(future) or 0


def _active_flow(connection: Connection, flow_id: str) -> RowMapping | None:
    columns = (column for column in flow.columns if not column.info.get("large"))
    active = flow.c.id == flow_id, flow.c.is_schedule_active, flow.c.archived.is_(False)
    return connection.execute(select(*columns).where(*active)).mappings().one_or_none()


def _create_run(connection: Connection, flow_id: str, event: Event) -> None:
    row = _active_flow(
        connection, flow_id
    )  # it may have been switched off since the events were computed
    if row is None or _is_past(connection, flow_id, event):
        return
    values = {
        "parameters": dict(event.parameters),
        "labels": event.labels,
        "scheduled_start_time": event.start,
        "idempotency_key": _key(event),
        "auto_scheduled": True,
    }
    try:
        schedule_flow_run(connection, row, values)
    except ApiError as error:
        _log.warning("Flow %s cannot be scheduled for %s: %s", flow_id, event.start, error)


def _is_past(connection: Connection, flow_id: str, event: Event) -> bool:
    # A run that was scheduled and then deleted is not to come back; but clocks may share a time.
    if event.parameters or event.labels:
        return False
    created = flow_run.c.flow_id == flow_id, flow_run.c.auto_scheduled
    latest = connection.scalar(select(func.max(flow_run.c.scheduled_start_time)).where(*created))
    return latest is not None and event.start <= latest


def _key(event: Event) -> str:
    key = f"auto-scheduled:{event.start}"
    if not event.parameters and not event.labels:
        return key
    given = json.dumps([event.parameters, event.labels], sort_keys=True)
    return f"{key}:{hashlib.sha256(given.encode()).hexdigest()[:32]}"
