"""A Kedro session that runs the tasks of a flow."""

from __future__ import annotations

import sys
from typing import Any, Callable

from kedro.framework.startup import bootstrap_project
from prefect.engine.state import Failed, State

from project.execution.session import run_in_session
from project.flow.pipeline_ref import PipelineRef
from tests.kits.projects import PIPELINE, KedroProject


class EmptyError(Exception):
    """Exception that is false, like one that holds an empty list."""

    def __len__(self) -> int:
        return 0


def test_the_session_ends_with_the_error_of_the_node_even_if_that_is_false(
    make_project: Callable[..., KedroProject],
) -> None:
    project = make_project(PIPELINE)
    bootstrap_project(project.folder)
    recorder = sys.modules[f"{project.package}.settings"].RECORDER
    failed = Failed("Some reference tasks failed.")

    def run_tasks(run: Any) -> State:
        run.fail("one", EmptyError("nothing"))
        return failed

    ref = PipelineRef(project.folder, project.package, "__default__")

    assert run_in_session(ref, {}, run_tasks) is failed
    recorded = dict(recorder.calls).get("on_pipeline_error", ())
    assert dict(recorded)["error"] == ("EmptyError", "nothing")
