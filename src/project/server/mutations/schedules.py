"""Schedules: switched on and off, replaced for a flow group, and the times of their runs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from sqlalchemy import Connection, RowMapping, delete, select

from project.server.errors import InputError
from project.server.mutations.declarations import Json, MutationContext, Uuid, as_object
from project.server.mutations.flow_runs import required_parameters
from project.server.store.rows import get_row, update_row
from project.server.store.tables import flow, flow_group, flow_run
from project.server.store.timestamps import to_timestamp

Schedule = Dict[str, Any]
"""A schedule as Prefect's client serializes it."""

_MIN_INTERVAL_SECONDS = 60
_CRON_FIELDS = 5  # a sixth one is for seconds
_UTC = timezone.utc


class CronClockInput(NamedTuple):
    """A cron expression, and the parameters and labels of its runs."""

    cron: str
    parameter_defaults: Optional[Json] = None
    labels: Optional[List[str]] = None


class IntervalClockInput(NamedTuple):
    """An interval in seconds, and the parameters and labels of its runs."""

    interval: int
    parameter_defaults: Optional[Json] = None
    labels: Optional[List[str]] = None


class Event(NamedTuple):
    """A time at which a run is due, and what the clock sets for that run."""

    start: str
    parameters: Mapping[str, Any]
    labels: list[str] | None


def set_schedule_active(context: MutationContext, flow_id: Uuid) -> bool:
    """Start creating runs from a flow's schedule.

    Prefect's client asks for it after each registration: a flow without a schedule is not an
    error, but not a success either.
    """
    row = get_row(context.connection, flow, flow_id)
    if schedule_of(context.connection, row) is None:
        return False
    if row["archived"]:
        raise InputError(f"Flow {row['id']} is archived.")
    if not can_be_scheduled(context.connection, row):
        raise InputError("Can not schedule a flow that has required parameters.")
    update_row(context.connection, flow, row["id"], is_schedule_active=True)
    context.flows_to_schedule.add(row["id"])
    return True


def set_schedule_inactive(context: MutationContext, flow_id: Uuid) -> bool:
    """Stop creating runs from a flow's schedule, and delete those that wait."""
    update_row(context.connection, flow, flow_id, is_schedule_active=False)
    delete_scheduled_runs(context.connection, flow_id)
    return True


def set_flow_group_schedule(
    context: MutationContext,
    flow_group_id: Uuid,
    cron_clocks: Optional[List[CronClockInput]] = None,
    interval_clocks: Optional[List[IntervalClockInput]] = None,
    timezone: Optional[str] = None,
) -> bool:
    """Replace the schedules of a group's flows; without clocks, they have no runs."""
    zone = _check_timezone(timezone or "UTC")
    # Intervals count from this date, whenever the schedule is set.
    start = {"dt": "2019-01-01T00:00:00", "tz": zone}
    clocks: list[dict[str, Any]] = []
    for cron in cron_clocks or []:
        clocks.append({"type": "CronClock", "cron": cron.cron, **_common(cron, start)})
    for clock in interval_clocks or []:
        if clock.interval < _MIN_INTERVAL_SECONDS:
            raise InputError(
                f"An interval of {clock.interval} seconds is too short: "
                f"give at least {_MIN_INTERVAL_SECONDS}."
            )
        microseconds = clock.interval * 1_000_000
        clocks.append({"type": "IntervalClock", "interval": microseconds, **_common(clock, start)})
    for each in clocks:
        _check_clock(each)
    return _set_group_schedule(context, flow_group_id, {"type": "Schedule", "clocks": clocks})


def delete_flow_group_schedule(context: MutationContext, flow_group_id: Uuid) -> bool:
    """Return to the schedules of a group's flows themselves."""
    return _set_group_schedule(context, flow_group_id, None)


def schedule_of(connection: Connection, flow_row: RowMapping) -> Schedule | None:
    """Return the schedule of a flow: its group's if that has one, else its own."""
    group = get_row(connection, flow_group, flow_row["flow_group_id"])
    schedule: Schedule | None = group["schedule"] or flow_row["schedule"]
    return schedule


