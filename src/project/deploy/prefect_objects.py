"""Prefect's own objects, created from the settings in ``prefect.yml``."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Tuple

import pendulum
import prefect.engine.results
import prefect.run_configs
import prefect.storage
from prefect.engine.result import Result
from prefect.run_configs import RunConfig
from prefect.schedules import Schedule
from prefect.schedules.clocks import Clock, CronClock, IntervalClock
from prefect.storage import Storage

from project.compat.prefect_patches import patch_cron_clock
from project.config.credentials import contains_credential, is_credential_name
from project.config.model import ScheduleSettings, Settings
from project.config.origin import Origin
from project.errors import SettingsError
from project.execution.results import DatasetSerializer, result_location

# A clock needs a start date; with a fixed one, the registered flow does not change from day to day.
_START = datetime(2020, 1, 1)

_CRON_FIELDS = 5
_JSON_RESULTS = {"PrefectResult", "ConstantResult", "SecretResult"}
_PICKLING_STORAGES = {"Azure", "Docker", "GCS", "Local", "S3", "Webhook"}


def make_schedule(settings: Settings) -> Optional[Schedule]:
    """Return the schedule of a flow."""
    if settings.schedule is None:
        return None
    patch_cron_clock()
    try:
        return Schedule(clocks=[_clock(settings.schedule)])
    except (ValueError, KeyError) as error:  # a bad cron expression, an unknown time zone
        where = settings.origin.name(["schedule"])
        raise SettingsError(f"{where}: schedule: {error}.") from error


def _clock(settings: ScheduleSettings) -> Clock:
    try:
        start = pendulum.instance(_START, tz=settings.timezone)
    except (ValueError, KeyError, OSError):  # OSError: "America" is a folder of time zones
        raise ValueError(f"timezone: unknown time zone {settings.timezone!r}") from None
    if settings.cron is not None:
        fields = len(settings.cron.split())
        if fields > _CRON_FIELDS:  # croniter takes a sixth one for seconds
            raise ValueError(f"cron {settings.cron!r} has {fields} fields, not {_CRON_FIELDS}")
        clock = CronClock(settings.cron, start_date=start)
        next(iter(clock.events()))  # raises an error if no date matches, as for 31 February
        return clock
    return IntervalClock(timedelta(seconds=settings.interval_seconds or 0), start_date=start)


def make_run_config(settings: Settings, env: Mapping[str, str]) -> RunConfig:
    """Return the run configuration, with the labels and the flow's source in its variables."""
    given = dict(settings.run_config or {"type": "UniversalRun"})
    given["env"] = {**(given.get("env") or {}), **env}
    given["labels"] = sorted({*(given.get("labels") or ()), *settings.labels})
    config: RunConfig = _make(prefect.run_configs, given, "run_config", settings.origin)
    return config


def make_storage(settings: Settings, default: Storage) -> Storage:
    """Return the storage in which an agent finds the flow."""
    if settings.storage is None:
        return default
    storage: Storage = _make(prefect.storage, settings.storage, "storage", settings.origin)
    kind = type(storage).__name__
    if kind in _PICKLING_STORAGES and not storage.stored_as_script:
        raise SettingsError(
            f"{settings.origin.name(['storage'])}: storage: {kind} stores a pickled flow, but this "
            "package never pickles flows: an agent loads the flow from the project's code. Leave "
            "'storage' out (also for containers, whose image has the project), or name a script "
            "with "
            "'stored_as_script: true'."
        )
    return storage


def make_result(settings: Settings, project_path: Path) -> Optional[Result]:
    """Return the result that stores the values of tasks, if there is one.

    A relative folder is one of the project's: agents and commands may run in any folder.
    """
    if settings.result is None:
        return None
    if settings.result.get("type") in _JSON_RESULTS:
        raise SettingsError(
            f"{settings.origin.name(['result', 'type'])}: result.type: {settings.result['type']} "
            "stores JSON in the API, but the results of these tasks are datasets. Use a class that "
            "writes files, such as LocalResult or S3Result."
        )
    given = {"location": result_location, "serializer": DatasetSerializer(), **settings.result}
    if given.get("type") == "LocalResult" and isinstance(given.get("dir"), str):
        given["dir"] = str(project_path / Path(given["dir"]).expanduser())
    result: Result = _make(prefect.engine.results, given, "result", settings.origin)
    return result


def _refuse_credentials(given: Mapping[str, Any], key: str, origin: Origin) -> None:
    """Raise an error for a credential, which the API would store in clear text.

    Raises:
        SettingsError: names the key, never the value.
    """
    for path, text in _strings(given, (key,)):
        if contains_credential(text) or _is_credential(path):
            raise SettingsError(
                f"{origin.name(path)}: {'.'.join(path)}: a credential here would be stored in the "
                "Prefect API, where everyone can read it. Set it in the agent's environment "
                "instead."
            )


def _strings(given: Any, path: Tuple[str, ...]) -> Iterator[Tuple[Tuple[str, ...], str]]:
    """Yield all strings in a value with the keys that lead to them."""
    if isinstance(given, str):
        yield path, given
    elif isinstance(given, Mapping):
        # The variables of a container are a list of {name: ..., value: ...}.
        variable = given.get("name"), given.get("value")
        for name, value in (*given.items(), variable):
            yield from _strings(value, (*path, str(name)))
    elif isinstance(given, (list, tuple)):
        for item in given:
            yield from _strings(item, path)


def _is_credential(path: Tuple[str, ...]) -> bool:
    # Prefect's own arguments with this ending take the name of a Prefect secret.
    is_variable = "env" in path or "environment" in path
    names_secret = path[-1].lower().endswith("secret") and not is_variable
    return is_credential_name(path[-1]) and not names_secret


def _make(module: Any, given: Mapping[str, Any], key: str, origin: Origin) -> Any:
    _refuse_credentials(given, key, origin)
    arguments = {name: value for name, value in given.items() if name != "type"}
    kind = getattr(module, str(given.get("type")), None)
    if kind is None:
        known = sorted(name for name in vars(module) if name[0].isupper())
        raise SettingsError(
            f"{origin.name([key, 'type'])}: {key}.type: Prefect has no class "
            f"{given.get('type')!r}. Use one of {', '.join(known)}."
        )
    try:
        return kind(**arguments)
    except (TypeError, ValueError, OSError) as error:  # OSError: a folder that cannot be created
        where = origin.name([key])
        raise SettingsError(f"{where}: {key}: {given['type']}: {error}.") from error
