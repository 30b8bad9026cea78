"""The project's `.prefect/`: who can read it, and what happens if it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from shutil import which
from typing import Callable, List

import pytest
import requests

from project.api.client import connect
from project.api.embedded import temporary_server
from tests.kits.projects import (
    PIPELINE,
    REPOSITORY,
    KedroProject,
    assert_one_clear_error,
    kedro_run,
)

MakeProject = Callable[..., KedroProject]

RUN = ["run", "--runner=project.runner.PrefectRunner"]
RUNS = 5  # as many as a small machine can start at once
SERVE = ["prefect", "server", "--port=0"]
# Root may write everywhere, unless it gives that up.
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []


def kedro_without_privileges(
    project: KedroProject, arguments: List[str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*UNPRIVILEGED, sys.executable, "-m", "kedro", *arguments],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "DO_NOT_TRACK": "1", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )


def rows(project: KedroProject, table: str) -> int:
    with closing(sqlite3.connect(project.folder / ".prefect/prefect.db")) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        return int(count)


def test_a_temporary_server_is_for_those_who_know_its_token(tmp_path: Path) -> None:
    with temporary_server(tmp_path) as server:
        answer = requests.post(server.url, json={"query": "{ hello }"}, timeout=10)

    assert answer.status_code == 401


def test_only_this_user_reads_it_and_git_ignores_it(make_project: MakeProject) -> None:
    project = make_project(PIPELINE)
    folder = project.folder / ".prefect"
    folder.mkdir(mode=0o755)  # of an earlier release
    kedro_run(project)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"


@pytest.mark.skipif(bool(UNPRIVILEGED) and not which("setpriv"), reason="root needs setpriv")
@pytest.mark.parametrize("command", [RUN, SERVE], ids=["run", "server"])
@pytest.mark.parametrize("locked", [".", ".prefect"])
def test_a_folder_that_cannot_be_written_is_one_error(
    make_project: MakeProject, command: List[str], locked: str
) -> None:
    project = make_project(PIPELINE)
    folder = project.folder / locked
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").touch()
    folder.chmod(0o500)
    run = kedro_without_privileges(project, command)
    folder.chmod(0o700)

    assert_one_clear_error(run, f"{project.folder}/.prefect", "Permission denied")


@pytest.mark.parametrize("command", [RUN, SERVE], ids=["run", "server"])
def test_a_file_in_its_place_is_one_error(make_project: MakeProject, command: List[str]) -> None:
    project = make_project(PIPELINE)
    project.write(".prefect", "")

    assert_one_clear_error(
        kedro_without_privileges(project, command),
        f"{project.folder}/.prefect cannot be used: File exists. This package keeps its data "
        "there: make it a folder",
    )


def test_the_path_of_a_project_may_look_like_an_address(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(PIPELINE)
    strange = tmp_path / "what? 100% #1"
    project.folder.rename(strange)
    project.folder = strange
    run = kedro_run(project)

    assert run.returncode == 0, run.stdout
    assert rows(project, "flow_run") == 1
    assert [path.name for path in tmp_path.iterdir()] == [strange.name]


@pytest.mark.slow
def test_first_runs_that_start_together_register_one_flow(make_project: MakeProject) -> None:
    project = make_project(PIPELINE)
    with ThreadPoolExecutor(RUNS) as pool:
        runs = list(pool.map(lambda _: kedro_run(project), range(RUNS)))
    with connect("embedded", project.folder) as api:
        states = api.query("query { flow_run { state } }")

    assert [run.returncode for run in runs] == [0] * RUNS, "".join(run.stdout for run in runs)
    assert [row["state"] for row in states] == ["Success"] * RUNS
    assert rows(project, "flow") == 1
    assert rows(project, "edge") == rows(project, "task") - 1
