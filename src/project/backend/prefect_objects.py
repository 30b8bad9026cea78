"""Prefect's own objects, made from what ``prefect.yml`` says of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Mapping, Optional

import pendulum
import prefect.engine.results
import prefect.run_configs
import prefect.storage
from prefect.engine.result import Result
from prefect.run_configs import RunConfig
from prefect.schedules import Schedule
from prefect.schedules.clocks import Clock, CronClock, IntervalClock
from prefect.storage import Storage

from project.config import ScheduleSettings, Settings
from project.errors import SettingsError
from project.mends import mend_cron_clock

# A clock needs a start; a fixed one leaves the registered flow the same from day to day.
_START = datetime(2020, 1, 1)

_JSON_RESULTS = {"PrefectResult", "ConstantResult", "SecretResult"}


def make_schedule(settings: Optional[ScheduleSettings]) -> Optional[Schedule]:
    """Return the schedule of a flow."""
    if settings is None:
        return None
    mend_cron_clock()
    try:
        return Schedule(clocks=[_clock(settings)])
    except (ValueError, KeyError) as error:  # a bad cron expression, an unknown time zone
        raise SettingsError(f"prefect.yml: schedule: {error}.") from error


def _clock(settings: ScheduleSettings) -> Clock:
    start = pendulum.instance(_START, tz=settings.timezone)
    if settings.cron is not None:
        return CronClock(settings.cron, start_date=start)
    return IntervalClock(timedelta(seconds=settings.interval_seconds or 0), start_date=start)


def make_run_config(settings: Settings, env: Mapping[str, str]) -> RunConfig:
    """Return the run configuration, with the labels and what names the flow's source."""
    given = dict(settings.run_config or {"type": "UniversalRun"})
    given["env"] = {**(given.get("env") or {}), **env}
    given["labels"] = sorted({*(given.get("labels") or ()), *settings.labels})
    config: RunConfig = _make(prefect.run_configs, given, "run_config")
    return config


def make_storage(settings: Settings, default: Storage) -> Storage:
    """Return where an agent finds the flow."""
    if settings.storage is None:
        return default
    storage: Storage = _make(prefect.storage, settings.storage, "storage")
    return storage


def make_result(settings: Settings) -> Optional[Result]:
    """Return where results of tasks are kept, if anywhere."""
    if settings.result is None:
        return None
    if settings.result.get("type") in _JSON_RESULTS:
        raise SettingsError(
            f"prefect.yml: result.type: {settings.result['type']} keeps JSON in the API, and the "
            "results here are datasets. Use one that keeps files, such as LocalResult or S3Result."
        )
    result: Result = _make(prefect.engine.results, settings.result, "result")
    return result


def _make(module: Any, given: Mapping[str, Any], key: str) -> Any:
    arguments = {name: value for name, value in given.items() if name != "type"}
    kind = getattr(module, str(given.get("type")), None)
    if kind is None:
        known = sorted(name for name in vars(module) if name[0].isupper())
        raise SettingsError(
            f"prefect.yml: {key}.type: Prefect has no {given.get('type')!r}; "
            f"it has {', '.join(known)}."
        )
    try:
        return kind(**arguments)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"prefect.yml: {key}: {given['type']}: {error}.") from error
