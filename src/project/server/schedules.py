"""The next events of a serialized schedule, as Prefect's own classes compute them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Mapping

from project.server.timestamps import canonical


@dataclass(frozen=True)
class Event:
    """A time at which a run is due, and what the clock gives to that run."""

    start: str
    parameters: Mapping[str, Any]
    labels: list[str] | None


def next_events(schedule: Mapping[str, Any], count: int, after: datetime) -> list[Event]:
    """Return the first events after a time.

    Raises whatever Prefect raises for a schedule that it cannot read.
    """
    from prefect.serialization.schedule import (
        ScheduleSchema,
    )  # slow to import, and needed for schedules only

    _let_cron_work()
    loaded = ScheduleSchema().load(
        {**schedule, "clocks": [_in_utc(clock) for clock in schedule["clocks"]]}
    )
    events = loaded.next(count, after=after, return_events=True)
    return [
        Event(canonical(each.start_time), each.parameter_defaults, each.labels) for each in events
    ]


def _let_cron_work() -> None:
    # Prefect's cron clock names a class that pendulum 3 has moved.
    import pendulum

    if not hasattr(pendulum.tz, "_Timezone"):
        pendulum.tz._Timezone = pendulum.Timezone


def _in_utc(clock: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite dates with an offset for a zone, which Prefect writes but cannot read.

    The instants stay the same. Cron is about wall-clock time, so its dates stay as they are.
    """
    if clock.get("type") == "CronClock":
        return dict(clock)
    return {key: _date_in_utc(value) for key, value in clock.items()}


def _date_in_utc(value: Any) -> Any:
    if isinstance(value, list):
        return [_date_in_utc(each) for each in value]
    if isinstance(value, dict) and set(value) == {"dt", "tz"} and value["tz"][:1] in ("+", "-"):
        return {"dt": canonical(value["dt"] + value["tz"])[: -len("+00:00")], "tz": "UTC"}
    return value
