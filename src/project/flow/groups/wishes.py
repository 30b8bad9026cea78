"""Which nodes belong together, by the key ``grouping`` of ``prefect.yml``."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from project.config.origin import UNKNOWN_ORIGIN, Origin
from project.errors import SettingsError

Keys = Sequence[Optional[str]]


class Link(NamedTuple):
    """A dataset that should not leave its group, and the numbers of two nodes that share it."""

    producer: int
    consumer: int
    dataset: str


class Wish(NamedTuple):
    """Which nodes belong together: those with the same key, and the two ends of each link.

    Nodes have the numbers of ``pipeline.nodes``. ``kind`` says what the keys are.
    """

    kind: str
    keys: Keys
    links: Sequence[Link] = ()


class GroupingError(Exception):
    """The nodes of a pipeline cannot be grouped as ``prefect.yml`` says."""


def find_wish(
    pipeline: Pipeline,
    grouping: str,
    is_in_memory: Callable[[str], bool],
    pipelines: Mapping[str, Pipeline],
    origin: Origin = UNKNOWN_ORIGIN,
) -> Wish:
    """Return which nodes of a pipeline belong together.

    ``origin`` is where ``grouping`` comes from.

    Raises:
        SettingsError: a function of the project is not usable, or a node has two of the tags.
    """
    try:
        return _find_wish(pipeline, grouping, is_in_memory, pipelines)
    except GroupingError as error:
        raise SettingsError(f"{origin.name(['grouping'])}: grouping: {error}") from error


def _find_wish(
    pipeline: Pipeline,
    grouping: str,
    is_in_memory: Callable[[str], bool],
    pipelines: Mapping[str, Pipeline],
) -> Wish:
    nodes: List[Node] = pipeline.nodes
    wishes: Dict[str, Callable[[], Wish]] = {
        "none": lambda: Wish("", [None] * len(nodes)),
        "memory": lambda: Wish("", [None] * len(nodes), _links_in_memory(nodes, is_in_memory)),
        "chain": lambda: Wish("chain from", _chains(pipeline)),
        "namespace": lambda: Wish("namespace", [_top_level_namespace(node) for node in nodes]),
        "pipeline": lambda: Wish("pipeline", _registered_names(nodes, pipelines)),
    }
    if grouping in wishes:
        return wishes[grouping]()
    if grouping.startswith("tag:"):
        prefix = grouping[len("tag:") :]
        return Wish("tag", [_tag_with(prefix, node) for node in nodes])
    return Wish("group", _keys_of_function(grouping, pipeline))


def parents_of_nodes(pipeline: Pipeline) -> List[List[int]]:
    """Return the numbers of each node's parents, in the order of ``pipeline.nodes``."""
    number = {node: position for position, node in enumerate(pipeline.nodes)}
    dependencies = pipeline.node_dependencies
    return [sorted(number[parent] for parent in dependencies[node]) for node in pipeline.nodes]


def _links_in_memory(nodes: Sequence[Node], is_in_memory: Callable[[str], bool]) -> List[Link]:
    producers = {name: number for number, node in enumerate(nodes) for name in node.outputs}
    memory = {name for name in producers if is_in_memory(name)}
    return [
        Link(producers[name], number, name)
        for number, node in enumerate(nodes)
        for name in dict.fromkeys(node.inputs)
        if name in memory
    ]


def _chains(pipeline: Pipeline) -> Keys:
    """Return for each node the first one of its chain: nodes that feed the next one alone."""
    parents = parents_of_nodes(pipeline)
    children = [0] * len(parents)
    for numbers in parents:
        for parent in numbers:
            children[parent] += 1
    keys: List[str] = []
    for node, numbers in zip(pipeline.nodes, parents):
        continues = len(numbers) == 1 and children[numbers[0]] == 1
        keys.append(keys[numbers[0]] if continues else node.name)
    return keys


def _top_level_namespace(node: Node) -> Optional[str]:
    # Kedro groups nodes by it, too (Pipeline.group_nodes_by).
    return node.namespace.split(".")[0] if node.namespace else None


def _tag_with(prefix: str, node: Node) -> Optional[str]:
    tags = sorted(tag for tag in node.tags if tag.startswith(prefix))
    if len(tags) > 1:
        raise GroupingError(
            f"node '{node.name}' has several tags that begin with '{prefix}' ({', '.join(tags)}), "
            "but can be in one group only. Remove all but one of them."
        )
    return tags[0] if tags else None


def _registered_names(nodes: Sequence[Node], pipelines: Mapping[str, Pipeline]) -> Keys:
    """Return for each node the largest registered pipeline that has it and not all the others."""
    own = set(nodes)
    shared = {name: own.intersection(pipelines[name].nodes) for name in sorted(pipelines)}
    keys: Dict[Node, str] = {}
    for name in sorted(shared, key=lambda name: (shared[name] == own, -len(shared[name]))):
        for node in shared[name]:
            keys.setdefault(node, name)
    return [keys.get(node, "pipeline") for node in nodes]


def _keys_of_function(name: str, pipeline: Pipeline) -> Keys:
    function = _load_function(name)
    try:
        found = function(pipeline)
    except Exception as error:
        raise GroupingError(f"'{name}' raised {type(error).__name__}: {error}") from error
    if not isinstance(found, Mapping):
        raise GroupingError(
            f"'{name}' returned {type(found).__name__}, but must return a mapping of node names to "
            "group names."
        )
    nodes = [node.name for node in pipeline.nodes]
    wrong = [repr(key) for key in found.values() if not (key is None or _is_name(key))]
    for problem, names in {
        "gave no group to": [repr(node) for node in nodes if node not in found],
        "named nodes that the pipeline does not have:": sorted(map(repr, {*found} - {*nodes})),
        "gave groups names that are not strings:": wrong,
    }.items():
        if names:
            more = f" ({len(names) - 1} more)" if names[1:] else ""
            raise GroupingError(f"'{name}' {problem} {names[0]}{more}.")
    return [found[node] for node in nodes]


def _load_function(name: str) -> Callable[[Pipeline], Any]:
    module, _, attribute = name.partition(":")
    try:
        function = getattr(import_module(module), attribute)
    except Exception as error:  # importing a module runs it
        raise GroupingError(f"'{name}' cannot be loaded: {error}") from error
    if not callable(function):
        raise GroupingError(f"'{name}' is not a function.")
    return function  # type: ignore[no-any-return]


def _is_name(key: object) -> bool:
    return isinstance(key, str) and key != ""
