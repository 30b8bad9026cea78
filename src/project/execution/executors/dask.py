"""Executor that runs nodes on Dask workers."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, Mapping, NamedTuple, Optional

import dask
import prefect
from distributed import LocalCluster
from prefect import Task
from prefect.core import Edge
from prefect.engine.state import State
from prefect.executors import DaskExecutor
from prefect.utilities.importtools import import_object

from project.compat import kedro as compat
from project.config.model import Settings
from project.errors import FlowRunError, SettingsError
from project.execution.executors.local import without_config
from project.execution.executors.structures import resolved
from project.execution.kedro_run import KedroRun
from project.execution.remote.cluster import wait_for_worker
from project.execution.remote.code import code_of_run
from project.execution.remote.graph_run import GraphRun
from project.execution.remote.run_spec import NodeCall, RunSpec
from project.execution.remote.unit_graph import make_unit_graph
from project.flow.pipeline_ref import PipelineRef
from project.flow.tasks import NodeTask

CONNECT_SECONDS = 10.0

_CONFIG = {
    # Whether a unit may begin again is for the policies of its nodes to say.
    "distributed.scheduler.allowed-failures": sys.maxsize,
    # A node may have child processes, which Python forbids to daemons.
    "distributed.worker.daemon": False,
    # Workers log warnings only, as this process does.
    "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "warning",
}

# What tasks read of the flow run; everything else in Prefect's context stays in this process.
_CONTEXT = (
    "flow_run_id", "flow_id", "flow_name", "flow_run_name", "flow_run_version", "parameters",
    "scheduled_start_time", "date", "today", "yesterday", "tomorrow",
)  # fmt: skip


class NodeFuture(NamedTuple):
    """A node that has been submitted; ``wait`` returns the state in which it ends."""

    name: str


class _Submitted(NamedTuple):
    call: NodeCall
    task: Task
    run: KedroRun
    arguments: Mapping[str, Any]


class KedroDaskExecutor(DaskExecutor):
    """Executor that runs nodes on Dask workers, and all other tasks in this process.

    Nodes are only collected until ``wait``, which submits them as one graph. What workers get are
    the names of nodes and of the pipeline (``ref``), never Prefect's context.

    Raises:
        SettingsError: the cluster's class cannot be loaded.
    """

    def __init__(self, settings: Settings, ref: PipelineRef):
        executor = settings.executor
        self._settings = settings
        self._ref = ref
        self._submitted: Dict[str, _Submitted] = {}
        kwargs = dict(executor.cluster_kwargs)
        if executor.address is None and executor.cluster_class is None:
            # Nodes share a process only with those that they are grouped with.
            workers = executor.workers or os.cpu_count() or 1
            defaults = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": ":0"}
            kwargs = {**defaults, **kwargs}
        super().__init__(
            address=executor.address,
            cluster_class=_load_cluster_class(settings),
            cluster_kwargs=None if executor.address else kwargs,
            client_kwargs={"timeout": CONNECT_SECONDS},
            disable_cancellation_event=True,  # units ask their worker's plugin
        )

    @contextmanager
    def start(self) -> Iterator[None]:
        """Connect to the cluster, or create it, while the flow runs.

        Raises:
            FlowRunError: no scheduler, or no worker, is there in time.
        """
        self._submitted = {}
        is_started = False
        try:
            with dask.config.set(_CONFIG), _dask_logs_only_warnings(), super().start():
                is_started = True
                yield
        except Exception as error:  # a cluster's own class may raise anything
            if is_started:
                raise
            raise FlowRunError(describe_no_cluster(self._settings, error)) from error

    async def _watch_dask_events(self) -> None:
        """Watch nothing: Prefect's method only logs, and warns with newer releases of Dask."""

    def submit(
        self,
        fn: Callable[..., Any],
        *args: Any,
        extra_context: Optional[Mapping[str, Any]] = None,
        **kwargs: Any,
    ) -> Any:
        """Return what ``fn`` returns, or a ``NodeFuture`` for a node that this run has selected."""
        task, context = kwargs.get("task"), kwargs.get("context") or {}
        if isinstance(task, NodeTask):
            ended = _states_in(kwargs["upstream_states"])
            run = task.runs.find(context["flow_run_id"])
            is_done = kwargs["state"] is not None and kwargs["state"].is_finished()
            if (
                isinstance(run, KedroRun)
                and run.failed_node is None
                and task.name in run.nodes
                and not is_done
            ):
                states = {
                    edge: state
                    for edge, state in ended.items()
                    if isinstance(edge.upstream_task, NodeTask)
                }
                ids = {key: context[key] for key in context if key.startswith("task_")}
                is_limited = not task.tags.isdisjoint(self._settings.limits)
                call = NodeCall(task.name, kwargs["state"], states, ids, is_limited)
                self._submitted[task.name] = _Submitted(call, task, run, kwargs)
                return NodeFuture(task.name)
            kwargs["upstream_states"] = ended
        if context:
            kwargs["context"] = without_config(context)
        return fn(*args, **kwargs)

    def wait(self, futures: Any) -> Any:
        """Return the same structure, with each future replaced by its state.

        Raises:
            FlowRunError: the scheduler or the workers failed.
        """
        states = self._run_nodes() if self._submitted else {}
        return resolved(futures, NodeFuture, lambda future: states[future.name])

    def _run_nodes(self) -> Mapping[str, State]:
        submitted, self._submitted = self._submitted, {}
        first = next(iter(submitted.values()))
        flow_run_id = first.arguments["context"]["flow_run_id"]
        run = first.run
        wait_for_worker(self.client)
        context = prefect.context
        spec = RunSpec(
            flow_run_id=flow_run_id,
            ref=self._ref,
            options=run.options,
            run_id=run.run_id,
            is_async=run.is_async,
            policies=run.settings.tasks,
            node_names=tuple(run.nodes),
            task_runner_class=first.arguments["task_runner_cls"],
            flow_result=first.arguments["flow_result"],
            context={key: context[key] for key in _CONTEXT if key in context},
            is_quiet=self.cluster_class is LocalCluster,
            code_digest=code_of_run(self._ref).digest,
            is_restarted=run.is_restarted,
            latest_versions=compat.latest_versions(run.catalog, run.pipeline.inputs()),
        )
        handlers = first.arguments["task_runner_state_handlers"]
        calls = {name: one.call for name, one in submitted.items()}
        tasks = {name: one.task for name, one in submitted.items()}
        graph = make_unit_graph(run, calls, self._settings.grouping, spec.name)
        return GraphRun(self.client, spec, run, graph, tasks, handlers).execute()


