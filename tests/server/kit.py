"""What the tests of the embedded API share: a raw client, flows, server processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Mapping

import requests
from prefect import Client, Flow, Parameter, task
from prefect.engine.results import PrefectResult
from prefect.storage import Module
from prefect.utilities.configuration import set_temporary_config

NO_ID = "00000000-0000-4000-8000-000000000000"


class Api:
    """A plain HTTP client of the GraphQL endpoint."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def post(
        self, query: str, variables: Any = None, path: str = "/", **headers: str
    ) -> requests.Response:
        body = {"query": query, "variables": variables}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(
            self.url + path, json=body, headers={**self._headers, **names}, timeout=30
        )

    def data(self, query: str, variables: Any = None, **headers: str) -> Any:
        """Return the value of the only root field of a request that succeeds."""
        answer = self.post(query, variables, **headers).json()
        assert "errors" not in answer, answer["errors"]
        return next(iter(answer["data"].values()))

    def error(self, query: str, variables: Any = None, **headers: str) -> str:
        """Return the message of a request that fails."""
        return str(self.post(query, variables, **headers).json()["errors"][0]["message"])

    def mutate(self, name: str, /, **input: Any) -> Any:
        """Run a mutation that succeeds, and return its payload."""
        return self.data(mutation(name), {"input": input})

    def refusal(self, name: str, /, **input: Any) -> str:
        """Run a mutation that fails, and return the message."""
        return self.error(mutation(name), {"input": input})


_FIELDS = {
    "cancel_flow_run": "state",
    "get_runs_in_queue": "flow_run_ids",
    "set_flow_run_states": "states { id status message }",
    "set_task_run_states": "states { id status message }",
    "get_or_create_task_run_info": "id version serialized_state",
}


def mutation(name: str) -> str:
    creates = name.startswith("create_") or name == "register_agent"
    fields = _FIELDS.get(name, "id" if creates else "success")
    return f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ {fields} }} }}"


@contextmanager
def prefect_talks_to(url: str, **more: Any) -> Iterator[None]:
    """Configure this process's Prefect for a server."""
    with set_temporary_config(
        {"backend": "server", "cloud.api": url, "cloud.graphql": url, **more}
    ):
        yield


@contextmanager
def prefect_client(url: str, **more: Any) -> Iterator[Client]:
    with prefect_talks_to(url, **more):
        yield Client(api_server=url)


@task(name="one")
def one() -> int:
    return 1


@task(name="increment")
def increment(value: int, by: int) -> int:
    return value + by


def two_tasks(name: str = "two", schedule: Any = None, required: bool = False) -> Flow:
    """Return a flow of two tasks and a parameter."""
    storage = Module("tests.server.kit:two_tasks")
    with Flow(name, schedule=schedule, storage=storage, result=PrefectResult()) as flow:
        by = Parameter("by") if required else Parameter("by", default=4)
        increment(one(), by)
    return flow


def state(type_: str, **more: Any) -> dict[str, Any]:
    return {"type": type_, "message": f"is {type_}", **more}


_SERVE = """
import sys
from pathlib import Path
from project.server.process import serve
from project.server.settings import ServerSettings
serve(ServerSettings(Path(sys.argv[1]), port=int(sys.argv[2])), lambda url: print(url, flush=True))
print("stopped")
"""


class ServerProcess:
    """A server in a process of its own; `setup` is code that runs there first."""

    def __init__(self, database: Path, port: int = 0, setup: str = "") -> None:
        command = [sys.executable, "-c", setup + _SERVE, str(database), str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()

    def stop(self, signal_: int = signal.SIGTERM) -> str:
        """Stop the process, and return the rest of its output."""
        self.process.send_signal(signal_)
        return str(self.process.communicate(timeout=30)[0])


class Registered:
    """A registered flow, its rows and its runs."""

    def __init__(self, api: Api, flow_id: str) -> None:
        self.api = api
        self.id = flow_id

    def run(self, **input: Any) -> str:
        """Create a run, and return its id."""
        return str(self.api.mutate("create_flow_run", flow_id=self.id, **input)["id"])

    def row(self, fields: str) -> Mapping[str, Any]:
        query = f'query {{ flow_by_pk(id: "{self.id}") {{ {fields} }} }}'
        row: Mapping[str, Any] = self.api.data(query)
        return row


def register_flow(api: Api, project_id: str, flow: Flow | None = None, **input: Any) -> Registered:
    serialized = (flow or two_tasks()).serialize()
    answer = api.mutate("create_flow", project_id=project_id, serialized_flow=serialized, **input)
    return Registered(api, answer["id"])


def run_row(api: Api, flow_run_id: str, fields: str) -> Any:
    return api.data(f'query {{ flow_run_by_pk(id: "{flow_run_id}") {{ {fields} }} }}')


def set_flow_state(api: Api, flow_run_id: str, type_: str, **more: Any) -> None:
    states = [{"flow_run_id": flow_run_id, "state": state(type_, **more)}]
    api.mutate("set_flow_run_states", states=states)


def set_task_state(api: Api, task_run_id: str, type_: str, **more: Any) -> None:
    states = [{"task_run_id": task_run_id, "state": state(type_, **more)}]
    api.mutate("set_task_run_states", states=states)
