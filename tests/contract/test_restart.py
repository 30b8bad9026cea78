"""A run that is continued, and a node that is tried again, on every Kedro."""

from __future__ import annotations

from typing import Any, Dict, Set

import pytest
from kedro.framework.startup import bootstrap_project
from prefect.engine.state import State, Success

from project.config.model import Settings
from project.execution.kedro_run import KedroRun
from project.execution.session import run_in_session
from project.flow.pipeline_ref import PipelineRef
from project.runner import PrefectRunner
from tests.kits.projects import KedroProject


def versions(project: KedroProject) -> Dict[str, Set[str]]:
    """Return the versions that each dataset has on disk."""
    found: Dict[str, Set[str]] = {}
    for path in project.files():
        if path.count("/") > 1:
            found.setdefault(path.split("/")[0], set()).add(path.split("/")[1])
    return found


def test_a_session_continues_a_run_under_its_id(versioned: KedroProject) -> None:
    bootstrap_project(versioned.folder)
    ref = PipelineRef(versioned.folder, versioned.package, "__default__")
    run_ids = []

    def run_tasks(run: Any, settings: Settings) -> State:
        assert isinstance(run, KedroRun), run
        run.is_restarted = bool(run_ids)
        run_ids.append(run.run_id)
        for node in run.pipeline.nodes:
            run.execute(node.name, {})
        return Success()

    assert run_in_session(ref, {}, run_tasks).is_successful()
    assert run_in_session(ref, {}, run_tasks, run_ids[0]).is_successful()

    assert run_ids[0] == run_ids[1]
    assert versions(versioned) == {"first": {run_ids[0]}, "second": {run_ids[0]}}


@pytest.mark.parametrize("executor", ["local", "threads"])
def test_a_second_attempt_replaces_what_the_first_one_has_saved(
    versioned: KedroProject, executor: str
) -> None:
    versioned.write("data/second.fails_once", "")
    policy = {"default": {"retries": 1, "retry_delay_seconds": 0}}

    got = versioned.run(PrefectRunner(settings={"executor": {"type": executor}, "tasks": policy}))

    assert got.raised is None
    assert got.result == {"both": "onetwo"}
    assert [len(each) for each in versions(versioned).values()] == [1, 1]
