"""The settings in ``prefect.yml``, as frozen, typed values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple
from urllib.parse import urlsplit

from marshmallow import ValidationError

from project.config.origin import UNKNOWN_ORIGIN, Origin
from project.config.rules import (
    ChangesRule,
    SectionRule,
    Value,
    choice,
    choices,
    mapping,
    number,
    numbers,
    rules_of,
    setting,
    string,
    strings,
    switch,
    whole_number,
    whole_numbers,
)

PrefectObject = Mapping[str, Any]

_API = re.compile(r"embedded|prefect|https?://\S+")


_API_WORDS = "embedded, prefect, or an address that starts with http:// or https://"


def describe_wrong_api(value: Any) -> Optional[str]:
    """Return what an API's name must be instead of this value; ``None`` if it is one."""
    if not isinstance(value, str) or not _API.fullmatch(value):
        return f"must be {_API_WORDS}"
    try:
        address = urlsplit(value)
    except ValueError:  # such as http://[::1
        return "must be an address with a valid host, such as http://[::1]:4200"
    try:
        address.port  # noqa: B018 - raises ValueError
    except ValueError:
        return "must be an address whose port is a number up to 65535"
    return None


class _ApiRule(Value):
    def __init__(self) -> None:
        super().__init__(_API_WORDS, lambda value: describe_wrong_api(value) is None)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        mistake = describe_wrong_api(value)
        if mistake is not None:
            raise ValidationError(mistake)
        return value


_SCHEDULER = re.compile(r"(\w+://)?(\[[\w:.%]+\]|[^\s/:\[\]]+):\d{1,5}|inproc://\S+")
_scheduler_rule = Value(
    "the address of a Dask scheduler, such as tcp://host:8786",
    lambda value: isinstance(value, str) and _SCHEDULER.fullmatch(value) is not None,
    optional=True,
)

_GROUPING = re.compile(r"none|memory|chain|namespace|pipeline|tag:.+|[\w.]+:\w+")
_grouping_rule = Value(
    "none, memory, chain, namespace, pipeline, tag:<prefix> or <module>:<function>",
    lambda value: isinstance(value, str) and _GROUPING.fullmatch(value) is not None,
)


@dataclass(frozen=True)
class ExecutorSettings:
    """Where the tasks of a flow run; ``workers=None`` means one per core.

    The other keys are Dask's: the address of a scheduler, or the class of a cluster to create for
    the run, with that class's arguments.
    """

    type: str = setting("local", choice("local", "threads", "dask"))
    workers: Optional[int] = setting(None, whole_number(at_least=1, optional=True))
    address: Optional[str] = setting(None, _scheduler_rule)
    cluster_class: Optional[str] = setting(None, string(optional=True))
    cluster_kwargs: Mapping[str, Any] = setting({}, mapping())

    def __post_init__(self) -> None:
        if self.type == "local" and self.workers is not None:
            raise ValueError("workers needs a type with several workers, such as threads")
        has_cluster = bool(self.cluster_class or self.cluster_kwargs)
        if self.type != "dask" and (self.address is not None or has_cluster):
            raise ValueError("address, cluster_class and cluster_kwargs need the type dask")
        if self.address is not None and (has_cluster or self.workers is not None):
            raise ValueError(
                "address names a running cluster: leave out workers, cluster_class and "
                "cluster_kwargs"
            )
        if self.cluster_class is None and self.cluster_kwargs.get("processes") is False:
            raise ValueError(
                "cluster_kwargs: workers need processes of their own; use the type threads instead"
            )
        if self.cluster_class is not None and self.workers is not None:
            raise ValueError("workers is not for a cluster_class: give its own in cluster_kwargs")


