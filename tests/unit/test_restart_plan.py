"""Which task runs a restart sets back, by what the tasks read and write and what was kept."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest

from project.api.page_functions import restart_plan
from project.api.restart import FlowRunPlan, agent_labels, plan_flow_run

MEMORY = "MemoryDataset"
FILE = "pandas.ParquetDataset"
Row = Dict[str, Any]


def task(id_: str, inputs: Any = None, outputs: Any = None, kind: str = "NodeTask") -> Row:
    return {"id": id_, "type": f"project.flow.tasks.{kind}", "inputs": inputs, "outputs": outputs}


def edge(start: str, end: str, key: Optional[str] = "upstream_0") -> Row:
    return {"from": start, "to": end, "key": key}


def run(task_id: str, state: str, is_kept: bool = False, id_: Optional[str] = None) -> Row:
    result = {"type": "LocalResult", "location": "a/file" if is_kept else None}
    return {"id": id_ or task_id, "task_id": task_id, "state": state, "result": result}


def two_nodes(type_: Optional[str]) -> List[Row]:
    return [
        task("init", kind="InitTask"),
        task("split", {}, {"train": {"type": type_}}),
        task("fit", {"train": {"type": type_}}, {}),
    ]


EDGES = [edge("init", "split", None), edge("split", "fit")]


def after_a_failure(is_kept: bool = False) -> List[Row]:
    return [run("init", "Success"), run("split", "Success", is_kept), run("fit", "Failed")]


@pytest.mark.parametrize("type_", [MEMORY, "MemoryDataSet", "kedro.io.MemoryDataset", None])
def test_a_node_that_left_a_dataset_in_memory_runs_again(type_: Optional[str]) -> None:
    plan = plan_flow_run(two_nodes(type_), EDGES, after_a_failure())

    assert plan == FlowRunPlan(["fit"], ["split"], ["split", "fit"])


@pytest.mark.parametrize(
    ("type_", "is_kept"), [(FILE, False), ("SharedMemoryDataset2", False), (MEMORY, True)]
)
def test_a_node_whose_outputs_can_be_read_does_not_run_again(type_: str, is_kept: bool) -> None:
    plan = plan_flow_run(two_nodes(type_), EDGES, after_a_failure(is_kept))

    assert plan == FlowRunPlan(["fit"], [], ["fit"])


def test_what_depends_on_a_failure_runs_and_nothing_else() -> None:
    tasks = [task(name) for name in ("a", "b", "c", "aside")]
    edges = [edge("a", "b", None), edge("b", "c", None)]
    runs = [run("a", "Success"), run("b", "Failed"), run("c", "TriggerFailed")]

    plan = plan_flow_run(tasks, edges, [*runs, run("aside", "Success")])

    assert plan == FlowRunPlan(["b", "c"], [], ["b", "c"])


def test_a_value_is_needed_along_a_whole_chain() -> None:
    names = ["a", "b", "c", "d"]
    tasks = [task(name) for name in names]
    edges = [edge(start, end) for start, end in zip(names, names[1:])]
    runs = [run("a", "Success"), run("b", "Success", True), run("c", "Success"), run("d", "Failed")]

    plan = plan_flow_run(tasks, edges, runs)

    assert plan == FlowRunPlan(["d"], ["c"], ["c", "d"])


def test_nodes_that_were_not_selected_stay_so() -> None:
    tasks = [task(name, {}, {}) for name in "abc"]
    edges = [edge("a", "b"), edge("b", "c")]

    plan = plan_flow_run(
        tasks, edges, [run("a", "Failed"), run("b", "Skipped"), run("c", "Success")]
    )

    assert plan == FlowRunPlan(["a"], [], ["a"])


@pytest.mark.parametrize(
    ("is_kept", "set_back"),
    [(True, ["map[1]", "total"]), (False, ["map[0]", "map[1]", "total"])],
)
def test_children_of_a_mapped_task_run_again_unless_they_were_kept(
    is_kept: bool, set_back: List[str]
) -> None:
    tasks = [task("map", kind="Any"), task("total", kind="Any")]
    runs = [
        run("map", "Mapped"),
        run("map", "Success", is_kept, "map[0]"),
        run("map", "Failed", id_="map[1]"),
        run("total", "TriggerFailed"),
    ]

    plan = plan_flow_run(tasks, [edge("map", "total")], runs)

    assert plan.task_run_ids == set_back


def test_a_run_without_an_agent_gets_the_labels_of_its_flow() -> None:
    assert agent_labels(["kedro-run"], ["gpu"]) == ["gpu"]
    assert agent_labels(["big"], ["gpu"]) == ["big"]


def test_the_page_gets_one_message_for_rows_that_are_none() -> None:
    with pytest.raises(ValueError, match="These are not the rows of a flow run: KeyError"):
        restart_plan({})
