"""The server as a process of its own, and inside another process."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, Callable, Iterator

import pytest
import requests

from project.server.errors import ServerError, ServerRunningError
from project.server.process import serve
from project.server.record import directory_lock, running_server, write_record
from project.server.settings import ServerSettings
from project.server.store.locks import ProcessLock
from project.server.thread import ServerThread
from tests.kits.waiting import eventually
from tests.server.kit import Api, ServerProcess


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    started = []

    def start(database: Path = tmp_path / "api.db", port: int = 0) -> ServerProcess:
        started.append(ServerProcess(database, port))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.communicate()


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(start: Any, tmp_path: Path, signal_: int) -> None:
    server = start()
    assert running_server(tmp_path) == (server.url, None)
    assert requests.get(f"{server.url}/health", timeout=10).ok

    assert server.stop(signal_) == "stopped\n"
    assert server.process.returncode == 0
    assert running_server(tmp_path) is None
    assert not (tmp_path / "server.json").exists()


def test_a_server_in_a_thread_answers_what_it_has_begun_before_it_stops(
    settings: ServerSettings,
) -> None:
    begun, may_end = Event(), Event()

    def slow(value: Any) -> Any:
        begun.set()
        return may_end.wait(10) and value

    with ThreadPoolExecutor(2) as pool:
        with ServerThread(replace(settings, page_functions={"slow": slow})) as server:
            answer = pool.submit(requests.post, f"{server.url}/slow.json", data=b"7", timeout=10)
            assert begun.wait(10)
            pool.submit(lambda: may_end.wait(0.3) or may_end.set())  # once the server is to stop

        assert answer.result().json() == 7


def test_a_server_in_a_thread_does_not_wait_for_idle_connections(
    settings: ServerSettings,
) -> None:
    with requests.Session() as session:
        with ServerThread(settings) as server:
            assert session.get(f"{server.url}/health", timeout=10).ok

        with pytest.raises(requests.ConnectionError):
            session.get(f"{server.url}/health", timeout=10)


def test_a_second_server_is_refused_with_the_address_of_the_first(
    start: Any, tmp_path: Path
) -> None:
    server = start()

    with pytest.raises(ServerRunningError, match=server.url):
        serve(ServerSettings(tmp_path / "other.db", port=0), print)


def test_a_server_can_start_after_one_that_was_killed(start: Any, tmp_path: Path) -> None:
    first = start()
    first.stop(signal.SIGKILL)

    assert (tmp_path / "server.json").exists()
    assert running_server(tmp_path) is None
    second = start()
    assert running_server(tmp_path) == (second.url, None)
    assert json.loads((tmp_path / "server.json").read_text()) == {
        "url": second.url,
        "pid": second.process.pid,
    }


def test_the_address_of_a_killed_server_is_not_that_of_one_that_starts(tmp_path: Path) -> None:
    write_record(tmp_path, {"url": "http://127.0.0.1:1"})

    with directory_lock(tmp_path, {}):
        assert running_server(tmp_path) is None


def test_a_server_is_ready_without_importing_prefect() -> None:
    code = "import sys, project.server.process; print('prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_the_record_is_read_without_the_libraries_of_the_server() -> None:
    code = "import sys, project.server.record; print({'graphql', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_looking_for_a_server_creates_no_files(tmp_path: Path) -> None:
    assert running_server(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(
            ServerError, match=f"Cannot listen on 127.0.0.1:{port}: .* Choose another port"
        ):
            serve(ServerSettings(tmp_path / "api.db", port=port), print)


def test_data_outlives_an_embedded_server(settings: ServerSettings) -> None:
    with ServerThread(settings) as server:
        Api(server.url).mutate("create_project", name="kept")

    with ServerThread(settings) as server:
        assert Api(server.url).data("query { project { name } }") == [{"name": "kept"}]
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=1)


def test_several_servers_can_share_a_database(settings: ServerSettings, start: Any) -> None:
    server = start(settings.database)
    with ServerThread(settings) as first, ServerThread(replace(settings)) as second:
        for number, one in enumerate((first, second, server)):
            Api(one.url).mutate("create_project", name=str(number))
        projects = Api(first.url).data("query { project(order_by: {name: asc}) { name } }")

    assert projects == [{"name": "0"}, {"name": "1"}, {"name": "2"}]


def test_only_one_server_of_a_database_runs_the_services(settings: ServerSettings) -> None:
    lock = ProcessLock(settings.database.with_name("api.db.services.lock"))
    with ServerThread(settings):
        eventually(lambda: not lock.acquire() or lock.release())

    assert lock.acquire()
    lock.release()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_server_needs_little_memory(start: Any) -> None:
    server = start()
    Api(server.url).data("query { flow_run { id task_runs { id } } }")
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (resident,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))

    assert int(resident) < 120_000  # kB
