"""What the process of a restarted flow run sets back."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import pytest
from kedro.io import DataCatalog, Version
from kedro.pipeline import Pipeline, node
from prefect import Task
from prefect.engine.result import Result
from prefect.engine.results import LocalResult
from prefect.engine.state import (
    Failed,
    Pending,
    Running,
    Skipped,
    State,
    Success,
    TimedOut,
    TriggerFailed,
)

from benchmarks.tracked import NoHooks
from project.compat.kedro import MemoryDataset
from project.execution.kedro_run import KedroRun
from project.execution.restart import prepare_restart
from project.execution.runs import KedroRuns
from project.flow.build import build_flow
from project.flow.graph import KedroFlow
from project.flow.pipeline_ref import PipelineRef
from project.hooks import inject_memory_datasets
from tests.kits.projects import FileDataset

ID = "3f2a2a5e-7d0c-4c4f-9b43-0d3f3c1f7a11"


def same(*values: object) -> object:
    return values[0] if values else 1


# b and c read what a leaves in memory; d reads a file of b.
PIPELINE = Pipeline(
    [
        node(same, None, "memory", name="a"),
        node(same, "memory", "file", name="b"),
        node(same, "memory", "other", name="c"),
        node(same, "file", "last", name="d"),
    ]
)


def make_run(folder: Path, pipeline: Pipeline = PIPELINE) -> KedroRun:
    catalog = DataCatalog({"file": FileDataset(str(folder / "file"))})
    inject_memory_datasets(pipeline, catalog)
    return KedroRun(pipeline, catalog, None, None)


def make_flow() -> KedroFlow:
    ref = PipelineRef(Path("shop"), "shop", "__default__")
    return build_flow(PIPELINE, "__default__", ref, KedroRuns())


def run_after_restart(flow: KedroFlow, run: KedroRun, states: Dict[str, State]) -> List[str]:
    """Return the nodes that run after a restart in which tasks have these states."""
    by_task: Dict[Task, State] = {
        task: states.get(task.name, Success(result=Result())) for task in flow.tasks
    }
    prepare_restart(flow, run, by_task, ID)
    return sorted(
        task.name for task, state in by_task.items() if task.name in "abcd" and state.is_pending()
    )


@pytest.mark.parametrize("state", [TriggerFailed(), Running(), Pending()])
def test_what_did_not_succeed_runs_with_what_it_needs(tmp_path: Path, state: State) -> None:
    assert run_after_restart(make_flow(), make_run(tmp_path), {"c": state}) == ["a", "c"]


def test_what_is_set_back_for_its_values_alone_takes_nothing_with_it(tmp_path: Path) -> None:
    states = {"a": Pending(), "c": Pending()}

    assert run_after_restart(make_flow(), make_run(tmp_path), states) == ["a", "c"]


def test_what_is_in_a_file_is_not_made_again(tmp_path: Path) -> None:
    assert run_after_restart(make_flow(), make_run(tmp_path), {"d": Pending()}) == ["d"]


def test_a_stored_result_counts_only_as_long_as_it_can_be_read(tmp_path: Path) -> None:
    flow = make_flow()
    flow.result = LocalResult(dir=str(tmp_path))
    stored = Success(result=flow.result.write({"memory": 1}, flow_run_id=ID))
    states = {"a": stored, "c": Pending()}
    assert run_after_restart(flow, make_run(tmp_path), states) == ["c"]

    Path(tmp_path, stored._result.location).unlink()

    assert run_after_restart(flow, make_run(tmp_path), states) == ["a", "c"]


def test_nodes_that_are_not_selected_stay_skipped(tmp_path: Path) -> None:
    run = make_run(tmp_path, PIPELINE.only_nodes("b", "d"))

    states = {"a": Skipped(), "c": Skipped(), "d": Pending()}
    assert run_after_restart(make_flow(), run, states) == ["d"]


@pytest.mark.parametrize("state", [Failed(), TimedOut()])
def test_a_run_with_a_node_that_nobody_set_back_fails(tmp_path: Path, state: State) -> None:
    run = make_run(tmp_path)

    assert run_after_restart(make_flow(), run, {"c": state, "d": Pending()}) == ["d"]

    assert run.failed_node == "c"
    assert str(run.error) == (
        "Node 'c' failed in an earlier process of this flow run. To run it again: "
        f"kedro prefect restart {ID}"
    )


def test_within_a_group_all_values_that_others_read_are_stored_with_results(tmp_path: Path) -> None:
    for stores_results, expected in ((True, {"memory"}), (False, set())):
        run = make_run(tmp_path)
        run.hook_manager = NoHooks()
        run.keep(["other"], stores_results=stores_results)

        assert set(run.execute("a", {})) == expected


class Versioned(FileDataset):
    """A dataset with the version that a catalog gives to versioned ones."""

    _version = Version(None, "of this run")


def test_what_an_earlier_process_has_saved_is_loaded_with_its_version(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    dataset = Versioned(str(tmp_path / "file"))
    run.catalog = DataCatalog(
        {"file": dataset, "memory": MemoryDataset(), "other": MemoryDataset()}
    )
    run.skip(["b"], ID)

    assert dataset._version.load == "of this run"
