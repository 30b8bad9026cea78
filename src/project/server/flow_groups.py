"""What all versions of a flow share: labels, default parameters, a schedule of their own."""

from __future__ import annotations

from typing import Any, Mapping

from sqlalchemy import Connection, select

from project.server.call import Call, Values
from project.server.errors import ApiError
from project.server.rows import change, find
from project.server.schedule_switch import delete_scheduled_runs
from project.server.tables import flow, flow_group

_SHORTEST_SECONDS = 60


def set_flow_group_labels(call: Call, given: Values) -> Values:
    """Set the labels of future runs; null gives the flow's own back their say."""
    change(call.connection, flow_group, given["flow_group_id"], labels=given.get("labels"))
    return {"success": True}


def set_flow_group_default_parameters(call: Call, given: Values) -> Values:
    """Set the parameters of future runs, below what a run itself gives."""
    change(
        call.connection, flow_group, given["flow_group_id"], default_parameters=given["parameters"]
    )
    return {"success": True}


def set_flow_group_schedule(call: Call, given: Values) -> Values:
    """Replace the schedule of the flows by clocks; intervals are in seconds."""
    start = {"dt": "2019-01-01T00:00:00", "tz": given.get("timezone") or "UTC"}
    clocks = [_cron_clock(each, start) for each in given.get("cron_clocks") or []]
    clocks += [_interval_clock(each, start) for each in given.get("interval_clocks") or []]
    if not clocks:
        raise ApiError("A schedule needs at least one of cron_clocks and interval_clocks.")
    _replace_schedule(call, given["flow_group_id"], {"type": "Schedule", "clocks": clocks})
    return {"success": True}


def delete_flow_group_schedule(call: Call, given: Values) -> Values:
    """Give the flow's own schedule back its say."""
    _replace_schedule(call, given["flow_group_id"], None)
    return {"success": True}


def _cron_clock(given: Mapping[str, Any], start: Mapping[str, str]) -> dict[str, Any]:
    return {"type": "CronClock", "cron": given["cron"], "start_date": start, **_run_defaults(given)}


def _interval_clock(given: Mapping[str, Any], start: Mapping[str, str]) -> dict[str, Any]:
    if given["interval"] < _SHORTEST_SECONDS:
        raise ApiError(
            f"An interval of {given['interval']} seconds is too short: "
            f"give at least {_SHORTEST_SECONDS}."
        )
    microseconds = given["interval"] * 1_000_000
    return {
        "type": "IntervalClock",
        "interval": microseconds,
        "start_date": start,
        **_run_defaults(given),
    }


def _run_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "parameter_defaults": given.get("parameter_defaults") or {},
        "labels": given.get("labels"),
    }


def _replace_schedule(call: Call, group_id: str, schedule: Mapping[str, Any] | None) -> None:
    find(call.connection, flow_group, group_id)
    change(call.connection, flow_group, group_id, schedule=schedule)
    for flow_id in _active_flows(call.connection, group_id):
        delete_scheduled_runs(call.connection, flow_id)
        call.flows_to_schedule.add(flow_id)


def _active_flows(connection: Connection, group_id: str) -> list[str]:
    active = flow.c.flow_group_id == group_id, flow.c.is_schedule_active.is_(True)
    return list(connection.scalars(select(flow.c.id).where(*active)))
