"""A run here whose API, or whose process, is taken away."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from project.api.client import PrefectApi, connect
from tests.kits.background import WAITING, go_on, started
from tests.kits.projects import REPOSITORY, KedroProject
from tests.kits.strict_server import StrictServer
from tests.kits.waiting import eventually

pytestmark = pytest.mark.slow

MakeProject = Callable[..., KedroProject]

SERVE = """
import json
import sys
from pathlib import Path
from project.server.process import serve
from project.server.settings import ServerSettings

settings = ServerSettings(database=Path(sys.argv[1]), **json.loads(sys.argv[2]))
serve(settings, lambda url: print(url, flush=True))
"""


@contextmanager
def server(database: Path, port: int, **settings: float) -> Iterator[subprocess.Popen[str]]:
    """Serve as ``kedro prefect server`` does, with services that may be quicker."""
    given = json.dumps({"port": port, **settings})
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(database), given],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(params=["embedded", "strict"])
def address(request: pytest.FixtureRequest, port: int) -> Iterator[str]:
    """Return where a server on the port is reached: there, or behind a strict gateway."""
    url = f"http://127.0.0.1:{port}"
    if request.param == "embedded":
        yield url
    else:
        with StrictServer(url) as gateway:
            yield gateway.url


def runs(api: PrefectApi) -> Any:
    return api.query(
        "query { flow_run { id state state_message task_runs { state task { name } } } }"
    )


def the_run(api: PrefectApi) -> Any:
    (run,) = runs(api)
    return run


def states(run: Any) -> dict[str, str]:
    return {row["task"]["name"]: row["state"] for row in run["task_runs"]}


def test_ctrl_c_leaves_a_cancelled_run(make_project: MakeProject) -> None:
    project = make_project(WAITING)
    with started(project) as process:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    with connect("embedded", project.folder) as api:
        run = the_run(api)

    assert process.returncode != 0
    assert run["state"] == "Cancelled"
    assert states(run)["wait"] == states(run)["after"] == "Cancelled"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("executor", ["local", "threads"])
def test_a_signal_that_ends_the_process_cancels_the_run(
    make_project: MakeProject, number: signal.Signals, executor: str
) -> None:
    project = make_project(WAITING, prefect=f"executor: {{type: {executor}}}")
    api_server = server(project.folder / ".prefect/prefect.db", 0)
    with api_server, started(project) as process, connect("embedded", project.folder) as api:
        eventually(lambda: states(the_run(api))["wait"] == "Running")
        process.send_signal(number)
        eventually(lambda: the_run(api)["state"] == "Cancelled")
        go_on(project)
        process.communicate(timeout=60)
        run = the_run(api)

    assert process.returncode == 128 + number
    assert run["state"] == "Cancelled"
    assert states(run)["wait"] == states(run)["after"] == "Cancelled"


def test_the_end_that_a_run_could_not_report_is_reported_by_the_next(
    make_project: MakeProject, port: int, address: str
) -> None:
    project = make_project(WAITING, prefect=f"api: {address}")
    database = project.folder / "prefect.db"
    with server(database, port) as only, started(project) as process:
        only.kill()
        only.wait()
        go_on(project)
        output, _ = process.communicate(timeout=90)
    unreported = list((project.folder / ".prefect/unreported").iterdir())
    with server(database, port), connect(address, project.folder) as api:
        run = the_run(api)

    assert "Error: The run has ended, but its final state could not be reported" in output
    assert len(unreported) == 1
    assert run["state"] == states(run)["wait"] == states(run)["after"] == "Success"
    assert list((project.folder / ".prefect/unreported").iterdir()) == []


def test_a_killed_run_has_failed_as_soon_as_a_server_is_up_again(make_project: MakeProject) -> None:
    project = make_project(WAITING)
    with started(project) as process:
        with connect("embedded", project.folder) as api:
            eventually(lambda: states(the_run(api))["wait"] == "Running")
        process.kill()
    with connect("embedded", project.folder) as api:
        run = the_run(api)

    message = "The run's process has ended without reporting how the run ended; it has failed."
    assert (run["state"], run["state_message"]) == ("Failed", message)
    assert states(run)["wait"] == "Failed"


def test_a_killed_run_has_failed_soon_on_a_server_that_stayed(make_project: MakeProject) -> None:
    project = make_project(WAITING)
    quick = server(project.folder / ".prefect/prefect.db", 0, reaper_seconds=0.1)
    with quick, started(project) as one, started(project):
        one.kill()
        with connect("embedded", project.folder) as api:
            eventually(lambda: sorted(run["state"] for run in runs(api)) == ["Failed", "Running"])


def test_a_run_cancelled_through_the_api_stops(
    make_project: MakeProject, port: int, address: str
) -> None:
    project = make_project(WAITING, prefect=f"api: {address}")
    database = project.folder / "prefect.db"
    reached = connect(address, project.folder)
    with server(database, port), started(project) as process, reached as api:
        api.mutate("cancel_flow_run", "state", flow_run_id=the_run(api)["id"])
        output, _ = process.communicate(timeout=60)
        run = the_run(api)

    assert process.returncode == 1
    assert f"Error: The flow run {run['id']} was cancelled." in output
    assert run["state"] == "Cancelled"


def test_a_run_in_the_background_of_a_script_is_cancelled_in_the_midst_of_a_node(
    make_project: MakeProject, port: int
) -> None:
    project = make_project(WAITING.replace("sleep(0.02)", "sleep(600)"))
    address = f"http://127.0.0.1:{port}"
    project.write("conf/base/prefect.yml", f"api: {address}")
    background = started(project, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    with server(project.folder / "prefect.db", port), background as process:
        process.send_signal(signal.SIGINT)  # Ctrl-C in the script's terminal is not for this one
        with connect(address, project.folder) as api:
            eventually(lambda: states(the_run(api))["wait"] == "Running")
            api.mutate("cancel_flow_run", "state", flow_run_id=the_run(api)["id"])
            output, _ = process.communicate(timeout=60)
            run = the_run(api)

    assert process.returncode == 1
    assert f"Error: The flow run {run['id']} was cancelled." in output
    assert states(run)["wait"] == "Cancelled"


def test_a_run_outlives_an_api_that_is_away_for_a_while(
    make_project: MakeProject, port: int, address: str
) -> None:
    project = make_project(WAITING, prefect=f"api: {address}")
    database = project.folder / "prefect.db"
    with server(database, port) as first, started(project) as process:
        first.kill()
        first.wait()
        go_on(project)
        with server(database, port), connect(f"http://127.0.0.1:{port}", project.folder) as api:
            output, _ = process.communicate(timeout=60)
            run = the_run(api)

    assert process.returncode == 0, output
    assert run["state"] == "Success"
    assert states(run)["wait"] == states(run)["after"] == "Success"


def test_an_api_that_stays_away_is_an_error_after_the_nodes_are_done(
    make_project: MakeProject, port: int, address: str
) -> None:
    project = make_project(WAITING, prefect=f"api: {address}")
    with server(project.folder / "prefect.db", port) as only, started(project) as process:
        only.kill()
        only.wait()
        go_on(project)
        output, _ = process.communicate(timeout=90)

    assert process.returncode == 1
    assert "after: Success" in output
    assert "Error: The run has ended, but its final state could not be reported" in output


def fill_disk(process: subprocess.Popen[str], is_full: bool) -> None:
    """Let a process write nothing more into any file, or anything again."""
    limit = 1 if is_full else resource.RLIM_INFINITY
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@pytest.mark.skipif(sys.platform != "linux", reason="sets the limits of another process")
def test_a_disk_that_is_full_for_a_while_loses_nothing(
    make_project: MakeProject,
    port: int,
) -> None:
    project = make_project(WAITING, prefect=f"api: http://127.0.0.1:{port}")
    with server(project.folder / "prefect.db", port) as full, started(project) as process:
        fill_disk(full, is_full=True)
        go_on(project)
        assert full.stdout is not None
        said = full.stdout.readline()
        fill_disk(full, is_full=False)
        output, _ = process.communicate(timeout=60)
        with connect(f"http://127.0.0.1:{port}", project.folder) as api:
            run = the_run(api)

    assert said == "Database error: disk I/O error.\n"
    assert process.returncode == 0, output
    assert run["state"] == states(run)["wait"] == states(run)["after"] == "Success"


def test_two_runs_at_the_same_time_share_a_database(
    make_project: MakeProject,
) -> None:
    project = make_project(WAITING)
    with started(project) as one, started(project) as two:
        go_on(project)
        for process in (one, two):
            output, _ = process.communicate(timeout=60)

            assert process.returncode == 0, output
    with connect("embedded", project.folder) as api:
        runs = api.query("query { flow_run { state } }")

    assert [run["state"] for run in runs] == ["Success", "Success"]


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 500 Oops\r\n\r\n", b"garbage\r\n\r\n"], ids=["500", "garbage"]
)
def test_an_api_that_answers_nonsense_is_one_clear_error(
    make_project: MakeProject,
    answer: bytes,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        project = make_project(WAITING, prefect=f"api: {url}")
        with subprocess.Popen(
            [sys.executable, "-m", "kedro", "run", "--runner=project.runner.PrefectRunner"],
            cwd=project.folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "DO_NOT_TRACK": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
            output, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert f"Error: The Prefect API at {url}" in output
    assert "Traceback" not in output
