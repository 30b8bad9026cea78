"""Schedules on and off, and the runs that a schedule has created."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, delete

from project.server.call import Call, Values
from project.server.errors import ApiError
from project.server.flow_runs import required_parameters
from project.server.rows import change, find
from project.server.tables import flow, flow_group, flow_run


def set_schedule_active(call: Call, given: Values) -> Values:
    """Start to create runs from a flow's schedule; without one this is no error, but no success."""
    row = find(call.connection, flow, given["flow_id"])
    if schedule_of(call.connection, row) is None:
        return {"success": False}
    if not can_be_scheduled(call.connection, row):
        raise ApiError("Can not schedule a flow that has required parameters.")
    change(call.connection, flow, row["id"], is_schedule_active=True)
    call.flows_to_schedule.add(row["id"])
    return {"success": True}


def set_schedule_inactive(call: Call, given: Values) -> Values:
    """Create no more runs from a flow's schedule, and remove those that wait."""
    change(call.connection, flow, given["flow_id"], is_schedule_active=False)
    delete_scheduled_runs(call.connection, given["flow_id"])
    return {"success": True}


def schedule_of(connection: Connection, row: RowMapping) -> dict[str, Any] | None:
    """Return the schedule of a flow: its group's, if that has one, else its own."""
    own: dict[str, Any] | None = (
        find(connection, flow_group, row["flow_group_id"])["schedule"] or row["schedule"]
    )
    return own


def can_be_scheduled(connection: Connection, row: RowMapping) -> bool:
    """Tell whether a flow has a schedule whose runs get all the parameters that they need."""
    schedule = schedule_of(connection, row)
    if schedule is None or row["archived"]:
        return False
    group = find(connection, flow_group, row["flow_group_id"])["default_parameters"] or {}
    needed = required_parameters(row) - set(group)
    return all(
        needed <= set(clock.get("parameter_defaults") or {})
        for clock in schedule.get("clocks") or []
    )


def delete_scheduled_runs(connection: Connection, flow_id: str) -> None:
    """Remove the runs that a schedule has created and nobody has taken."""
    waiting = flow_run.c.auto_scheduled.is_(True), flow_run.c.state == "Scheduled"
    connection.execute(delete(flow_run).where(flow_run.c.flow_id == flow_id, *waiting))
