"""The flow of a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kedro.pipeline import Pipeline, node
from prefect import Parameter

from project.execution.runs import KedroRuns
from project.flow.build import build_flow
from project.flow.graph import KedroFlow
from project.flow.pipeline_ref import PipelineRef
from project.flow.tasks import NodeTask
from tests.kits.hash_seeds import outputs_under_hash_seeds


def pass_on(*values: Any) -> Any:
    return values


DIAMOND = Pipeline(
    [
        node(pass_on, ["left", "right"], "end", name="join"),
        node(pass_on, "middle", "right", name="b_right", tags=["side"]),
        node(pass_on, "middle", "left", name="a_left", tags=["side"]),
        node(pass_on, "start", "middle", name="split"),
    ]
)

REF = PipelineRef(Path("/somewhere"), "package", "__default__")


def make_flow(pipeline: Pipeline = DIAMOND, ref: PipelineRef = REF, **options: Any) -> KedroFlow:
    return build_flow(pipeline, "flow", ref, KedroRuns(), **options)


def edges(flow: KedroFlow) -> set[tuple[str, str]]:
    return {
        (edge.upstream_task.name, edge.downstream_task.name)
        for edge in flow.edges
        if not isinstance(edge.upstream_task, Parameter)
    }


def test_a_flow_is_an_init_task_and_one_task_per_node() -> None:
    flow = make_flow()

    assert edges(flow) == {
        ("package_init", "split"),
        ("split", "a_left"),
        ("split", "b_right"),
        ("a_left", "join"),
        ("b_right", "join"),
    }


def test_tasks_come_in_kedros_order_of_nodes() -> None:
    flow = make_flow()

    names = [task.name for task in flow.sorted_tasks() if not isinstance(task, Parameter)]
    assert names == ["package_init", *(one.name for one in DIAMOND.nodes)]


def test_tasks_have_the_tags_of_their_nodes() -> None:
    flow = make_flow()

    assert {task.name for task in flow.get_tasks(tags=["side"])} == {"a_left", "b_right"}


def test_slugs_are_the_names_of_the_nodes_even_if_the_init_task_has_the_same_name() -> None:
    flow = make_flow(
        Pipeline([node(pass_on, None, "x", name="p_init")]), PipelineRef(Path(), "p", "p")
    )

    assert {slug for slug in flow.slugs.values() if "init" in slug} == {"p_init", "p_init-1"}


def test_no_task_gets_the_slug_of_a_parameter() -> None:
    named_so = Pipeline([node(pass_on, None, "x", name="tags"), node(pass_on, "x", "y", name="b")])
    flow = make_flow(named_so, parameters=["tags"])
    flow.validate()

    assert {slug: type(task) for task, slug in flow.slugs.items() if slug != "package_init"} == {
        "tags": Parameter,
        "tags-1": NodeTask,
        "b": NodeTask,
    }


def test_a_task_holds_only_names() -> None:
    (task,) = make_flow().get_tasks(name="join")

    assert isinstance(task, NodeTask)
    assert (task.reads, task.writes) == (("left", "right"), ("end",))
    assert not any(isinstance(value, Pipeline) for value in vars(task).values())


def test_a_copy_can_grow_without_changing_the_flow() -> None:
    flow = make_flow()
    grown = flow.copy()
    for one in (grown, flow):
        one.add_task(NodeTask(node(pass_on, "end", "late", name="later"), KedroRuns()))

    assert "later" in grown.slugs.values()
    assert "later-1" not in flow.slugs.values()


def test_a_cycle_is_refused() -> None:
    flow = make_flow()
    (split,) = flow.get_tasks(name="split")
    (join,) = flow.get_tasks(name="join")
    flow.add_edge(join, split, validate=False)

    with pytest.raises(ValueError, match="cycle"):
        flow.validate()


def test_serializing_gives_the_same_text_whatever_the_hash_seed() -> None:
    script = (
        "import json; from tests.unit.test_flow import *;"
        "print(json.dumps(make_flow().serialize(), sort_keys=True))"
    )
    texts = {output.splitlines()[-1] for output in outputs_under_hash_seeds(script)}

    assert len(texts) == 1
