"""A Kedro project that installs this package has its hooks, once."""

from __future__ import annotations

import shutil
from typing import Callable

import pytest

from tests.kits.projects import (
    PIPELINE,
    KedroProject,
    kedro_command,
    kedro_run,
    write_metadata,
)

MakeProject = Callable[..., KedroProject]

SETTINGS = """
from project.compat import project_hooks
from project.hooks import PrefectHooks

class CountingHooks(PrefectHooks):
    def run_request(self, run_id):
        print("asked the hooks of settings.py")
        return super().run_request(run_id)

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


@pytest.mark.parametrize(
    "disabled", ["", '"kedro-prefect-runner",'], ids=["both ways", "settings alone"]
)
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


def test_kedro_lists_the_plugin_by_the_name_of_its_distribution(make_project: MakeProject) -> None:
    info = kedro_command(make_project(PIPELINE), "info")

    assert info.returncode == 0
    assert "kedro_prefect_runner: " in info.stdout


SETTINGS_WITHOUT_THE_PACKAGE = """
from kedro import config, io
from kedro.framework.hooks import hook_impl

class Hooks:  # Kedro 0.17 needs them
    @hook_impl
    def register_config_loader(self, conf_paths):
        return config.ConfigLoader(conf_paths)

    @hook_impl
    def register_catalog(self, catalog, credentials, load_versions, save_version, journal):
        return io.DataCatalog.from_config(
            catalog, credentials, load_versions, save_version, journal
        )

HOOKS = (Hooks(),)
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry",)
"""


@pytest.fixture
def namesake(make_project: MakeProject) -> KedroProject:
    """Return a Kedro project whose own package is called like ours."""
    made = make_project(PIPELINE)
    shutil.move(str(made.folder / "src" / made.package), made.folder / "src/project")
    write_metadata(made.folder, "project")
    project = KedroProject(made.folder, "project")
    project.write("src/project/settings.py", SETTINGS_WITHOUT_THE_PACKAGE)
    return project


@pytest.mark.parametrize("command", ["info", "run"])
def test_a_project_whose_package_is_called_like_ours_is_told_in_one_line(
    namesake: KedroProject, command: str
) -> None:
    run = kedro_command(namesake, command)

    assert run.returncode == 0
    assert run.stdout.count("kedro-prefect-runner cannot be used here") == 1
    assert f"so is this project's own, {namesake.folder}/src/project. Rename" in run.stdout
    assert "Traceback" not in run.stdout


def test_the_runner_of_a_project_that_is_called_like_ours_is_not_taken_for_it(
    namesake: KedroProject,
) -> None:
    run = kedro_run(namesake)

    assert run.returncode != 0
    assert "kedro-prefect-runner cannot be used here" in run.stdout
    assert "No module named 'project.runner'" in run.stdout
