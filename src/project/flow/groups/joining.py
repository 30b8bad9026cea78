"""Joining nodes into groups as far as the groups stay free of cycles."""

from __future__ import annotations

from collections import defaultdict
from typing import DefaultDict, Dict, Hashable, List, Optional, Sequence, Tuple

from project.flow.groups.quotient import Quotient
from project.flow.groups.wishes import Link, Wish

Parents = Sequence[
    Sequence[int]
]  # the numbers of each node's parents, which are lower than its own


def join_nodes(parents: Parents, wish: Wish) -> Quotient:
    """Join the nodes that belong together, except where that would create a cycle.

    Where everything can be joined, everything is. Nodes that links connect are joined link by link
    if not all of them can be: that leaves fewer links between groups than to join what is left.
    """
    if not wish.links:
        return _join(parents, wish.keys, ())
    connected = _connected(len(parents), wish.links)
    quotient = _join(parents, connected, ())
    groups = defaultdict(set)
    for node, key in enumerate(connected):
        groups[key].add(quotient.group_of(node))
    if all(len(found) == 1 for found in groups.values()):
        return quotient
    keys = [key if len(groups[key]) == 1 else None for key in connected]
    return _join(parents, keys, wish.links)


def _join(parents: Parents, keys: Sequence[Optional[Hashable]], links: Sequence[Link]) -> Quotient:
    quotient = Quotient()
    newest: Dict[Hashable, int] = {}
    producers: DefaultDict[int, List[int]] = defaultdict(list)
    for link in links:
        producers[link.consumer].append(link.producer)
    apart: List[Tuple[int, int]] = []
    for node, needed in enumerate(parents):
        quotient.add(needed)
        key = keys[node]
        # The groups of a key are downstream of each other, so a node that cannot join the newest
        # of them can join none.
        if key is not None and not quotient.join(newest.setdefault(key, node), node):
            newest[key] = node
        apart += [(one, node) for one in producers[node] if not quotient.join(one, node)]
    tried = -1
    while tried != len(apart):  # a join can remove what kept others apart
        tried = len(apart)
        apart = [pair for pair in apart if not quotient.join(*pair)]
    return quotient


def _connected(nodes: int, links: Sequence[Link]) -> List[int]:
    """Return a key for each node, the same for all nodes that links connect."""
    quotient = Quotient()
    for _ in range(nodes):
        quotient.add(())
    for link in links:
        quotient.join(link.producer, link.consumer)
    return [quotient.group_of(node) for node in range(nodes)]
