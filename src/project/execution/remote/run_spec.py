"""What the process of a run sends to Dask workers: the run, its units and their nodes."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Optional, Tuple

from prefect.core import Edge
from prefect.engine.result.base import Result
from prefect.engine.state import Retrying, State
from prefect.engine.task_runner import TaskRunner

from project.compat.run_options import RunOptions
from project.config.model import TaskSettings
from project.flow.pipeline_ref import PipelineRef


class RunSpec(NamedTuple):
    """Names by which a worker opens the Kedro run of a flow run.

    ``context`` is what Prefect's context has of the flow run, and ``latest_versions`` are those of
    the free inputs when the run began. Workers of a temporary cluster share the terminal and the
    log files of the run's process, and leave writing to it (``is_quiet``).
    """

    flow_run_id: str
    ref: PipelineRef
    options: RunOptions
    run_id: Optional[str]
    is_async: bool
    policies: TaskSettings
    node_names: Tuple[str, ...]
    task_runner_class: Callable[..., TaskRunner]
    flow_result: Optional[Result]
    context: Mapping[str, Any]
    is_quiet: bool
    code_digest: str
    is_restarted: bool
    latest_versions: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of the plugin and of the topic of the run's reports."""
        return f"kedro-{self.flow_run_id}"


class NodeCall(NamedTuple):
    """One node to run: its state before, those of tasks that ended before the run, its ids.

    The limits of its tags, if it has some, are kept by the process of the run.
    """

    name: str
    state: Optional[State]
    upstream_states: Mapping[Edge, State]
    context: Mapping[str, Any]
    is_limited: bool


class Unit(NamedTuple):
    """Nodes that run in one process, in this order, and the datasets that others need of them.

    Dask knows the unit by its key. One that may have begun before replaces what it has saved then.
    """

    key: str
    calls: Tuple[NodeCall, ...]
    needed_outside: Tuple[str, ...]
    is_rerun: bool = False


class Permission(NamedTuple):
    """Permission for a unit to begin again, with the states of those nodes that had begun.

    ``is_done``: it need not, as its nodes have ended and no value of it was lost.
    """

    states: Mapping[str, Retrying]
    delay_seconds: float
    is_done: bool = False


class UnitFailedError(Exception):
    """A node of the unit has failed, which its states report; Dask starts no unit after it."""
