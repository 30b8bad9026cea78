"""Plain Prefect 1.1.0 as in Kedro's documentation: one task per node, and ``flow.run()``."""

from __future__ import annotations

from typing import Any

import prefect
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.runner import Task as KedroTask


class PlainTask(prefect.Task):
    """Task that runs one node with the catalog that all tasks share."""

    def __init__(self, node: Any, catalog: Any, hook_manager: Any):
        self._kedro_task = KedroTask(
            node=node, catalog=catalog, is_async=False, hook_manager=hook_manager, run_id="run"
        )
        super().__init__(name=node.name, tags=node.tags)

    def run(self) -> None:
        """Run the node."""
        self._kedro_task.execute()


def build_plain_flow(pipeline: Pipeline, catalog: DataCatalog) -> prefect.Flow:
    """Return a flow with one task per node."""
    for name in pipeline.datasets():
        catalog.get(name, fallback_to_runtime_pattern=True)
    hook_manager = _create_hook_manager()
    flow = prefect.Flow("plain")
    tasks = {node: PlainTask(node, catalog, hook_manager) for node in pipeline.nodes}
    for node, parents in pipeline.node_dependencies.items():
        flow.set_dependencies(tasks[node], upstream_tasks=[tasks[parent] for parent in parents])
    return flow
