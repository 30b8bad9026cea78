"""Which task runs a restart sets back, by what the tasks read and write and what was kept."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest
from playwright.sync_api import Browser

from project.server.process import EmbeddedServer
from project.server.settings import ServerSettings

Plan = Callable[..., Any]

PLAN = """async ([tasks, edges, runs]) => {
    const { restartPlan } = await import("/static/parts/restart.js");
    const byId = new Map(tasks.map((each) => [each.id, each]));
    const { failed, again, ids } = restartPlan(byId, edges, runs);
    return { failed: [...failed].sort(), again: [...again].sort(), ids: ids.sort() };
}"""
MEMORY, FILE = "MemoryDataset", "pandas.ParquetDataset"


def task(
    id_: str, reads: Any = None, writes: Any = None, type_: str = "NodeTask"
) -> dict[str, Any]:
    return {"id": id_, "type": f"project.flow.task.{type_}", "inputs": reads, "outputs": writes}


def edge(from_: str, to: str, key: str | None = "upstream_0") -> dict[str, Any]:
    return {"upstream_task_id": from_, "downstream_task_id": to, "key": key}


def run(task_id: str, state: str, kept: bool = False) -> dict[str, Any]:
    result = {"type": "LocalResult", "location": "a/file" if kept else None}
    serialized = {"type": state, "_result": result}
    return {
        "id": task_id, "task_id": task_id, "map_index": -1, "state": state,
        "serialized_state": serialized,
    }  # fmt: skip


@pytest.fixture(scope="module")
def plan(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    """Return a function that plans the restart of a run from its tasks, edges and task runs."""
    settings = ServerSettings(tmp_path_factory.mktemp("plan") / "api.db", port=0)
    with EmbeddedServer(settings) as server, browser.new_context() as context:
        page = context.new_page()
        page.goto(server.url)
        yield lambda *given: page.evaluate(PLAN, given)


def two_nodes(type_: str) -> list[Any]:
    return [
        task("init", type_="InitTask"),
        task("split", {}, {"train": {"type": type_}}),
        task("fit", {"train": {"type": type_}}, {}),
    ]


EDGES = [edge("init", "split", None), edge("split", "fit")]


def states(fit: str, kept: bool = False) -> list[Any]:
    return [run("init", "Success"), run("split", "Success", kept), run("fit", fit)]


def test_a_node_that_left_a_dataset_in_memory_runs_again(plan: Plan) -> None:
    found = plan(two_nodes(MEMORY), EDGES, states("Failed"))

    assert found == {"failed": ["fit"], "again": ["split"], "ids": ["fit", "init", "split"]}


def test_a_node_whose_dataset_is_in_a_file_does_not(plan: Plan) -> None:
    found = plan(two_nodes(FILE), EDGES, states("Failed"))

    assert found == {"failed": ["fit"], "again": [], "ids": ["fit", "init"]}


def test_a_node_whose_result_was_kept_does_not(plan: Plan) -> None:
    found = plan(two_nodes(MEMORY), EDGES, states("Failed", kept=True))

    assert found == {"failed": ["fit"], "again": [], "ids": ["fit", "init"]}


def test_what_comes_after_a_failure_runs_again_and_nothing_else(plan: Plan) -> None:
    tasks = [task(name) for name in ("a", "b", "c", "aside")]
    edges = [edge("a", "b", None), edge("b", "c", None)]
    runs = [run("a", "Success"), run("b", "Failed"), run("c", "TriggerFailed")]

    found = plan(tasks, edges, [*runs, run("aside", "Success")])

    assert found == {"failed": ["b", "c"], "again": [], "ids": ["b", "c"]}


def test_only_the_failed_parts_of_a_mapped_task_run_again_when_the_others_were_kept(
    plan: Plan,
) -> None:
    tasks = [task("map"), task("total")]
    runs = [
        run("map", "Mapped"),
        {**run("map", "Success", kept=True), "id": "map[0]", "map_index": 0},
        {**run("map", "Failed"), "id": "map[1]", "map_index": 1},
        run("total", "TriggerFailed"),
    ]

    found = plan(tasks, [edge("map", "total")], runs)

    assert found == {"failed": ["map", "total"], "again": [], "ids": ["map[1]", "total"]}


def test_all_parts_of_a_mapped_task_run_again_when_the_others_were_not_kept(
    plan: Plan,
) -> None:
    tasks = [task("map"), task("total")]
    runs = [
        run("map", "Mapped"),
        {**run("map", "Success"), "id": "map[0]", "map_index": 0},
        {**run("map", "Failed"), "id": "map[1]", "map_index": 1},
        run("total", "TriggerFailed"),
    ]

    found = plan(tasks, [edge("map", "total")], runs)

    assert found == {
        "failed": ["map", "total"],
        "again": [],
        "ids": ["map[0]", "map[1]", "total"],
    }
