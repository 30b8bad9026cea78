"""Which nodes run as one unit."""

from __future__ import annotations

import random
import re
import sys
from itertools import combinations
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import hypothesis.strategies as st
import pytest
from graphlib import CycleError, TopologicalSorter
from hypothesis import given, settings
from kedro.pipeline import Pipeline, node

from project.errors import SettingsError
from project.flow.groups.units import RefusedJoin, Units, units_of
from tests.kits.hash_seeds import outputs_under_hash_seeds

# Kedro warns of namespaces that cannot run as one unit, which is what some tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:Namespace '.*' is interrupted:UserWarning")

BY_TEAM = "tests.unit.test_groups:by_team"
GROUPINGS = ["none", "memory", "chain", "namespace", "tag:team_", "pipeline", BY_TEAM]


def pass_on(*values: Any) -> Any:
    return values


def make(name: str, *inputs: str, **options: Any) -> Any:
    """Return a node that writes a dataset in memory, and one that is not: ``<name>_file``."""
    return node(pass_on, list(inputs) or None, [name, f"{name}_file"], name=f"n_{name}", **options)


def is_in_memory(dataset: str) -> bool:
    return not dataset.endswith("_file")


def divide(
    nodes: Iterable[Any], grouping: str, pipelines: Optional[Mapping[str, Pipeline]] = None
) -> Units:
    return units_of(Pipeline(list(nodes)), grouping, is_in_memory, pipelines or {})


def groups(units: Units) -> Dict[str, str]:
    return {group.name: " ".join(group.nodes) for group in units.groups}


def by_team(pipeline: Pipeline) -> Dict[str, Optional[str]]:
    return {
        one.name: next((tag for tag in sorted(one.tags) if tag.startswith("team_")), None)
        for one in pipeline.nodes
    }


def test_without_grouping_each_node_is_a_unit() -> None:
    units = divide([make("a"), make("b", "a")], "none")

    assert groups(units) == {"n_a": "n_a", "n_b": "n_b"}
    assert (units.reasons(), units.refused_joins()) == ({}, [])


def test_values_in_memory_keep_nodes_together_but_files_do_not() -> None:
    units = divide(
        [make("a"), make("b", "a"), make("c", "b_file"), make("d"), make("e", "c", "d")], "memory"
    )

    assert groups(units) == {"n_a": "n_a n_b", "n_d": "n_d n_c n_e"}
    assert units.reasons() == {"n_a": "in memory: a", "n_d": "in memory: c, d"}


def test_a_value_leaves_its_group_where_a_node_outside_is_on_the_way() -> None:
    units = divide(
        [make("a"), make("b", "a"), make("c", "b_file"), make("d", "a", "c_file")], "memory"
    )

    assert groups(units) == {"n_a": "n_a n_b", "n_c": "n_c", "n_d": "n_d"}
    assert units.refused_joins() == [RefusedJoin("in memory: a", ("n_a", "n_c", "n_d"))]


def test_nodes_that_only_together_have_no_cycle_are_together() -> None:
    """Each of the three links alone would make a cycle with a node on the way."""
    nodes = [
        make("a"),
        make("b", "a_file"),
        make("c", "a", "b_file"),
        make("d", "a", "b", "c_file"),
    ]

    assert groups(divide(nodes, "memory")) == {"n_a": "n_a n_b n_c n_d"}


def test_a_chain_ends_where_the_pipeline_forks_or_joins() -> None:
    nodes = [
        *(make("a"), make("b", "a_file"), make("c", "b"), make("d", "b"), make("e", "d")),
        make("f", "c", "e"),
    ]
    units = divide(nodes, "chain")

    assert groups(units) == {"n_a": "n_a n_b", "n_c": "n_c", "n_d": "n_d n_e", "n_f": "n_f"}
    assert units.reasons() == {"n_a": "chain from 'n_a'", "n_d": "chain from 'n_d'"}