@contextmanager
def _dask_logs_only_warnings() -> Iterator[None]:
    """Leave out what Dask logs of each step, at the level that it sets for itself."""
    logger = logging.getLogger("distributed")
    before = logger.level
    if before in (logging.NOTSET, logging.INFO):
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def describe_no_cluster(settings: Settings, error: Exception) -> str:
    """Return why there is no cluster to run on, with the remedy."""
    executor, origin = settings.executor, settings.origin
    if executor.address is None:
        return f"The Dask cluster could not be started: {type(error).__name__}: {error}"
    key = f"{origin.name(['executor', 'address'])}: executor.address: "
    if not isinstance(error, OSError):
        return f"{key}Dask cannot connect to {executor.address}: {error}"
    return (
        f"{key}no Dask scheduler answers at {executor.address}. Start one ('dask scheduler'), or "
        "leave the key out for a temporary cluster."
    )


def _load_cluster_class(settings: Settings) -> Any:
    name = settings.executor.cluster_class
    if name is None:
        return None if settings.executor.address else LocalCluster
    try:
        return import_object(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(
            f"{settings.origin.name(['executor', 'cluster_class'])}: executor.cluster_class: "
            f"'{name}' cannot be loaded: {error}. Install its package, or name another class."
        ) from error


def _states_in(upstream_states: Mapping[Edge, Any]) -> Dict[Edge, State]:
    """Return the states of the upstream tasks that have ended already."""
    return {edge: state for edge, state in upstream_states.items() if isinstance(state, State)}
