"""Reading ``prefect.yml`` with Kedro's configuration loader."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence, Type, TypeVar

from pydantic import ValidationError

from project.compat.kedro_config import config_files, load_config, other_conf_source
from project.config.messages import describe_problem, describe_unreadable
from project.config.model import Section, Settings, SettingsFile
from project.errors import SettingsError

Model = TypeVar("Model", bound=Section)


def read_settings(config_loader: Any, pipeline: str, overrides: Mapping[str, Any]) -> Settings:
    """Return the settings of a pipeline; the defaults if there is no ``prefect.yml``.

    Raises:
        SettingsError: a file cannot be read, or has an unknown key or an invalid value.
    """
    files = config_files(config_loader, "prefect")
    try:
        content = load_config(config_loader, "prefect")
    except Exception as error:  # each of Kedro's loaders has its own
        message = describe_unreadable(files) or f"{' + '.join(map(str, files))}: {error}"
        raise SettingsError(message) from error
    return parse_settings({**content, **overrides}, pipeline, files)


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
    raw: Mapping[str, Any], pipeline: Optional[str] = None, files: Sequence[Path] = ()
) -> Settings:
    """Validate the content of ``prefect.yml`` and return the settings of one pipeline.

    The section ``pipelines`` is validated for every pipeline. ``files`` are the files that ``raw``
    was merged from: an error names the one with the key.

    Raises:
        SettingsError: unknown key, or wrong type or value.
    """
    file = _validate(SettingsFile, raw, (), files)
    overridden = {
        name: _validate(Settings, _merge(raw, overrides), ("pipelines", name), files)
        for name, overrides in file.pipelines.items()
    }
    settings = Settings.model_validate(file.model_dump(exclude={"pipelines"}))
    return overridden.get(pipeline or "__default__", settings)


def _merge(raw: Mapping[str, Any], overrides: Mapping[str, Any]) -> Dict[str, Any]:
    merged = {key: value for key, value in raw.items() if key != "pipelines"}
    for key, value in overrides.items():
        both_sections = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = {**merged[key], **value} if both_sections else value
    return merged


def _validate(
    model: Type[Model], raw: Mapping[str, Any], prefix: Sequence[str], files: Sequence[Path]
) -> Model:
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        problems = [describe_problem(model, problem, prefix, files) for problem in error.errors()]
        raise SettingsError("\n".join(problems)) from error
