"""The server as a process, and inside of one."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
import requests

from project.server.errors import ServerError, ServerRunningError
from project.server.process import EmbeddedServer, running_server, serve
from project.server.settings import ServerSettings
from tests.server.kit import Api, eventually

SERVE = """
import sys
from pathlib import Path
from project.server.process import serve
from project.server.settings import ServerSettings
serve(ServerSettings(Path(sys.argv[1]), port=int(sys.argv[2])), lambda url: print(url, flush=True))
print("stopped")
"""


class ServerProcess:
    """A server in a process of its own."""

    def __init__(self, database: Path, port: int = 0) -> None:
        command = [sys.executable, "-c", SERVE, str(database), str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()

    def stop(self, signal_: int = signal.SIGTERM) -> str:
        """Stop the process, and return what it still said."""
        self.process.send_signal(signal_)
        return str(self.process.communicate(timeout=30)[0])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    started = []

    def start(database: Path = tmp_path / "api.db", port: int = 0) -> ServerProcess:
        started.append(ServerProcess(database, port))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(start: Any, tmp_path: Path, signal_: int) -> None:
    server = start()
    assert running_server(tmp_path) == server.url
    assert requests.get(f"{server.url}/health", timeout=10).ok

    assert server.stop(signal_) == "stopped\n"
    assert server.process.returncode == 0
    assert running_server(tmp_path) is None
    assert not (tmp_path / "server.json").exists()


def test_a_second_one_is_told_where_the_first_is(start: Any, tmp_path: Path) -> None:
    server = start()

    with pytest.raises(ServerRunningError, match=server.url):
        serve(ServerSettings(tmp_path / "other.db", port=0), print)


def test_a_server_that_was_killed_leaves_nothing_in_the_way(start: Any, tmp_path: Path) -> None:
    first = start()
    first.stop(signal.SIGKILL)

    assert (tmp_path / "server.json").exists()
    assert running_server(tmp_path) is None
    second = start()
    assert running_server(tmp_path) == second.url
    assert json.loads((tmp_path / "server.json").read_text()) == {
        "url": second.url,
        "pid": second.process.pid,
    }


def test_no_server_runs_where_there_never_was_one(tmp_path: Path) -> None:
    assert running_server(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(
            ServerError, match=f"Cannot listen on 127.0.0.1:{port}: .* Choose another port"
        ):
            serve(ServerSettings(tmp_path / "api.db", port=port), print)


def test_the_embedded_one_keeps_its_data(settings: ServerSettings) -> None:
    with EmbeddedServer(settings) as server:
        Api(server.url).mutate("create_project", name="kept")

    with EmbeddedServer(settings) as server:
        assert Api(server.url).data("query { project { name } }") == [{"name": "kept"}]
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=1)


def test_several_can_share_a_database(settings: ServerSettings, start: Any) -> None:
    server = start(settings.database)
    with EmbeddedServer(settings) as first, EmbeddedServer(replace(settings)) as second:
        for number, each in enumerate((first, second, server)):
            Api(each.url).mutate("create_project", name=str(number))
        found = Api(first.url).data("query { project(order_by: {name: asc}) { name } }")

    assert found == [{"name": "0"}, {"name": "1"}, {"name": "2"}]


def test_only_one_of_them_runs_the_services(settings: ServerSettings) -> None:
    from project.server.store.locks import ProcessLock

    role = ProcessLock(settings.database.with_name("api.db.services.lock"))
    with EmbeddedServer(settings):
        eventually(lambda: not role.acquire() or role.release())

    assert role.acquire()
    role.release()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_is_small(start: Any) -> None:
    server = start()
    Api(server.url).data("query { flow_run { id task_runs { id } } }")
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (resident,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))

    assert int(resident) < 120_000  # kB
