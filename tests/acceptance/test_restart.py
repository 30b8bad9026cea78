"""A run whose seventh of ten nodes failed, restarted in every way that there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, Dict, List

import pytest

from tests.kits.shop import Shop

RUN = ("run", "--runner=project.runner.PrefectRunner")
ALL = [f"node_{number}" for number in range(1, 11)]
FROM_THE_FAILURE = ALL[6:]

REGISTRY = """
    import os
    from pathlib import Path

    from kedro.pipeline import Pipeline, node

    FOLDER = Path(__file__).parents[2]


    def count(number, *values):
        if number == 7 and not (FOLDER / "mended").exists():
            raise ValueError("not yet")
        values = [*values[0], number] if values else [number]
        return (values, values) if number == 3 else values


    def counting(number):
        def run(*values):
            return count(number, *values)

        run.__name__ = f"count_{number}"
        return run


    def chain():
        nodes = [node(counting(1), [], "memory_1", name="node_1", tags="part.1")]
        for number in range(2, 11):
            outputs = "total" if number == 10 else f"memory_{number}"
            if number == 3:
                outputs = [outputs, "doubled"]
            reads = f"memory_{number - 1}"
            tag = "part.1" if number < 5 else "part.2"
            nodes.append(node(counting(number), reads, outputs, name=f"node_{number}", tags=tag))
        return Pipeline(nodes)


    def register_pipelines():
        names = ("__default__", "keeping", "here", "keeping_here", "keeping_on_dask")
        return {name: chain() for name in (*names, "keeping_groups_on_dask")}
    """

PREFECT_YML = """
    pipelines:
      __default__: {run: agent}
      keeping: {run: agent, result: {type: LocalResult}}
      keeping_here: {result: {type: LocalResult}}
      keeping_on_dask: {result: {type: LocalResult}, executor: {type: dask, workers: 2}}
      keeping_groups_on_dask:
        {result: {type: LocalResult}, executor: {type: dask, workers: 2}, grouping: "tag:part."}
    """


@pytest.fixture(autouse=True)
def broken(staffed: Shop) -> None:
    """Let node 7 fail until it is mended."""
    staffed.write("src/shop/pipeline_registry.py", REGISTRY)
    staffed.write("conf/base/prefect.yml", PREFECT_YML)
    (staffed.folder / "mended").unlink(missing_ok=True)
    staffed.saved()
    staffed.hooks()


def failed_run(shop: Shop, pipeline: str) -> str:
    """Return a run in which node 7 has failed; what it lacked is there now."""
    said = shop.kedro(*RUN, "--pipeline", pipeline)
    assert said.code == 1
    assert nodes_begun(shop) == ALL[:7], said.text
    (shop.folder / "mended").touch()
    return str(re.findall(r"Flow run ([0-9a-f-]{36})", said.text)[0])


def nodes_begun(shop: Shop) -> List[str]:
    return [line.split()[1] for line in shop.hooks() if line.startswith("before_node_run")]


def results(shop: Shop) -> List[Path]:
    return [path for path in (shop.home / ".prefect" / "results").rglob("*") if path.is_file()]


def restart_by_command(shop: Shop, id_: str) -> None:
    said = shop.kedro("prefect", "restart", id_[:8])
    assert said.code == 0, said.text


def restart_here(shop: Shop, id_: str) -> None:
    said = shop.kedro("prefect", "restart", id_, "--here")
    assert said.code == 0, said.text


def restart_as_prefects_ui_does(shop: Shop, id_: str) -> None:
    """Set failed tasks to Pending, and the run to Scheduled."""
    rows = shop.flow_run(id_, "task_runs { id state }")["task_runs"]
    failed = [row["id"] for row in rows if row["state"] in ("Failed", "TriggerFailed")]
    set_states(shop, "task", {each: {"type": "Pending"} for each in failed})
    set_states(shop, "flow", {id_: {"type": "Scheduled"}})
    shop.ended(id_)


def set_states(shop: Shop, kind: str, states: Dict[str, Dict[str, str]]) -> None:
    name = f"set_{kind}_run_states"
    rows = [{f"{kind}_run_id": id_, "state": state} for id_, state in states.items()]
    shop.ask(
        f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ states {{ status }} }} }}",
        input={"states": rows},
    )


Restart = Callable[[Shop, str], None]


@pytest.mark.parametrize(
    ("pipeline", "restart", "begun"),
    [
        ("keeping", restart_by_command, FROM_THE_FAILURE),
        ("here", restart_here, ALL),
        pytest.param("keeping_here", restart_here, FROM_THE_FAILURE, marks=pytest.mark.slow),
        pytest.param("keeping_here", restart_by_command, FROM_THE_FAILURE, marks=pytest.mark.slow),
        pytest.param("__default__", restart_by_command, ALL, marks=pytest.mark.slow),
        ("__default__", restart_as_prefects_ui_does, ALL),
        pytest.param("keeping_on_dask", restart_here, FROM_THE_FAILURE, marks=pytest.mark.dask),
    ],
)
def test_a_restart_runs_what_failed_and_what_it_needs(
    staffed: Shop, pipeline: str, restart: Restart, begun: List[str]
) -> None:
    id_ = failed_run(staffed, pipeline)
    assert bool(results(staffed)) == pipeline.startswith("keeping")
    (first_version,) = (
        path.parent.name for path in (staffed.folder / "data").glob("doubled.txt/*/*")
    )

    restart(staffed, id_)

    assert nodes_begun(staffed) == begun
    assert staffed.flow_run(id_, "state") == {"state": "Success"}
    assert staffed.node_states(id_) == dict.fromkeys(ALL, "Success")
    assert staffed.saved() == {first_version: {"doubled": [1, 2, 3], "total": list(range(1, 11))}}
    assert results(staffed) == []


@pytest.mark.dask
def test_a_run_that_failed_within_a_group_goes_on_there(staffed: Shop) -> None:
    id_ = failed_run(staffed, "keeping_groups_on_dask")
    assert sorted(path.name.partition("-")[0] for path in results(staffed)) == sorted(ALL[:6])

    restart_here(staffed, id_)

    assert nodes_begun(staffed) == ALL[6:]
    assert staffed.node_states(id_) == dict.fromkeys(ALL, "Success")
    assert results(staffed) == []


def test_the_command_says_what_will_run(staffed: Shop) -> None:
    id_ = failed_run(staffed, "here")

    said = staffed.kedro("prefect", "restart", id_, "--here")

    names = ", ".join(sorted(FROM_THE_FAILURE))
    assert f"4 tasks did not succeed, or did not start: {names}" in said.text
    names = ", ".join(ALL[:6])
    assert (
        f"6 tasks succeeded, but kept output in memory that other tasks need: {names}" in said.text
    )


@pytest.mark.parametrize("options", [[], ["--here"]], ids=["agent", "here"])
def test_a_restart_prints_nothing_of_the_earlier_attempt(staffed: Shop, options: List[str]) -> None:
    id_ = failed_run(staffed, "keeping")
    said = staffed.kedro("prefect", "restart", id_, *options)

    assert said.code == 0, said.text
    assert re.findall(r"Flow run is (\w+): ", said.text) == [
        "Scheduled",
        *(["Submitted"] if not options else []),
        "Running",
        "Success",
    ]
    assert "not yet" not in said.text
    history = staffed.kedro("prefect", "watch", id_).text
    assert "Flow run is Failed: " in history
    assert "ValueError: not yet" in history


def test_a_run_that_has_succeeded_is_not_restarted(staffed: Shop) -> None:
    (staffed.folder / "mended").touch()
    said = staffed.kedro(*RUN, "--pipeline", "here")
    assert said.code == 0, said.text
    id_ = re.findall(r"Flow run ([0-9a-f-]{36})", said.text)[0]

    said = staffed.kedro("prefect", "restart", id_)

    assert said.code == 1
    assert f"Error: Flow run {id_} has nothing to restart: all its tasks" in said.text
    said = staffed.kedro("prefect", "restart", id_, "--here", "--no-wait")
    assert (said.code, "--no-wait is for agents" in said.text) == (2, True)
    assert staffed.flow_run(id_, "state") == {"state": "Success"}
