"""The units of a run: groups of nodes, and why they are as they are."""

from __future__ import annotations

from collections import defaultdict
from typing import Callable, DefaultDict, Dict, List, Mapping, NamedTuple, Tuple

from graphlib import TopologicalSorter
from kedro.pipeline import Pipeline

from project.config.origin import UNKNOWN_ORIGIN, Origin
from project.flow.groups.joining import join_nodes
from project.flow.groups.quotient import Quotient
from project.flow.groups.wishes import Wish, find_wish, parents_of_nodes

Members = Dict[int, List[int]]  # the nodes of each group


class Group(NamedTuple):
    """Nodes that run as one unit, by their names, in the order in which they run."""

    name: str
    nodes: Tuple[str, ...]


class RefusedJoin(NamedTuple):
    """Two groups that belong together but stay apart: other groups need one and feed the other.

    ``path`` are the names of all these groups, from the first to the last; each needs a value of
    the one before it.
    """

    reason: str
    path: Tuple[str, ...]


class Units:
    """The nodes of a pipeline, divided into groups that run as one unit each.

    Every node is in exactly one of the ``groups``, which come in an order in which they can run.
    """

    def __init__(self, pipeline: Pipeline, wish: Wish):
        nodes = [node.name for node in pipeline.nodes]
        self._wish = wish
        self._quotient = join_nodes(parents_of_nodes(pipeline), wish)
        self._members = _members_in_order(self._quotient, len(nodes))
        self._names = _unique_names(self._members, nodes, wish)
        self.groups: Tuple[Group, ...] = tuple(
            Group(self._names[group], tuple(nodes[member] for member in members))
            for group, members in self._members.items()
        )

    def reasons(self) -> Dict[str, str]:
        """Return why the nodes of each group of several are together, by the group's name."""
        datasets: DefaultDict[int, List[str]] = defaultdict(list)
        for (producer, consumer), names in self._linked_groups().items():
            if producer == consumer:
                datasets[producer] += names
        return {
            self._names[group]: _in_memory(datasets[group])
            if group in datasets
            else self._key_reason(members[0])
            for group, members in self._members.items()
            if len(members) > 1
        }

    def refused_joins(self) -> List[RefusedJoin]:
        """Return the joins that would have made a group wait for itself."""
        refused = {
            pair: _in_memory(names)
            for pair, names in self._linked_groups().items()
            if pair[0] != pair[1]
        }
        parts: DefaultDict[str, Dict[int, None]] = defaultdict(dict)
        for node, key in enumerate(self._wish.keys):
            if key is not None:
                parts[key].setdefault(self._quotient.group_of(node))
        for groups in map(list, parts.values()):
            for pair in zip(groups, groups[1:]):
                refused[pair] = self._key_reason(self._members[pair[0]][0])
        return [
            RefusedJoin(reason, tuple(self._names[group] for group in self._quotient.detour(*pair)))
            for pair, reason in refused.items()
        ]

    def _key_reason(self, node: int) -> str:
        return f"{self._wish.kind} '{self._wish.keys[node]}'"

    def _linked_groups(self) -> Dict[Tuple[int, int], List[str]]:
        """Return the datasets in memory by the groups that produce and read them."""
        datasets: DefaultDict[Tuple[int, int], Dict[str, None]] = defaultdict(dict)
        group_of = self._quotient.group_of
        for link in self._wish.links:
            datasets[group_of(link.producer), group_of(link.consumer)].setdefault(link.dataset)
        return {pair: list(names) for pair, names in datasets.items()}


def units_of(
    pipeline: Pipeline,
    grouping: str,
    is_in_memory: Callable[[str], bool],
    pipelines: Mapping[str, Pipeline],
    origin: Origin = UNKNOWN_ORIGIN,
) -> Units:
    """Divide a pipeline into units, as the key ``grouping`` of ``prefect.yml`` says.

    ``is_in_memory`` knows which datasets a run keeps in memory, and is called only for
    ``grouping: memory``. ``pipelines`` are those that the project has registered, and ``origin`` is
    where ``grouping`` comes from.

    Raises:
        SettingsError: a function of the project is not usable, or a node has two of the tags.
    """
    return Units(pipeline, find_wish(pipeline, grouping, is_in_memory, pipelines, origin))


def _members_in_order(quotient: Quotient, nodes: int) -> Members:
    members: DefaultDict[int, List[int]] = defaultdict(list)
    for node in range(nodes):
        members[quotient.group_of(node)].append(node)
    sorter = TopologicalSorter({group: quotient.parents_of(group) for group in members})
    sorter.prepare()
    ordered: Members = {}
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=lambda group: members[group][0])
        ordered.update((group, members[group]) for group in ready)
        sorter.done(*ready)
    return ordered


def _unique_names(members: Members, nodes: List[str], wish: Wish) -> Dict[int, str]:
    """Name each group after its key, or its first node; a node alone keeps its name."""
    taken = set(nodes)
    parts: DefaultDict[str, int] = defaultdict(int)
    names: Dict[int, str] = {}
    for group, numbers in members.items():
        own = [nodes[one] for one in numbers]
        name = key = (wish.keys[numbers[0]] if own[1:] else None) or own[0]
        while name in taken and name not in own:
            parts[key] += 1
            name = f"{key}-{parts[key] + 1}"
        taken.add(name)
        names[group] = name
    return names


def _in_memory(datasets: List[str]) -> str:
    return f"in memory: {', '.join(datasets)}"
