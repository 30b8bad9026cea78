"""Which nodes share a task."""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Tuple

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node


class Group(NamedTuple):
    """The nodes that one task runs, in the order in which it runs them."""

    name: str
    nodes: Tuple[Node, ...]


def group_nodes(pipeline: Pipeline, grouping: str) -> List[Group]:
    """Divide a pipeline's nodes into groups, in Kedro's order of nodes.

    ``grouping`` has the values of the key ``grouping`` in ``prefect.yml``.
    """
    return _GROUPINGS[grouping](pipeline)


def _one_per_node(pipeline: Pipeline) -> List[Group]:
    return [Group(node.name, (node,)) for node in pipeline.nodes]


_GROUPINGS: Dict[str, Callable[[Pipeline], List[Group]]] = {"none": _one_per_node}