def test_namespaces_are_grouped_by_their_top_level_as_kedro_does() -> None:
    nodes = [
        node(pass_on, None, "a", name="a", namespace="etl.load"),
        node(pass_on, "a", "b", name="b", namespace="etl.clean"),
        node(pass_on, "b", "c", name="c"),
    ]
    units = divide(nodes, "namespace")

    assert groups(units) == {"etl": "etl.load.a etl.clean.b", "c": "c"}
    assert units.reasons() == {"etl": "namespace 'etl'"}


def test_a_namespace_is_split_where_others_need_it_and_feed_it() -> None:
    nodes = [
        node(pass_on, None, "a", name="a", namespace="etl"),
        node(pass_on, None, "b", name="b", namespace="etl"),
        node(pass_on, "a", "c", name="c"),
        node(pass_on, "c", "d", name="d"),
        node(pass_on, "d", "e", name="e", namespace="etl"),
        node(pass_on, "e", "f", name="f", namespace="etl"),
    ]
    units = divide(nodes, "namespace")

    assert groups(units) == {"etl": "etl.a etl.b", "c": "c", "d": "d", "etl-2": "etl.e etl.f"}
    assert units.refused_joins() == [RefusedJoin("namespace 'etl'", ("etl", "c", "d", "etl-2"))]


def test_no_two_groups_have_the_same_name() -> None:
    nodes = [
        *(make("a", tags=["n_b"]), make("b", "a"), make("c", "b", tags=["n_b"])),
        *(make("d", "a", tags=["n_b"]), make("e", "c", tags=["n_b"])),
    ]

    assert groups(divide(nodes, "tag:n_")) == {"n_b-2": "n_a n_d", "n_b": "n_b", "n_b-3": "n_c n_e"}


def test_tags_that_begin_with_the_prefix_make_groups() -> None:
    nodes = [
        *(make("a", tags=["team_x", "slow"]), make("b", "a", tags=["team_x"])),
        *(make("c", "b", tags=["team_y", "slow"]), make("d", tags=["slow"])),
    ]
    units = divide(nodes, "tag:team_")

    assert groups(units) == {"team_x": "n_a n_b", "n_d": "n_d", "n_c": "n_c"}
    assert units.reasons() == {"team_x": "tag 'team_x'"}


def test_a_node_with_two_of_the_tags_is_an_error() -> None:
    with pytest.raises(SettingsError) as caught:
        divide([make("a", tags=["team_x", "team_y"])], "tag:team_")

    assert caught.value.message == (
        "prefect.yml: grouping: node 'n_a' has several tags that begin with 'team_' (team_x, "
        "team_y), but can be in one group only. Remove all but one of them."
    )


def test_the_whole_pipeline_is_one_unit_if_no_part_of_it_is_registered() -> None:
    nodes = [make("a"), make("b", "a"), make("c")]

    assert groups(divide(nodes, "pipeline")) == {"pipeline": "n_a n_c n_b"}
    registered = {"__default__": Pipeline(nodes), "other": Pipeline([make("x")])}
    assert groups(divide(nodes, "pipeline", registered)) == {"__default__": "n_a n_c n_b"}


def test_each_node_is_with_the_largest_registered_part_that_has_it() -> None:
    a, b, c, d, e = make("a"), make("b", "a"), make("c", "b"), make("d", "c"), make("e", "d")
    registered = {
        "__default__": Pipeline([a, b, c, d, e]),
        "debug": Pipeline([b]),
        "prepare": Pipeline([a, b]),
        "train": Pipeline([c, d]),
    }

    assert groups(divide([a, b, c, d, e], "pipeline", registered)) == {
        "prepare": "n_a n_b",
        "train": "n_c n_d",
        "n_e": "n_e",
    }


def test_a_function_of_the_project_names_the_groups() -> None:
    units = divide(
        [make("a", tags=["team_x"]), make("b", "a", tags=["team_x"]), make("c")], BY_TEAM
    )

    assert groups(units) == {"team_x": "n_a n_b", "n_c": "n_c"}
    assert units.reasons() == {"team_x": "group 'team_x'"}


def losing(pipeline: Pipeline) -> Any:
    return {"n_a": "x"}


