"""A Kedro session that is open for as long as a flow run lasts."""

from __future__ import annotations

import sys
from typing import Callable

from kedro.framework.startup import bootstrap_project
from prefect.engine.state import Failed

from project.flow.hosting import HostedSession
from project.flow.source import Source
from tests.contract.kit import KedroProject
from tests.contract.test_bad_input import PIPELINE


class EmptyError(Exception):
    """Be false, as an exception is that holds a list of nothing."""

    def __len__(self) -> int:
        return 0


def test_the_session_ends_with_the_error_of_the_node_even_if_that_is_false(
    make_project: Callable[..., KedroProject],
) -> None:
    project = make_project(PIPELINE)
    bootstrap_project(project.folder)
    recorder = sys.modules[f"{project.package}.settings"].RECORDER
    session = HostedSession("run", Source(project.folder, project.package, "__default__"), {})
    run = session.open()
    run.fail("one", EmptyError("nothing"))

    assert session.close(Failed("Some reference tasks failed.")) is None
    told = dict(recorder.calls).get("on_pipeline_error", ())
    assert dict(told)["error"] == ("EmptyError", "nothing")