def can_be_scheduled(connection: Connection, flow_row: RowMapping) -> bool:
    """Return whether a flow has a schedule whose runs get all the parameters they require."""
    schedule = schedule_of(connection, flow_row)
    if schedule is None or flow_row["archived"]:
        return False
    group = get_row(connection, flow_group, flow_row["flow_group_id"])
    required = required_parameters(flow_row) - set(group["default_parameters"] or {})
    clocks = schedule.get("clocks") or []
    return all(required <= set(clock.get("parameter_defaults") or {}) for clock in clocks)


def delete_scheduled_runs(connection: Connection, flow_id: str) -> None:
    """Delete the runs that a flow's schedule has created and no agent has taken."""
    waiting = flow_run.c.auto_scheduled.is_(True), flow_run.c.state == "Scheduled"
    connection.execute(delete(flow_run).where(flow_run.c.flow_id == flow_id, *waiting))


def next_events(schedule: Mapping[str, Any], count: int, after: datetime) -> list[Event]:
    """Return the first events after a time, as Prefect's own classes compute them.

    Raises InputError for a schedule that Prefect cannot read.
    """
    # Only a server with schedules needs Prefect, which takes long to import.
    import pendulum
    from prefect.serialization.schedule import ScheduleSchema

    # Prefect's cron clock names a class that pendulum 3 has moved.
    if not hasattr(pendulum.tz, "_Timezone"):
        pendulum.tz._Timezone = pendulum.Timezone
    clocks = [_with_utc_dates(clock) for clock in schedule["clocks"]]
    try:
        loaded = ScheduleSchema().load({**schedule, "clocks": clocks})
        events = loaded.next(count, after=after, return_events=True)
    except Exception as error:  # whatever Prefect, croniter and pendulum raise
        raise InputError(f"Prefect cannot read the schedule: {error!r}.") from error
    return [
        Event(to_timestamp(each.start_time), each.parameter_defaults, each.labels)
        for each in events
    ]


def _check_timezone(name: str) -> str:
    import pendulum

    try:
        pendulum.timezone(name)
    except Exception as error:  # not the same in each of its releases
        raise InputError(f"Invalid timezone provided for schedule: {name!r}.") from error
    return name


def _check_clock(clock: Mapping[str, Any]) -> None:
    """Raise InputError for a clock without an event, or with one every second."""
    cron = clock.get("cron", "")
    try:
        has_events = bool(next_events({"clocks": [clock]}, 1, datetime.now(_UTC)))
    except InputError as error:
        raise InputError(f"Invalid clock provided for schedule: {error}") from error
    if not has_events or len(cron.split()) > _CRON_FIELDS:
        raise InputError(f"Invalid clock provided for schedule: {cron!r}.")


def _common(clock: CronClockInput | IntervalClockInput, start: Mapping[str, str]) -> dict[str, Any]:
    return {
        "start_date": start,
        "parameter_defaults": as_object(clock.parameter_defaults or {}, "parameter_defaults"),
        "labels": clock.labels,
    }


def _set_group_schedule(context: MutationContext, group_id: str, schedule: Schedule | None) -> bool:
    connection = context.connection
    update_row(connection, flow_group, group_id, schedule=schedule)
    active = flow.c.flow_group_id == group_id, flow.c.is_schedule_active.is_(True)
    for flow_id in connection.scalars(select(flow.c.id).where(*active)).all():
        delete_scheduled_runs(connection, flow_id)
        context.flows_to_schedule.add(flow_id)
    return True


def _with_utc_dates(clock: Mapping[str, Any]) -> dict[str, Any]:
    """Return a clock whose dates have the zone UTC in place of an offset.

    Prefect serializes such dates but cannot load them. The instants stay the same. A cron clock is
    about wall-clock time, which an offset alone does not give: Prefect cannot load it.
    """
    if clock.get("type") == "CronClock":
        return dict(clock)
    return {key: _date_in_utc(value) for key, value in clock.items()}


def _date_in_utc(value: Any) -> Any:
    if isinstance(value, list):
        return [_date_in_utc(each) for each in value]
    if isinstance(value, dict) and set(value) == {"dt", "tz"} and value["tz"][:1] in ("+", "-"):
        return {"dt": to_timestamp(value["dt"] + value["tz"])[: -len("+00:00")], "tz": "UTC"}
    return value
