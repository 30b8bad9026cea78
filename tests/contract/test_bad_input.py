"""Wrong input ends in one clear message and an exit code that is not 0."""

from __future__ import annotations

import inspect
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
    kedro_run,
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
            ["executor.workers: Input should be a valid integer", "'many'"],
        ),
        ("executor: {type: celery}", ["executor.type: Input should be 'local'", "'celery'"]),
        ("executor: {type: [", ["expected the node content", "line 1, column"]),
        ("- executor", ["Input should be a mapping of keys, not ['executor']."]),
    ],
    ids=["a wrong type", "an unknown value", "no YAML", "no mapping"],
)
def test_a_file_that_cannot_be_read_is_named(
    make_project: MakeProject, text: str, messages: List[str]
) -> None:
    outcome = make_project(PIPELINE, prefect=text).run(PrefectRunner())

    assert isinstance(outcome.error, SettingsError)
    assert [each for each in ["prefect.yml", *messages] if each not in str(outcome.error)] == []


@pytest.mark.skipif(
    "conf_source" not in inspect.signature(KedroSession.create).parameters,
    reason="This Kedro has no --conf-source.",
)
def test_a_configuration_that_an_agent_would_not_read_is_refused(
    make_project: MakeProject,
) -> None:
    project = make_project(PIPELINE, prefect="{}")
    project.write("other/base/prefect.yml", "run: agent")
    project.write("other/local/catalog.yml", "{}")

    assert_one_clear_error(kedro_run(project, "--conf-source=other"), "--conf-source", "run: here")


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
