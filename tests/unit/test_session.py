"""A Kedro session that runs the tasks of a flow."""

from __future__ import annotations

import logging
import sys
from typing import Any, Callable, List, Optional

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from prefect.engine.state import Failed, State, Success

from project.config.model import Settings
from project.execution.session import run_in_session
from project.flow.pipeline_ref import PipelineRef
from project.runner import PrefectRunner
from tests.kits.projects import PIPELINE, KedroProject, LogRecorder


class EmptyError(Exception):
    """Falsy exception, like one with an empty list of errors."""

    def __len__(self) -> int:
        return 0


def test_the_session_ends_with_the_exception_of_the_node_even_if_it_is_falsy(
    make_project: Callable[..., KedroProject],
) -> None:
    project = make_project(PIPELINE)
    bootstrap_project(project.folder)
    recorder = sys.modules[f"{project.package}.settings"].RECORDER
    failed = Failed("Some reference tasks failed.")

    def run_tasks(run: Any, settings: Settings) -> State:
        run.fail("one", EmptyError("nothing"))
        return failed

    ref = PipelineRef(project.folder, project.package, "__default__")

    assert run_in_session(ref, {}, run_tasks) is failed
    recorded = dict(recorder.calls).get("on_pipeline_error", ())
    assert dict(recorded)["error"] == ("EmptyError", "nothing")


def test_a_falsy_exception_of_a_project_reaches_its_tasks(
    make_project: Callable[..., KedroProject],
) -> None:
    project = make_project(PIPELINE)
    bootstrap_project(project.folder)
    error = EmptyError("nothing")
    seen: List[Any] = []

    def run_tasks(run: Any, settings: Settings) -> State:
        seen.append(run)
        return Failed("Some reference tasks failed.")

    def create(*arguments: Any, **keywords: Any) -> None:
        raise error

    ref = PipelineRef(project.folder, project.package, "__default__")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(KedroSession, "create", create)
        run_in_session(ref, {}, run_tasks)

    assert seen == [error]


def test_hooks_see_the_same_runner_under_an_agent_as_with_kedro_run(
    make_project: Callable[..., KedroProject],
) -> None:
    project = make_project(PIPELINE)
    project.add_to_settings("""
from kedro.framework.hooks import hook_impl

class Keep:
    @hook_impl
    def before_pipeline_run(self, run_params):
        RECORDER.runners.append(run_params["runner"])

RECORDER.runners = []
HOOKS += (Keep(),)
""")
    bootstrap_project(project.folder)
    recorder = sys.modules[f"{project.package}.settings"].RECORDER
    ref = PipelineRef(project.folder, project.package, "__default__")
    run_in_session(ref, {}, lambda run, settings: Success())
    with KedroSession.create(project_path=project.folder) as session:
        session.run(runner=PrefectRunner())

    under_an_agent, of_the_command = (each.split(" at 0x")[0] for each in recorder.runners)
    assert under_an_agent == of_the_command


@pytest.mark.parametrize(
    ("error", "count"), [(ValueError("broken"), 1), (SystemExit(3), 0), (None, 0)], ids=repr
)
def test_kedro_suggests_a_resumption_only_after_an_exception_of_a_node(
    make_project: Callable[..., KedroProject], error: Optional[BaseException], count: int
) -> None:
    project = make_project(PIPELINE)
    bootstrap_project(project.folder)
    records: List[logging.LogRecord] = []
    recorder = LogRecorder(records)

    def run_tasks(run: Any, settings: Settings) -> State:
        logging.getLogger("kedro.runner").addHandler(recorder)
        if error is not None:
            run.fail("one", error)
        return Failed("Some reference tasks failed.")

    try:
        run_in_session(PipelineRef(project.folder, project.package, "__default__"), {}, run_tasks)
    finally:
        logging.getLogger("kedro.runner").removeHandler(recorder)

    warnings = [record for record in records if record.levelno == logging.WARNING]
    assert len(warnings) == count