def inventing(pipeline: Pipeline) -> Any:
    return {"n_a": "x", "n_b": "x", "n_c": "x", "n_d": "x"}


def numbering(pipeline: Pipeline) -> Any:
    return {"n_a": 1, "n_b": None}


def listing(pipeline: Pipeline) -> Any:
    return [["n_a", "n_b"]]


def raising(pipeline: Pipeline) -> Any:
    raise KeyError("n_z")


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("losing", "gave no group to 'n_b'."),
        ("inventing", "named nodes that the pipeline does not have: 'n_c' (1 more)."),
        ("numbering", "gave groups names that are not strings: 1."),
        ("listing", "returned list, but must return a mapping of node names to group names."),
        ("raising", "raised KeyError: 'n_z'"),
        ("BY_TEAM", "is not a function."),
    ],
)
def test_a_function_that_gives_no_usable_groups_is_an_error(function: str, problem: str) -> None:
    name = f"tests.unit.test_groups:{function}"
    with pytest.raises(SettingsError) as caught:
        divide([make("a"), make("b", "a")], name)

    assert caught.value.message == f"prefect.yml: grouping: '{name}' {problem}"


def test_a_function_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(SettingsError) as caught:
        divide([make("a")], "tests.unit.nonesuch:groups")

    assert caught.value.message == (
        "prefect.yml: grouping: 'tests.unit.nonesuch:groups' cannot be loaded: "
        "No module named 'tests.unit.nonesuch'"
    )


class Case(NamedTuple):
    """A random pipeline, and what its project has registered."""

    nodes: Tuple[Any, ...]
    pipelines: Mapping[str, Pipeline]

    def divide(self, grouping: str) -> Units:
        return divide(self.nodes, grouping, self.pipelines)

    @property
    def pipeline(self) -> Pipeline:
        return Pipeline(self.nodes)

    def parents(self) -> Dict[str, List[str]]:
        found = self.pipeline.node_dependencies
        return {one.name: [parent.name for parent in found[one]] for one in found}

    def keys(self, grouping: str) -> Dict[str, Optional[str]]:
        """Return for each node what it has in common with those that it belongs to."""
        if grouping == "namespace":
            return {one.name: one.namespace for one in self.nodes}
        if grouping == "pipeline":
            parts = sorted(self.pipelines.items(), key=lambda part: (-len(part[1].nodes), part[0]))
            proper = [(name, part) for name, part in parts if len(part.nodes) < len(self.nodes)]
            return {
                one.name: next((name for name, part in proper if one in part.nodes), "whole")
                for one in self.nodes
            }
        return by_team(self.pipeline)

    def links(self) -> List[Tuple[str, str]]:
        """Return the pairs of nodes that share a dataset in memory."""
        producers = {name: one.name for one in self.nodes for name in one.outputs}
        return [
            (producers[name], one.name)
            for one in self.pipeline.nodes
            for name in one.inputs
            if name in producers and is_in_memory(name)
        ]

    def linear_links(self) -> List[Tuple[str, str]]:
        """Return the pairs of nodes of which one has no other child, and one no other parent."""
        parents = self.parents()
        pairs = [(parent, one) for one, found in parents.items() for parent in found]
        feeding = [parent for parent, _ in pairs]
        return [
            (parent, one)
            for parent, one in pairs
            if len(parents[one]) == 1 and feeding.count(parent) == 1
        ]


@st.composite
def cases(draw: Any) -> Case:
    nodes: List[Any] = []
    for number in range(draw(st.integers(1, 9))):
        readable = [f"d{one}{kind}" for one in range(number) for kind in ("", "_file")]
        inputs = draw(st.lists(st.sampled_from(readable), max_size=3)) if readable else []
        nodes.append(
            make(
                f"d{number}",
                *inputs,
                namespace=draw(st.sampled_from([None, "x", "y"])),
                tags=draw(st.sampled_from([[], ["team_a"], ["team_b"], ["other"]])),
            )
        )
    # Kedro prefixes names with the namespace, of nodes alone when they are made so.
    parts = draw(st.lists(st.sets(st.sampled_from(nodes)), max_size=3))
    return Case(tuple(nodes), {f"p{one}": Pipeline(part) for one, part in enumerate(parts)})


