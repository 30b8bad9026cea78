"""Wrong input ends in one clear message and an exit code that is not 0."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Callable, List

import pytest
from kedro.framework.session import KedroSession

from project.errors import SettingsError
from project.runner import PrefectRunner
from tests.kits.projects import (
    PIPELINE,
    PLAIN_SETTINGS,
    KedroProject,
    assert_one_clear_error,
    kedro_command,
    kedro_run,
    write_files,
)

MakeProject = Callable[..., KedroProject]


def test_a_misspelt_key_is_named_with_the_file_and_the_nearest_key(
    make_project: MakeProject,
) -> None:
    project = make_project(PIPELINE, prefect="executor: {type: local, worker: 3}")

    assert_one_clear_error(
        kedro_run(project),
        f"{project.folder}/conf/base/prefect.yml: unknown key 'executor.worker'. "
        "Did you mean 'workers'?",
    )


def test_the_file_of_the_environment_is_named_when_the_mistake_is_there(
    make_project: MakeProject,
) -> None:
    project = make_project(PIPELINE, prefect="executor: {type: local}")
    project.write("conf/prod/prefect.yml", "pipelines: {other: {groping: none}}")

    assert_one_clear_error(
        kedro_run(project, "--env=prod"),
        f"{project.folder}/conf/prod/prefect.yml: unknown key 'pipelines.other.groping'. "
        "Did you mean 'grouping'?",
    )


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            "executor: {type: threads, workers: many}",
            ["executor.workers: must be a whole number of at least 1, not 'many'."],
        ),
        (
            "executor: {type: celery}",
            ["executor.type: must be local, threads or dask, not 'celery'."],
        ),
        ("executor: {type: [", ["not valid YAML: ", "expected the node content", "line 1, column"]),
        ("- executor", ["must be a mapping of keys, not ['executor']."]),
    ],
    ids=["a wrong type", "an unknown value", "not valid YAML", "no mapping"],
)
def test_a_file_that_cannot_be_read_is_named(
    make_project: MakeProject, text: str, messages: List[str]
) -> None:
    outcome = make_project(PIPELINE, prefect=text).run(PrefectRunner())

    assert isinstance(outcome.error, SettingsError)
    assert [each for each in ["prefect.yml", *messages] if each not in str(outcome.error)] == []


def test_an_environment_variable_that_kedro_does_not_read_is_explained(
    make_project: MakeProject,
) -> None:
    project = make_project(PIPELINE, prefect="project: ${oc.env:TEAM}")
    replaces = settings_of_kedro_replace_variables()
    expected = (
        "Kedro reads environment variables only in credentials.yml"
        if replaces
        else ("The configuration loader of this project leaves ${...} as it is")
    )

    assert_one_clear_error(
        kedro_run(project), f"{project.folder}/conf/base/prefect.yml: project: ", expected
    )


def settings_of_kedro_replace_variables() -> bool:
    """Return whether this Kedro's default configuration loader is OmegaConf's."""
    loader = getattr(import_module("kedro.framework.project").settings, "CONFIG_LOADER_CLASS", None)
    return loader is not None and loader.__name__ == "OmegaConfigLoader"


@pytest.mark.skipif(
    not settings_of_kedro_replace_variables(), reason="This Kedro's loader has no resolvers."
)
def test_an_environment_variable_that_is_not_set_is_named(make_project: MakeProject) -> None:
    project = make_project(PIPELINE, prefect="project: ${oc.env:NO_TEAM}")
    project.add_to_settings(
        """
        from omegaconf.resolvers import oc

        CONFIG_LOADER_ARGS = {
            "base_env": "base",
            "default_run_env": "local",
            "custom_resolvers": {"oc.env": oc.env},
        }
        """
    )

    assert_one_clear_error(
        kedro_run(project),
        f"{project.folder}/conf/base/prefect.yml: project: the environment variable NO_TEAM is not "
        "set. Set it, or give a default: ${oc.env:NO_TEAM,default}.",
    )


def test_a_password_inside_an_address_is_refused_and_not_repeated(
    make_project: MakeProject,
) -> None:
    run_config = "{type: LocalRun, env: {DATABASE: 'postgresql://me:hidden@db/orders'}}"
    project = make_project(PIPELINE, prefect=f"run_config: {run_config}")
    run = kedro_run(project)

    assert_one_clear_error(
        run,
        f"{project.folder}/conf/base/prefect.yml: run_config.env.DATABASE: a credential here "
        "would be stored in the Prefect API",
    )
    assert "hidden" not in run.stdout


def test_a_password_in_the_address_of_the_api_is_not_printed(make_project: MakeProject) -> None:
    run = kedro_run(make_project(PIPELINE, prefect="api: http://me:hidden@127.0.0.1:9"))

    assert_one_clear_error(run, "The Prefect API at http://127.0.0.1:9 cannot be reached")
    assert "hidden" not in run.stdout


@pytest.mark.skipif(
    "conf_source" not in inspect.signature(KedroSession.create).parameters,
    reason="This Kedro has no --conf-source.",
)
def test_a_run_with_another_configuration_is_not_restarted_with_the_project_s_own(
    make_project: MakeProject,
) -> None:
    project = make_project(PIPELINE.replace("return 1", "raise ValueError('no')"))
    project.write("other/base/catalog.yml", "{}")
    project.write("other/local/catalog.yml", "{}")
    failed = kedro_run(project, "--conf-source=other")
    (id_,) = re.findall(r"Flow run ([0-9a-f-]{36})", failed.stdout)

    restart = kedro_command(project, "prefect", "restart", id_, "--here")

    assert restart.returncode == 1
    assert "started with --conf-source=" in restart.stdout


@pytest.mark.skipif(
    "conf_source" not in inspect.signature(KedroSession.create).parameters,
    reason="This Kedro has no --conf-source.",
)
@pytest.mark.parametrize("settings", ["run: agent", "executor: {type: dask}"])
def test_a_configuration_that_other_processes_would_not_read_is_refused(
    make_project: MakeProject, settings: str
) -> None:
    project = make_project(PIPELINE, prefect="{}")
    project.write("other/base/prefect.yml", settings)
    project.write("other/local/catalog.yml", "{}")

    assert_one_clear_error(kedro_run(project, "--conf-source=other"), "--conf-source", "run: here")


@pytest.mark.parametrize(
    ("command", "library"),
    [
        (["run", "--runner=project.runner.PrefectRunner"], "graphql"),
        (["prefect", "server"], "uvicorn"),
    ],
)
def test_the_embedded_api_without_its_libraries_names_the_command(
    make_project: MakeProject, tmp_path: Path, command: List[str], library: str
) -> None:
    missing = f"raise ImportError('no module {library}')"
    write_files(tmp_path, {f"missing/{library}.py": missing})
    run = kedro_command(make_project(PIPELINE), *command, pythonpath=tmp_path / "missing")

    assert_one_clear_error(
        run,
        f"The embedded API needs the libraries of the extra 'server' (no module {library}). "
        "Install this package's wheel again, with the extra: uv pip install "
        "'PATH/TO/THE.whl[server]'",
    )


def test_another_api_needs_no_libraries_of_the_embedded_one(
    make_project: MakeProject, tmp_path: Path
) -> None:
    names = ("filelock", "graphql", "httptools", "orjson", "sqlalchemy", "starlette", "uvicorn")
    write_files(tmp_path, {f"missing/{name}.py": "raise ImportError" for name in names})
    project = make_project(PIPELINE, prefect="api: http://127.0.0.1:9")

    assert_one_clear_error(
        kedro_run(project, pythonpath=tmp_path / "missing"),
        "The Prefect API at http://127.0.0.1:9 cannot be reached",
    )


@pytest.mark.parametrize("name", ["nonesuch", "empty"])
def test_an_unknown_or_empty_pipeline_is_kedros_error(make_project: MakeProject, name: str) -> None:
    run = kedro_run(make_project(PIPELINE), f"--pipeline={name}")

    assert run.returncode != 0
    assert name in run.stdout or "contains no nodes" in run.stdout


def test_a_node_named_like_another_is_kedros_error(make_project: MakeProject) -> None:
    run = kedro_run(make_project(PIPELINE.replace('name="two"', 'name="one"')))

    assert run.returncode != 0
    assert "'one'" in run.stdout or "one" in run.stdout


def test_a_node_that_raises_makes_the_exit_code_1(make_project: MakeProject) -> None:
    run = kedro_run(make_project(PIPELINE.replace("n + 1", "n + 'one'")))

    assert run.returncode == 1
    assert "TypeError: unsupported operand" in run.stdout
    assert "two: Failed" in run.stdout


def test_without_the_hooks_the_runner_works_with_the_defaults(make_project: MakeProject) -> None:
    project = make_project(PIPELINE, prefect="executor: {type: celery}")
    project.write(f"src/{project.package}/settings.py", PLAIN_SETTINGS)
    run = kedro_run(project)

    assert run.returncode == 0
    assert "two: Success" in run.stdout
    assert "prefect.yml is not read" in " ".join(run.stdout.split())
