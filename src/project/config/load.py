"""Reading ``prefect.yml`` with Kedro's configuration loader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Collection, Mapping, NamedTuple, Optional, Tuple, Type, TypeVar

from marshmallow import ValidationError

from project.compat.kedro_config import config_env, config_files, load_config
from project.compat.kedro_project import split_names
from project.config.messages import (
    describe_problem,
    describe_unreadable,
    nearest,
    problems_in,
)
from project.config.model import Settings, SettingsFile
from project.config.origin import UNKNOWN_ORIGIN, Origin
from project.config.rules import schema_of, without_empty_keys
from project.errors import SettingsError

Section = TypeVar("Section", bound=Settings)


class FileSettings(NamedTuple):
    """The settings in ``prefect.yml`` of all pipelines, and of each that it names."""

    shared: Settings
    by_pipeline: Mapping[str, Settings]

    def of_pipeline(self, name: str) -> Settings:
        """Return the settings of one pipeline."""
        return self.by_pipeline.get(name, self.shared)

    def require_pipelines(self, names: Collection[str]) -> None:
        """Require that every pipeline in the section ``pipelines`` exists.

        Raises:
            SettingsError: names one that does not, and the nearest that does.
        """
        for name in self.by_pipeline:
            # The settings of several pipelines that run together are found under "one+other".
            if name == "__default__" or set(split_names(names, name)) <= set(names):
                continue
            where = self.shared.origin.name(["pipelines", name])
            raise SettingsError(
                f"{where}: pipelines.{name}: the project has no pipeline '{name}'. "
                f"{nearest(name, names, 'Its pipelines')}"
            )


def read_settings(config_loader: Any, pipeline: str, overrides: Mapping[str, Any]) -> Settings:
    """Return the settings of a pipeline; the defaults if there is no ``prefect.yml``.

    Raises:
        SettingsError: a file cannot be read, or has an unknown key or an invalid value.
    """
    return read_file(config_loader, overrides).of_pipeline(pipeline)


def read_file(config_loader: Any, overrides: Mapping[str, Any]) -> FileSettings:
    """Return the settings of all pipelines.

    Raises:
        SettingsError: as for one pipeline.
    """
    files = tuple(config_files(config_loader, "prefect"))
    origin = Origin(files, config_env(config_loader), frozenset(overrides))
    try:
        content = load_config(config_loader, "prefect")
    except Exception as error:  # each configuration loader has its own
        raise SettingsError(describe_unreadable(error, origin)) from error
    return _parse_file({**content, **overrides}, origin)


def _parse_file(raw: Mapping[str, Any], origin: Origin) -> FileSettings:
    file = _validate(SettingsFile, raw, (), origin)
    shared = {key: value for key, value in raw.items() if key != "pipelines"}
    by_pipeline = {
        name: _validate(Settings, _merge(shared, overrides or {}), ("pipelines", name), origin)
        for name, overrides in file.pipelines.items()
    }
    return FileSettings(_validate(Settings, shared, (), origin), by_pipeline)


def require_own_conf_source(conf_source: Optional[str]) -> None:
    """Require that a run reads the project's own configuration, as agents and Dask workers do.

    Raises:
        SettingsError: it was given another ``conf_source``.
    """
    if conf_source is not None:
        raise SettingsError(
            f"--conf-source is {conf_source}, but agents and Dask workers always read the "
            "project's own configuration. Leave the option out, or run the flow in this process "
            "(run: here) with another executor."
        )


def parse_settings(
    raw: Mapping[str, Any], pipeline: Optional[str] = None, origin: Origin = UNKNOWN_ORIGIN
) -> Settings:
    """Validate the content of ``prefect.yml`` and return the settings of one pipeline.

    The section ``pipelines`` is validated for every pipeline.

    Raises:
        SettingsError: unknown key, or wrong type or value.
    """
    return _parse_file(raw, origin).of_pipeline(pipeline or "__default__")


def _merge(raw: Mapping[str, Any], overrides: Any) -> Any:
    if not isinstance(overrides, Mapping):
        return overrides
    merged = dict(raw)
    for key, value in without_empty_keys(Settings, overrides).items():
        merged[key] = _extend(merged.get(key), value)
    return merged


def _extend(shared: Any, value: Any) -> Any:
    if not isinstance(shared, Mapping) or not isinstance(value, Mapping):
        return value
    if value.get("type", shared.get("type")) != shared.get("type"):
        return value  # the keys beside one type do not fit another
    return {**shared, **value}


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
