"""Build the flow of a pipeline."""

from __future__ import annotations

from typing import Dict, Iterable, List

from kedro.pipeline import Pipeline
from prefect import Parameter

from project.flow.graph import KedroFlow, collector_paused
from project.flow.groups import Group, group_nodes
from project.flow.pipeline_ref import PipelineRef
from project.flow.tasks import InitTask, NodeRuns, NodeTask


def build_flow(
    pipeline: Pipeline,
    name: str,
    ref: PipelineRef,
    runs: NodeRuns,
    *,
    grouping: str = "none",
    parameters: Iterable[str] = (),
) -> KedroFlow:
    """Return the flow of a pipeline: an init task, then one task per group of nodes.

    ``parameters`` are the names of the flow's parameters, each with the default ``None``. The
    flow depends only on these arguments, not on a catalog, a session or earlier runs. ``runs`` is
    where its tasks look up the Kedro run; it is not registered.
    """
    with collector_paused():
        flow = KedroFlow(name, ref, runs)
        init = flow.add_task(InitTask(ref.package_name, runs))
        for parameter in parameters:
            flow.add_edge(Parameter(parameter, default=None), init, key=parameter, validate=False)
        groups = group_nodes(pipeline, grouping)
        tasks = {group.name: flow.add_task(NodeTask(group, runs)) for group in groups}
        # Kedro has validated the pipeline; Prefect would sort the whole graph for each edge.
        for group, parents in _parents(pipeline, groups).items():
            for number, parent in enumerate(parents):
                flow.add_edge(tasks[parent], tasks[group], key=f"upstream_{number}", validate=False)
            if not parents:
                flow.add_edge(init, tasks[group], validate=False)
        return flow


def _parents(pipeline: Pipeline, groups: List[Group]) -> Dict[str, List[str]]:
    """Return the names of the groups that each group depends on, in the order of the groups."""
    group_of = {node: group.name for group in groups for node in group.nodes}
    rank = {group.name: position for position, group in enumerate(groups)}
    needed: Dict[str, set[str]] = {group.name: set() for group in groups}
    for node, parents in pipeline.node_dependencies.items():
        needed[group_of[node]].update(group_of[parent] for parent in parents)
    return {
        name: sorted(parents - {name}, key=rank.__getitem__) for name, parents in needed.items()
    }
