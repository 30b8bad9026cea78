"""A Kedro run: everything that a process needs to run the nodes of one flow run."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import chain
from threading import Lock
from typing import (
    TYPE_CHECKING,
    Callable,
    Collection,
    Iterable,
    NamedTuple,
    Optional,
    Sequence,
    Set,
)

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro.runner import AbstractRunner

from project.compat import kedro as compat
from project.compat.run_options import RunOptions
from project.config.model import Settings, TaskPolicy
from project.config.policies import policy_of
from project.execution.forks import forks_end_here
from project.execution.time_limit import call_with_limit
from project.flow.groups.units import Group
from project.flow.tasks import InMemory

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from pluggy import PluginManager


NOT_SAVED = "has not been saved yet"  # in Kedro's message about an empty dataset in memory


class RemoteOutput(NamedTuple):
    """Placeholder for an output in another process; without a ``flow_run_id``, of no run."""

    flow_run_id: Optional[str]


class KedroRun:
    """Kedro run of one session: its nodes, with the catalog, the hook manager and the run id.

    ``options`` are those of the run, by which another process opens the same catalog. An executor
    that runs some nodes as one unit calls ``report_groups`` before the first node.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        catalog: DataCatalog,
        hook_manager: PluginManager,
        run_id: Optional[str],
        is_async: bool = False,
        settings: Optional[Settings] = None,
    ):
        self.pipeline = pipeline
        self.catalog = catalog
        self.hook_manager = hook_manager
        self.run_id = run_id
        self.is_async = is_async
        self.settings = settings or Settings()
        self.options: RunOptions = {}
        self.is_restarted = False
        self.report_groups: Callable[[Sequence[Group]], None] = lambda groups: None
        self.nodes = {node.name: node for node in pipeline.nodes}
        self.done_nodes: Set[Node] = set()
        self.error: Optional[BaseException] = None
        self.failed_node: Optional[str] = None
        self._producers = {name: node.name for node in pipeline.nodes for name in node.outputs}
        self._inputs = pipeline.inputs()
        self._outputs = pipeline.outputs()
        self._loads_left = Counter(chain.from_iterable(node.inputs for node in pipeline.nodes))
        self._read = frozenset(self._loads_left)
        self._begun: Set[str] = set()
        self._lock = Lock()
        # Resolving a pattern from two threads at once is a race in Kedro 0.18.12 to 0.19.9.
        for name in compat.dataset_names(pipeline):
            compat.get_dataset(catalog, name)

    def policy(self, node_name: str) -> TaskPolicy:
        """Return the policy of a node."""
        return policy_of(self.settings.tasks, node_name, self.nodes[node_name].tags)

    def keep(self, names: Collection[str], *, stores_results: bool) -> None:
        """Keep the values of datasets that are read outside of the pipeline.

        Others are kept, too, if results are stored, because a restart may begin in between.
        """
        self._read = self._read.union(names) if stores_results else frozenset(names)
        self._inputs = self._inputs.union(names)
        self._outputs = self._outputs.union(names)

    def execute(self, node_name: str, received: InMemory) -> InMemory:
        """Run a node and return the in-memory datasets that other nodes may need.

        ``received`` are the in-memory datasets that upstream nodes have left.
        """
        for name, dataset in received.items():
            # Within one process it is the same object, or one with which a hook has replaced it.
            current = compat.get_dataset(self.catalog, name)
            if current is not dataset and compat.is_in_memory(current) and not current.exists():
                compat.add_dataset(self.catalog, name, dataset)
        node = self.nodes[node_name]
        self._execute(node)
        names = self._read.intersection(node.outputs)
        datasets = {name: compat.get_dataset(self.catalog, name) for name in sorted(names)}
        # Empty datasets are left out: once pickled, they claim to exist and return a bare object().
        return {
            name: dataset
            for name, dataset in datasets.items()
            if compat.is_in_memory(dataset) and dataset.exists()
        }

    def skip(self, node_names: Iterable[str], flow_run_id: str) -> None:
        """Consider nodes done that an earlier process has run."""
        for name in node_names:
            outputs = self.nodes[name].outputs
            compat.pin_load_versions(compat.get_dataset(self.catalog, each) for each in outputs)
            self.mark_outputs_remote(flow_run_id, self.nodes[name].outputs)
            self._release(self.nodes[name])

    def _execute(self, node: Node) -> None:
        # What an earlier attempt has saved already has the version of this run.
        is_repeated = self.is_restarted or node.name in self._begun
        self._begun.add(node.name)
        saved = node.outputs if is_repeated else []
        try:
            with compat.versions_replaced(compat.get_dataset(self.catalog, name) for name in saved):
                timeout_seconds = self.policy(node.name).timeout_seconds
                call_with_limit(partial(self._call, node), node.name, timeout_seconds)
        except compat.DatasetError as error:
            # Kedro's message does not say which node should have saved the dataset.
            if type(error) is compat.DatasetError and NOT_SAVED in str(error):
                for name in node.inputs:
                    dataset = compat.get_dataset(self.catalog, name)
                    if compat.is_in_memory(dataset) and not dataset.exists():
                        raise compat.DatasetError(f"{error} {self._unsaved(name, node)}") from error
            raise
        self._release(node)

    def _call(self, node: Node, is_over: Optional[Callable[[], bool]]) -> None:
        catalog = self.catalog
        if is_over is not None:
            catalog = compat.catalog_until(is_over, catalog)
        with forks_end_here():
            compat.execute_node(node, catalog, self.hook_manager, self.is_async, self.run_id)

    def _unsaved(self, name: str, reader: Node) -> str:
        subject = f"Node '{reader.name}' reads the in-memory dataset '{name}', which was"
        producer = self._producers.get(name)
        if producer is None:
            remedy = "No node of this run produces it: register a dataset that has data."
        else:
            remedy = f"Node '{producer}' should have saved it: make it return or yield a value."
        return f"{subject} never saved. {remedy}"

    def _release(self, node: Node) -> None:
        """Release the datasets that no node will load again, as Kedro's own runners do."""
        with self._lock:  # two readers that end at the same time must not both see a load left
            self.done_nodes.add(node)
            self._loads_left.subtract(node.inputs)
            read = [name for name in node.inputs if name not in self._inputs]
            written = [name for name in node.outputs if name not in self._outputs]
            unused = [name for name in read + written if self._loads_left[name] < 1]
        for name in unused:
            self.catalog.release(name)

    def mark_outputs_remote(
        self, flow_run_id: Optional[str], names: Optional[Iterable[str]] = None
    ) -> None:
        """Replace outputs that Kedro would return, all or some, with placeholders."""
        for name in self._outputs if names is None else self._outputs.intersection(names):
            if compat.is_in_memory(compat.get_dataset(self.catalog, name)):
                placeholder = compat.MemoryDataset(RemoteOutput(flow_run_id))
                compat.add_dataset(self.catalog, name, placeholder)

    def suggest_resume(self, runner: AbstractRunner) -> None:
        """Log Kedro's suggestion for resuming the run, if a node has raised an exception.

        Kedro's own runners log none after an interruption, or when no node has failed.
        """
        if isinstance(self.error, Exception):
            compat.suggest_resume(runner, self.pipeline, self.done_nodes, self.catalog)

    def fail(self, node_name: str, error: BaseException) -> None:
        """Record a failure; the first one is the run's."""
        with self._lock:
            if self.error is None:
                self.error, self.failed_node = error, node_name
