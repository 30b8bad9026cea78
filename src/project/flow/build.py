"""Build the flow of a pipeline."""

from __future__ import annotations

from typing import Iterable

from kedro.pipeline import Pipeline
from prefect import Parameter

from project.compat.collector import collector_paused
from project.flow.graph import KedroFlow
from project.flow.pipeline_ref import PipelineRef
from project.flow.tasks import InitTask, NodeRuns, NodeTask


def build_flow(
    pipeline: Pipeline,
    name: str,
    ref: PipelineRef,
    runs: NodeRuns,
    *,
    parameters: Iterable[str] = (),
) -> KedroFlow:
    """Return the flow of a pipeline: an init task, then one task per node.

    ``parameters`` are the names of the flow's parameters, each with the default ``None``. The
    flow depends only on these arguments, not on a catalog, a session or earlier runs. ``runs`` is
    where its tasks look up the Kedro run; it is not registered.
    """
    with collector_paused():
        flow = KedroFlow(name, ref, runs)
        init = flow.add_task(InitTask(ref.package_name, runs))
        for parameter in parameters:
            flow.add_edge(Parameter(parameter, default=None), init, key=parameter, validate=False)
        tasks = {node: flow.add_task(NodeTask(node, runs)) for node in pipeline.nodes}
        rank = {node: position for position, node in enumerate(tasks)}
        dependencies = pipeline.node_dependencies
        # Kedro has validated the pipeline; Prefect would sort the whole graph for each edge.
        for node, task in tasks.items():
            parents = sorted(dependencies[node], key=rank.__getitem__)
            for number, parent in enumerate(parents):
                flow.add_edge(tasks[parent], task, key=f"upstream_{number}", validate=False)
            if not parents:
                flow.add_edge(init, task, validate=False)
        return flow