def group_parents(case: Case, group_of: Mapping[str, str]) -> Dict[str, List[str]]:
    """Return the groups that each group needs."""
    found: Dict[str, List[str]] = {name: [] for name in group_of.values()}
    for one, parents in case.parents().items():
        found[group_of[one]] += [group_of[parent] for parent in parents]
    return {name: [one for one in needed if one != name] for name, needed in found.items()}


def is_acyclic(parents: Mapping[str, Sequence[str]]) -> bool:
    try:
        TopologicalSorter(parents).prepare()
    except CycleError:
        return False
    return True


def members(units: Units) -> Dict[str, str]:
    return {one: group.name for group in units.groups for one in group.nodes}


@settings(deadline=None)  # the machine may be busy
@given(cases(), st.sampled_from(GROUPINGS))
def test_every_node_is_in_one_group_and_groups_can_run_in_their_order(
    case: Case, grouping: str
) -> None:
    units = case.divide(grouping)
    order = [one.name for one in case.pipeline.nodes]
    nodes = [one for group in units.groups for one in group.nodes]

    assert sorted(nodes) == sorted(order)
    assert len({group.name for group in units.groups}) == len(units.groups)
    assert all(list(group.nodes) == sorted(group.nodes, key=order.index) for group in units.groups)
    done: List[str] = []
    for group in units.groups:
        for one in group.nodes:
            assert set(case.parents()[one]) <= set(done)
            done.append(one)


@settings(deadline=None)  # the machine may be busy
@given(cases(), st.sampled_from(GROUPINGS))
def test_no_node_outside_is_between_two_nodes_of_a_group(case: Case, grouping: str) -> None:
    group_of = members(case.divide(grouping))
    parents = case.parents()
    upstream: Dict[str, set[str]] = {}
    for one in case.pipeline.nodes:
        found = parents[one.name]
        upstream[one.name] = {*found, *(above for parent in found for above in upstream[parent])}

    for one, above in upstream.items():
        for between in above:
            ends = {group_of[end] for end in upstream[between]} & {group_of[one]}
            assert not ends or group_of[between] in ends


@settings(deadline=None)  # the machine may be busy
@given(cases(), st.sampled_from(["namespace", "tag:team_", "pipeline", BY_TEAM]))
def test_only_nodes_with_the_same_key_are_together_and_all_where_that_is_no_cycle(
    case: Case, grouping: str
) -> None:
    units = case.divide(grouping)
    keys = case.keys(grouping)
    wanted = {one: key or f"alone {one}" for one, key in keys.items()}

    for group in units.groups:
        assert len({wanted[one] for one in group.nodes}) == 1
    if is_acyclic(group_parents(case, wanted)):
        assert len(units.groups) == len(set(wanted.values()))
        assert units.refused_joins() == []


@settings(deadline=None)  # the machine may be busy
@given(cases(), st.sampled_from(["namespace", "tag:team_", "pipeline", BY_TEAM]))
def test_two_groups_with_the_same_key_would_be_a_cycle(case: Case, grouping: str) -> None:
    units = case.divide(grouping)
    keys = case.keys(grouping)
    for one, other in combinations(units.groups, 2):
        if keys[one.nodes[0]] is not None and keys[one.nodes[0]] == keys[other.nodes[0]]:
            joined = {**members(units), **dict.fromkeys(other.nodes, one.name)}

            assert not is_acyclic(group_parents(case, joined))


@settings(deadline=None)  # the machine may be busy
@given(cases())
def test_values_in_memory_connect_the_nodes_of_a_group_and_leave_it_only_where_they_must(
    case: Case,
) -> None:
    units = case.divide("memory")
    group_of = members(units)
    for group in units.groups:
        reached = {group.nodes[0]}
        for _ in group.nodes:
            for link in case.links():
                if group_of[link[0]] == group_of[link[1]] and reached & {*link}:
                    reached.update(link)

        assert reached == {*group.nodes}
    for producer, consumer in case.links():
        if group_of[producer] != group_of[consumer]:
            joined = {
                one: group_of[producer] if name == group_of[consumer] else name
                for one, name in group_of.items()
            }

            assert not is_acyclic(group_parents(case, joined))


