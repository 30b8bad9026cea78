"""Reading ``prefect.yml`` with Kedro's configuration loader."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping, Optional, Tuple, Type, TypeVar

from marshmallow import ValidationError

from project.compat.kedro_config import config_env, config_files, load_config, other_conf_source
from project.config.messages import describe_problem, describe_unreadable, problems_in
from project.config.model import Settings, SettingsFile
from project.config.origin import UNKNOWN_ORIGIN, Origin
from project.config.rules import schema_of, without_empty_keys
from project.errors import SettingsError

Section = TypeVar("Section", bound=Settings)


def read_settings(config_loader: Any, pipeline: str, overrides: Mapping[str, Any]) -> Settings:
    """Return the settings of a pipeline; the defaults if there is no ``prefect.yml``.

    Raises:
        SettingsError: a file cannot be read, or has an unknown key or an invalid value.
    """
    files = tuple(config_files(config_loader, "prefect"))
    origin = Origin(files, config_env(config_loader), frozenset(overrides))
    try:
        content = load_config(config_loader, "prefect")
    except Exception as error:  # each configuration loader has its own
        raise SettingsError(describe_unreadable(error, origin)) from error
    return parse_settings({**content, **overrides}, pipeline, origin)


def require_own_conf_source(config_loader: Any, project_path: Path) -> None:
    """Require that a run reads the project's own configuration, which is what agents read.

    Raises:
        SettingsError: the run was given another one.
    """
    other = other_conf_source(config_loader, project_path)
    if other is not None:
        raise SettingsError(
            f"--conf-source is {other}, but an agent always reads the project's own configuration. "
            "Leave the option out, or run the flow in this process (run: here)."
        )


def parse_settings(
    raw: Mapping[str, Any], pipeline: Optional[str] = None, origin: Origin = UNKNOWN_ORIGIN
) -> Settings:
    """Validate the content of ``prefect.yml`` and return the settings of one pipeline.

    The section ``pipelines`` is validated for every pipeline.

    Raises:
        SettingsError: unknown key, or wrong type or value.
    """
    file = _validate(SettingsFile, raw, (), origin)
    shared = {key: value for key, value in raw.items() if key != "pipelines"}
    settings = {
        name: _validate(Settings, _merge(shared, overrides or {}), ("pipelines", name), origin)
        for name, overrides in file.pipelines.items()
    }
    return settings.get(pipeline or "__default__", _validate(Settings, shared, (), origin))


def _merge(raw: Mapping[str, Any], overrides: Any) -> Any:
    if not isinstance(overrides, Mapping):
        return overrides
    merged = dict(raw)
    for key, value in without_empty_keys(Settings, overrides).items():
        both_sections = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = {**merged[key], **value} if both_sections else value
    return merged


def _validate(section: Type[Section], raw: Any, path: Tuple[str, ...], origin: Origin) -> Section:
    try:
        settings: Section = schema_of(section).load(raw)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = [
            describe_problem(section, problem, raw, path, origin)
            for problem in problems_in(error.messages)
        ]
        raise SettingsError("\n".join(problems)) from error
    return replace(settings, origin=origin)
