"""A Kedro project that installs this package has its hooks, once."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.kits.projects import PIPELINE, KedroProject, kedro_run

MakeProject = Callable[..., KedroProject]

SETTINGS = """
from project.compat import project_hooks
from project.hooks import PrefectHooks

class CountingHooks(PrefectHooks):
    def request(self, run_id):
        print("asked the hooks of settings.py")
        return super().request(run_id)

HOOKS = ({hooks} *project_hooks(),)
DISABLE_HOOKS_FOR_PLUGINS = ({disabled} "kedro-telemetry",)
"""


def test_the_entry_point_registers_the_hooks(make_project: MakeProject) -> None:
    project = make_project(PIPELINE, prefect="executor: {type: threads, workers: 2}")
    project.write(f"src/{project.package}/settings.py", SETTINGS.format(hooks="", disabled=""))
    run = kedro_run(project)

    assert run.returncode == 0
    assert "two: Success" in run.stdout
    assert "not registered" not in run.stdout


@pytest.mark.parametrize("disabled", ["", '"project",'], ids=["both ways", "settings alone"])
def test_hooks_may_also_be_in_the_settings(make_project: MakeProject, disabled: str) -> None:
    project = make_project(PIPELINE)
    project.write(
        f"src/{project.package}/settings.py",
        SETTINGS.format(hooks="CountingHooks(),", disabled=disabled),
    )
    run = kedro_run(project)

    assert run.returncode == 0
    assert "two: Success" in run.stdout
    if disabled:
        assert run.stdout.count("asked the hooks of settings.py") == 1