@dataclass(frozen=True)
class TaskPolicy:
    """How often, how long and where a node may run.

    ``retry_on`` are names of exceptions, whose subclasses count, too; none means all. With
    ``retry_backoff``, each delay is the one before multiplied by it. ``resources`` are what
    a Dask worker must have.
    """

    retries: int = setting(0, whole_number(at_least=0))
    retry_delay_seconds: float = setting(10, number(at_least=0))
    retry_backoff: float = setting(1, number(at_least=1))
    retry_on: Tuple[str, ...] = setting((), strings())
    timeout_seconds: Optional[float] = setting(None, number(above=0, optional=True))
    resources: Mapping[str, float] = setting({}, numbers())


@dataclass(frozen=True)
class TaskSettings:
    """The policies of tasks: for all, for those with a tag, and by names or patterns of nodes.

    ``tags`` and ``nodes`` contain only what they change.
    """

    default: TaskPolicy = setting(TaskPolicy(), SectionRule(TaskPolicy))
    tags: Mapping[str, Mapping[str, Any]] = setting({}, ChangesRule(TaskPolicy))
    nodes: Mapping[str, Mapping[str, Any]] = setting({}, ChangesRule(TaskPolicy))


@dataclass(frozen=True)
class ScheduleSettings:
    """When the scheduler starts runs: by a cron expression, or every N seconds."""

    cron: Optional[str] = setting(None, string(optional=True))
    timezone: str = setting("UTC", string())
    interval_seconds: Optional[int] = setting(None, whole_number(at_least=60, optional=True))

    def __post_init__(self) -> None:
        if (self.cron is None) == (self.interval_seconds is None):
            raise ValueError("must have exactly one of cron and interval_seconds")


@dataclass(frozen=True)
class NotifySettings:
    """Which webhook gets a JSON document when a run ends, and in which of its states.

    ``url`` is an address, or the name of an environment variable that has it. ``template`` is the
    document, with fields such as ``{flow}`` in its strings; without one, it is a text for Slack.
    """

    on: Tuple[str, ...] = setting(("Failed",), choices("Failed", "Cancelled", "Success"))
    url: Optional[str] = setting(None, string(optional=True))
    template: Optional[Mapping[str, Any]] = setting(None, mapping(optional=True))


@dataclass(frozen=True)
class Settings:
    """The settings of one pipeline.

    ``run_config``, ``storage`` and ``result`` name one of Prefect's classes as ``type``, next to
    that class's arguments. ``origin`` is no key: it names the file in messages.
    """

    api: str = setting("embedded", _ApiRule())
    run: str = setting("here", choice("here", "agent", "none"))
    wait: bool = setting(True, switch())
    project: Optional[str] = setting(None, string(optional=True))
    flow: Optional[str] = setting(None, string(optional=True))
    executor: ExecutorSettings = setting(ExecutorSettings(), SectionRule(ExecutorSettings))
    grouping: str = setting("none", _grouping_rule)
    tasks: TaskSettings = setting(TaskSettings(), SectionRule(TaskSettings))
    limits: Mapping[str, int] = setting({}, whole_numbers(at_least=1))
    schedule: Optional[ScheduleSettings] = setting(
        None, SectionRule(ScheduleSettings, optional=True)
    )
    labels: Tuple[str, ...] = setting((), strings())
    run_config: Optional[PrefectObject] = setting(None, mapping(optional=True))
    storage: Optional[PrefectObject] = setting(None, mapping(optional=True))
    result: Optional[PrefectObject] = setting(None, mapping(optional=True))
    notify: NotifySettings = setting(NotifySettings(), SectionRule(NotifySettings))
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True)
class SettingsFile(Settings):
    """All keys of ``prefect.yml``, with their defaults."""

    pipelines: Mapping[str, Any] = setting({}, mapping())


def as_dict(section: Any) -> Dict[str, Any]:
    """Return the keys of a section and of those inside it as ``prefect.yml`` has them."""
    return {key: _plain(getattr(section, key)) for key in rules_of(type(section))}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return as_dict(value) if hasattr(value, "__dataclass_fields__") else value