@settings(deadline=None)  # the machine may be busy
@given(cases())
def test_no_linear_link_is_cut(case: Case) -> None:
    chains, memory = members(case.divide("chain")), members(case.divide("memory"))

    assert [link for link in case.linear_links() if chains[link[0]] != chains[link[1]]] == []
    in_memory = set(case.links())
    assert [
        link
        for link in case.linear_links()
        if link in in_memory and memory[link[0]] != memory[link[1]]
    ] == []


@settings(deadline=None)  # the machine may be busy
@given(cases())
def test_only_linear_links_make_chains(case: Case) -> None:
    linear = case.linear_links()
    for group in case.divide("chain").groups:
        assert set(zip(group.nodes, group.nodes[1:])) <= set(linear)


@settings(deadline=None)  # the machine may be busy
@given(cases(), st.sampled_from(GROUPINGS))
def test_a_refused_join_names_a_path_that_is_there(case: Case, grouping: str) -> None:
    units = case.divide(grouping)
    parents = group_parents(case, members(units))
    for refused in units.refused_joins():
        assert len(refused.path) > 2
        for one, other in zip(refused.path, refused.path[1:]):
            assert one in parents[other]


@settings(deadline=None)  # the machine may be busy
@given(cases(), st.sampled_from(GROUPINGS))
def test_every_group_of_several_nodes_has_a_reason(case: Case, grouping: str) -> None:
    units = case.divide(grouping)

    assert set(units.reasons()) == {group.name for group in units.groups if len(group.nodes) > 1}


def large_pipeline(nodes: int, seed: int = 1) -> Pipeline:
    """Return a pipeline of which nodes read files and values in memory of earlier ones."""
    rng = random.Random(seed)  # noqa: S311 - not for cryptography
    made = []
    for number in range(nodes):
        near = range(max(0, number - 300), number)
        readable = [f"d{rng.choice(near)}{rng.choice(['', '', '_file'])}" for _ in near[:4]]
        made.append(
            make(
                f"d{number}",
                *dict.fromkeys(readable[: rng.choice([0, 1, 1, 2, 2, 3])]),
                tags=[f"team_{rng.choice([number // 500, rng.randrange(1_000)])}"],
            )
        )
    return Pipeline(made)


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_grouping_takes_steps_in_proportion_to_the_nodes(grouping: str) -> None:
    def count_calls(nodes: int) -> int:
        pipeline = large_pipeline(nodes)
        parts = {"part": Pipeline(pipeline.nodes[: nodes // 3])}
        calls = 0

        def profile(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += 1

        sys.setprofile(profile)
        try:
            units = units_of(pipeline, grouping, is_in_memory, parts)
        finally:
            sys.setprofile(None)
        assert sum(len(group.nodes) for group in units.groups) == nodes
        return calls

    # In proportion to the square of the nodes, there would be a hundred times as many.
    assert count_calls(5_000) < 15 * count_calls(500)


def test_groups_are_the_same_whatever_the_hash_seed() -> None:
    script = (
        "from tests.unit.test_groups import *\n"
        "pipeline = large_pipeline(300)\n"
        "parts = {'one': Pipeline(pipeline.nodes[:100]), 'two': Pipeline(pipeline.nodes[50:150])}\n"
        "for grouping in GROUPINGS:\n"
        "    units = units_of(pipeline, grouping, is_in_memory, parts)\n"
        "    print('units', units.groups, units.reasons(), units.refused_joins())\n"
    )
    outputs = outputs_under_hash_seeds(script)
    # Kedro prints a log line with the time.
    first, second = (re.findall("^units .*$", text, re.MULTILINE) for text in outputs)

    assert first == second
    assert len(first) == len(GROUPINGS)
    assert any("team_1" in line for line in first)
