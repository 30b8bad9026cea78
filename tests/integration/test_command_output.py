"""What ``kedro run`` prints beside the output of the nodes."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Callable, List

import pytest
import requests

from project.api.client import connect
from project.runner import PrefectRunner
from tests.kits.embedded import open_api
from tests.kits.projects import PIPELINE, REPOSITORY, KedroProject, kedro_command, kedro_run

MakeProject = Callable[..., KedroProject]

ROOT_LOGGER = """
version: 1
disable_existing_loggers: false
formatters: {plain: {format: "%(name)s %(levelname)s %(message)s"}}
handlers: {console: {class: logging.StreamHandler, formatter: plain}}
root: {level: INFO, handlers: [console]}
"""


def logged_by_all(project: KedroProject, *arguments: str) -> str:
    """Return the output of a command in a project that logs every logger from INFO."""
    project.write("conf/logging.yml", ROOT_LOGGER)
    run = subprocess.run(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=project.folder,
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "KEDRO_LOGGING_CONFIG": str(project.folder / "conf/logging.yml"),
            "DO_NOT_TRACK": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


def test_the_embedded_server_logs_nothing_about_itself(make_project: MakeProject) -> None:
    project = make_project(PIPELINE)
    run = logged_by_all(project, "run", "--runner=project.runner.PrefectRunner")
    loggers = set(re.findall(r"^([\w.]+) (?:INFO|WARNING|ERROR) ", run, re.MULTILINE))

    assert "kedro.pipeline.node" in loggers
    assert [name for name in loggers if name.startswith(("uvicorn", "project.", "asyncio"))] == []
    assert "uvicorn" not in logged_by_all(project, "prefect", "runs")


@pytest.mark.parametrize(("names", "words"), [(["one"], "1 node"), (["one", "two"], "2 nodes")])
def test_a_run_says_how_many_nodes_it_has(
    make_project: MakeProject, names: List[str], words: str
) -> None:
    project = make_project(PIPELINE)
    project.run(PrefectRunner(), node_names=names)
    with connect("embedded", project.folder) as api:
        lines = [row["message"] for row in api.query("query { log { message } }")]

    (line,) = (line for line in lines if line.startswith("Kedro run "))
    assert line.endswith(f": {words}")


def address_of_a_run(project: KedroProject, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a project and return what is printed as the run's address, with ID for its id."""
    capsys.readouterr()
    project.run(PrefectRunner())
    printed = capsys.readouterr().out
    ((id_, address),) = re.findall(r"^Flow run ([0-9a-f-]{36}): (.*)$", printed, re.MULTILINE)
    return str(address.replace(id_, "ID"))


def test_the_address_of_a_run_can_be_opened_once_the_server_runs(
    make_project: MakeProject,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr("project.api.pages.SERVER_PORT", port)
        project = make_project(PIPELINE)
        while_taken = address_of_a_run(project, capsys)
    while_free = address_of_a_run(project, capsys)

    assert while_free == (
        f"http://127.0.0.1:{port}/default/flow-run/ID "
        "(available while 'kedro prefect server' is running)"
    )
    assert while_taken == (
        "default/flow-run/ID on the page of 'kedro prefect server' (start it with another --port: "
        f"another server uses {port})"
    )


def test_the_address_of_a_run_is_a_page_of_the_api_that_prefect_yml_names(
    make_project: MakeProject, tmp_path: Path
) -> None:
    with open_api(tmp_path) as url:
        run = kedro_run(make_project(PIPELINE, prefect=f"api: {url}"))
        (address,) = re.findall(r"^Flow run [0-9a-f-]{36}: (\S+)$", run.stdout, re.MULTILINE)
        page = requests.get(address, timeout=10)

    assert page.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("key", ["run: none", "run: here"])
def test_only_a_run_that_ran_nodes_is_said_to_have_completed(
    make_project: MakeProject, key: str
) -> None:
    run = kedro_run(make_project(PIPELINE, prefect=key))

    assert run.returncode == 0
    assert ("execution completed" in " ".join(run.stdout.split())) == (key == "run: here")


def test_the_traceback_of_a_node_has_no_frames_of_prefect(
    make_project: MakeProject,
) -> None:
    project = make_project(PIPELINE.replace("return 1", "raise OSError('full')"))
    kedros = kedro_command(project, "run")
    run = kedro_run(project)

    frames = [line for line in run.stdout.splitlines() if line.startswith("│ /")]
    assert frames
    assert [line for line in frames if "/prefect/" in line or "/project/execution" in line] == []
    assert len(run.stdout.splitlines()) < len(kedros.stdout.splitlines()) + 30
    assert run.stdout.rstrip().endswith("OSError: full")
