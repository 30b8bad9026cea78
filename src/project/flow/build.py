"""Build the flow of a pipeline."""

from __future__ import annotations

from typing import Dict, Iterable, List

from kedro.pipeline import Pipeline
from prefect import Parameter, Task

from project.flow.flow import KedroFlow, collector_paused
from project.flow.groups import Group, group_nodes
from project.flow.source import Source
from project.flow.task import InitTask, NodeTask


def build_flow(
    pipeline: Pipeline,
    name: str,
    source: Source,
    grouping: str = "none",
    parameters: Iterable[str] = (),
) -> KedroFlow:
    """Return the flow of a pipeline: one task first that opens the run, then one a group.

    ``parameters`` are the flow's: what a run can be asked, each with a default of nothing.
    It depends on its arguments alone: not on a catalog, a session, or what ran before.
    """
    with collector_paused():
        flow = KedroFlow(name)
        init = flow.add_task(InitTask(source))
        for parameter in parameters:
            flow.add_edge(Parameter(parameter, default=None), init, key=parameter, validate=False)
        _add_groups(flow, init, pipeline, group_nodes(pipeline, grouping))
        return flow


def _add_groups(flow: KedroFlow, init: Task, pipeline: Pipeline, groups: List[Group]) -> None:
    tasks = {group.name: flow.add_task(NodeTask(group)) for group in groups}
    for group, parents in _parents(pipeline, groups).items():
        for number, parent in enumerate(parents):
            flow.add_edge(tasks[parent], tasks[group], key=f"upstream_{number}", validate=False)
        if not parents:
            flow.add_edge(init, tasks[group], validate=False)


def _parents(pipeline: Pipeline, groups: List[Group]) -> Dict[str, List[str]]:
    """Return the names of the groups that each group needs, in the order of the groups."""
    group_of = {node: group.name for group in groups for node in group.nodes}
    rank = {group.name: position for position, group in enumerate(groups)}
    needed: Dict[str, set[str]] = {group.name: set() for group in groups}
    for node, parents in pipeline.node_dependencies.items():
        needed[group_of[node]].update(group_of[parent] for parent in parents)
    return {
        name: sorted(parents - {name}, key=rank.__getitem__) for name, parents in needed.items()
    }
