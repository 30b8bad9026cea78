"""What ``prefect.yml`` says, as one frozen, typed value."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Type, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from typing_extensions import Literal

from project.errors import SettingsError

FILE = "prefect.yml"
_NO_SECTION = "Input should be a mapping of keys"
_CREDENTIAL = re.compile("password|secret|token|key_id|access_key|credentials", re.IGNORECASE)

KeyPath = Sequence[str]
Model = TypeVar("Model", bound="_Section")
PrefectObject = Dict[str, Any]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class ExecutorSettings(_Section):
    """Say where the tasks of a flow run; ``workers`` ``None`` is one a core."""

    type: Literal["local", "threads"] = "local"
    workers: Optional[int] = Field(default=None, ge=1)


class ScheduleSettings(_Section):
    """Say when the scheduler starts runs: by a cron expression, or every so many seconds."""

    cron: Optional[str] = None
    timezone: str = "UTC"
    interval_seconds: Optional[int] = Field(default=None, ge=60)

    @model_validator(mode="after")
    def _has_one_clock(self) -> ScheduleSettings:
        if (self.cron is None) == (self.interval_seconds is None):
            raise ValueError("give either cron or interval_seconds")
        return self


class Settings(_Section):
    """Hold what ``prefect.yml`` says for one pipeline.

    ``run_config``, ``storage`` and ``result`` have a ``type``, which names a class of Prefect's,
    and that class's own arguments.
    """

    api: str = Field(default="embedded", pattern=r"^(embedded|prefect|https?://\S+)$")
    run: Literal["here", "agent", "none"] = "here"
    wait: bool = True
    project: Optional[str] = Field(default=None, min_length=1)
    flow: Optional[str] = Field(default=None, min_length=1)
    executor: ExecutorSettings = ExecutorSettings()
    grouping: Literal["none"] = "none"
    schedule: Optional[ScheduleSettings] = None
    labels: List[str] = []
    run_config: Optional[PrefectObject] = None
    storage: Optional[PrefectObject] = None
    result: Optional[PrefectObject] = None


class SettingsFile(Settings):
    """Hold every key of ``prefect.yml`` with its default."""

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
    whole = _checked(SettingsFile, raw, (), files)
    overridden = {
        name: _checked(Settings, _merged(raw, overrides), ("pipelines", name), files)
        for name, overrides in whole.pipelines.items()
    }
    settings = Settings.model_validate(whole.model_dump(exclude={"pipelines"}))
    return overridden.get(pipeline or "__default__", settings)


def unreadable(files: Sequence[Path]) -> Optional[str]:
    """Say which file is no YAML, or no mapping of keys, and why; nothing when each of them is."""
    for file in files:
        try:
            found = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            return f"{file}: {error}"
        if not isinstance(found, (Mapping, type(None))):
            return f"{file}: {_NO_SECTION}{_but_not('', found)}."
    return None


def _merged(raw: Mapping[str, Any], overrides: Mapping[str, Any]) -> Dict[str, Any]:
    merged = {key: value for key, value in raw.items() if key != "pipelines"}
    for key, value in overrides.items():
        both_sections = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = {**merged[key], **value} if both_sections else value
    return merged


def _checked(
    model: Type[Model], raw: Mapping[str, Any], prefix: KeyPath, files: Sequence[Path]
) -> Model:
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        problems = [_explained(model, problem, prefix, files) for problem in error.errors()]
        raise SettingsError("\n".join(problems)) from error


def _explained(model: Type[_Section], problem: Any, prefix: KeyPath, files: Sequence[Path]) -> str:
    path = [*prefix, *map(str, problem["loc"])]
    key = ".".join(path)
    where = _file_with(path, files)
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key '{key}'. {_nearest(model, problem['loc'])}"
    is_section = problem["type"] == "model_type"
    wanted = _NO_SECTION if is_section else problem["msg"]
    return f"{where}: {key}: {wanted}{_but_not(key, problem['input'])}."


def _but_not(key: str, value: Any) -> str:
    """Show a wrong value, unless its key or what is in it looks like a credential."""
    return "" if _CREDENTIAL.search(f"{key} {value!r}") else f", not {value!r}"


def _nearest(model: Type[_Section], loc: Sequence[Any]) -> str:
    for key in loc[:-1]:
        model = _section(model.model_fields[str(key)].annotation)
    close = get_close_matches(str(loc[-1]), model.model_fields, n=1, cutoff=0.5)
    return (
        f"Did you mean '{close[0]}'?" if close else f"Valid keys: {', '.join(model.model_fields)}."
    )


def _section(annotation: Any) -> Type[_Section]:
    """Return the section that a key holds, be it optional or not."""
    types: List[Type[_Section]] = [each for each in get_args(annotation) if each is not type(None)]
    return types[0] if types else annotation


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
