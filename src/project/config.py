"""What ``prefect.yml`` says, as one frozen, typed value."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence, Type

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import Literal

from project.errors import SettingsError

FILE = "prefect.yml"

KeyPath = Sequence[str]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ExecutorSettings(_Section):
    """Say where the tasks of a flow run.

    ``workers``: threads of the ``threads`` executor; ``None``: one a core.
    """

    type: Literal["local", "threads"] = "local"
    workers: Optional[int] = Field(default=None, ge=1)


class Settings(_Section):
    """Hold every key of ``prefect.yml`` with its default."""

    flow: Optional[str] = Field(default=None, min_length=1)
    executor: ExecutorSettings = ExecutorSettings()
    grouping: Literal["none"] = "none"
    pipelines: Dict[str, Dict[str, Any]] = {}


def parse_settings(
    raw: Mapping[str, Any], pipeline: Optional[str] = None, files: Sequence[Path] = ()
) -> Settings:
    """Check what ``prefect.yml`` says and return what holds for one pipeline.

    The section ``pipelines`` is checked for every pipeline, not only for the one asked for.
    ``files`` are the files that ``raw`` was merged from: an error names the one with the key.

    Raises:
        SettingsError: unknown key, wrong type or value.
    """
    settings = _checked(raw, raw, (), files)
    overridden = {
        name: _checked(_merged(raw, overrides), overrides, ("pipelines", name), files)
        for name, overrides in settings.pipelines.items()
    }
    return overridden.get(pipeline or "__default__", settings)


def _merged(raw: Mapping[str, Any], overrides: Mapping[str, Any]) -> Dict[str, Any]:
    merged = {key: value for key, value in raw.items() if key != "pipelines"}
    for key, value in overrides.items():
        both_sections = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = {**merged[key], **value} if both_sections else value
    return merged


def _checked(
    merged: Mapping[str, Any], written: Mapping[str, Any], prefix: KeyPath, files: Sequence[Path]
) -> Settings:
    try:
        return Settings.model_validate(dict(merged))
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_explained(dict(problem), prefix, files) for problem in error.errors())
        ) from error


def _explained(problem: Dict[str, Any], prefix: KeyPath, files: Sequence[Path]) -> str:
    path = [*prefix, *map(str, problem["loc"])]
    where = _file_with(path, files)
    key = ".".join(path)
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key '{key}'. {_nearest(problem['loc'])}"
    return f"{where}: {key}: {problem['msg']}, not {problem['input']!r}."


def _nearest(loc: Sequence[Any]) -> str:
    valid = list(_section_at(loc[:-1]).model_fields)
    close = get_close_matches(str(loc[-1]), valid, n=1, cutoff=0.5)
    return f"Did you mean '{close[0]}'?" if close else f"Valid keys: {', '.join(valid)}."


def _section_at(loc: Sequence[Any]) -> Type[_Section]:
    section: Type[_Section] = Settings
    for key in loc:
        section = section.model_fields[str(key)].annotation  # type: ignore[assignment]
    return section


def _file_with(path: KeyPath, files: Sequence[Path]) -> str:
    holding = [file for file in files if _holds(file, path)]
    return str((holding or [Path(FILE)])[-1])


def _holds(file: Path, path: KeyPath) -> bool:
    found: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return False
        found = found[key]
    return True
