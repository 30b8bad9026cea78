"""The settings in ``prefect.yml``, as frozen, typed values."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Literal

PrefectObject = Dict[str, Any]


class Section(BaseModel):
    """A section of ``prefect.yml``; unknown keys and other types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class ExecutorSettings(Section):
    """Where the tasks of a flow run; ``workers=None`` means one per core."""

    type: Literal["local", "threads"] = "local"
    workers: Optional[int] = Field(default=None, ge=1)


class ScheduleSettings(Section):
    """When the scheduler starts runs: by a cron expression, or every N seconds."""

    cron: Optional[str] = None
    timezone: str = "UTC"
    interval_seconds: Optional[int] = Field(default=None, ge=60)

    @model_validator(mode="after")
    def _has_one_clock(self) -> ScheduleSettings:
        if (self.cron is None) == (self.interval_seconds is None):
            raise ValueError("give either cron or interval_seconds")
        return self


class Settings(Section):
    """The settings of one pipeline.

    ``run_config``, ``storage`` and ``result`` name one of Prefect's classes as ``type``, next to
    that class's arguments.
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
    """All keys of ``prefect.yml``, with their defaults."""

    pipelines: Dict[str, Dict[str, Any]] = {}
