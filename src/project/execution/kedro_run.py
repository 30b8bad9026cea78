"""A Kedro run: what a process needs to run nodes of one flow run."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from threading import Lock
from typing import Any, Dict, Mapping, NamedTuple, Optional, Set

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from project.compat import kedro as compat


class RemoteOutput(NamedTuple):
    """Placeholder for an output that another process makes; ``None``: that no run makes."""

    flow_run_id: Optional[str]


class KedroRun:
    """Runs nodes with the catalog, the hook manager and the run id of one Kedro session."""

    def __init__(
        self,
        pipeline: Pipeline,
        catalog: Any,
        hook_manager: Any,
        run_id: Optional[str],
        is_async: bool = False,
    ):
        self.pipeline = pipeline
        self.catalog = catalog
        self.hook_manager = hook_manager
        self.run_id = run_id
        self.is_async = is_async
        self.nodes = {node.name: node for node in pipeline.nodes}
        self.done_nodes: Set[Node] = set()
        self.error: Optional[BaseException] = None
        self.failed_node: Optional[str] = None
        self._producers = {name: node.name for node in pipeline.nodes for name in node.outputs}
        self._inputs = pipeline.inputs()
        self._outputs = pipeline.outputs()
        self._loads_left = Counter(chain.from_iterable(node.inputs for node in pipeline.nodes))
        self._lock = Lock()
        self._resolve_patterns()

    def _resolve_patterns(self) -> None:
        # Resolving a pattern from two threads at once is a race in Kedro 0.18.12 to 0.19.9.
        for name in compat.dataset_names(self.pipeline):
            compat.get_dataset(self.catalog, name)

    def execute(self, node_name: str, received: Mapping[str, Any]) -> Dict[str, Any]:
        """Run a node and return the datasets in memory that other nodes may need.

        ``received`` are the datasets in memory that upstream nodes have left.
        """
        self._place(received)
        node = self.nodes[node_name]
        self._execute(node)
        return self._left_in_memory(node)

    def _place(self, received: Mapping[str, Any]) -> None:
        for name, dataset in received.items():
            if compat.get_dataset(self.catalog, name) is not dataset:
                compat.add_dataset(self.catalog, name, dataset)

    def _execute(self, node: Node) -> None:
        try:
            compat.execute_node(node, self.catalog, self.hook_manager, self.is_async, self.run_id)
        except compat.DatasetError as error:
            self._explain_unsaved(node, error)
            raise
        self._release(node)

    def _explain_unsaved(self, node: Node, error: Exception) -> None:
        for name in node.inputs:
            dataset = compat.get_dataset(self.catalog, name)
            if compat.is_in_memory(dataset) and not dataset.exists():
                raise compat.DatasetError(self._unsaved(name, node)) from error

    def _unsaved(self, name: str, reader: Node) -> str:
        where = f"Node '{reader.name}' reads dataset '{name}', which is in memory and"
        producer = self._producers.get(name)
        if producer is None:
            remedy = "No node of this run produces it: register it in the catalog with data."
        elif self.nodes[producer] in self.done_nodes:
            remedy = (
                f"Node '{producer}' should have saved it but did not: "
                "make it return or yield a value."
            )
        else:
            return (
                f"{where} went with the process in which node '{producer}' ran. Start a new run; "
                "'result' in prefect.yml, or the catalog, can keep such values for the next time."
            )
        return f"{where} was never saved. {remedy}"

    def _left_in_memory(self, node: Node) -> Dict[str, Any]:
        datasets = {name: compat.get_dataset(self.catalog, name) for name in node.outputs}
        return {
            name: dataset
            for name, dataset in datasets.items()
            if compat.is_in_memory(dataset) and dataset.exists()
        }

    def _release(self, node: Node) -> None:
        """Release what nobody will load again, by the rule of Kedro's own runners."""
        with self._lock:
            self.done_nodes.add(node)
            self._loads_left.subtract(node.inputs)
            read = [name for name in node.inputs if name not in self._inputs]
            written = [name for name in node.outputs if name not in self._outputs]
            unused = [name for name in read + written if self._loads_left[name] < 1]
        for name in unused:
            self.catalog.release(name)

    def mark_outputs_remote(self, flow_run_id: Optional[str]) -> None:
        """Put a placeholder for each output that Kedro would return: its value is not here."""
        for name in self._outputs:
            if compat.is_in_memory(compat.get_dataset(self.catalog, name)):
                placeholder = compat.MemoryDataset(RemoteOutput(flow_run_id))
                compat.add_dataset(self.catalog, name, placeholder)

    def fail(self, node_name: str, error: BaseException) -> None:
        """Record a failure; the first one is the run's."""
        with self._lock:
            if self.error is None:
                self.error, self.failed_node = error, node_name
