"""Prefect's own command line and agent, as processes that use one server and one project."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import requests

from tests.kits.waiting import eventually
from tests.server.kit import Api

KEY = "PREFECT__CLOUD__API_KEY"
COMMAND = [sys.executable, "-W", "ignore", "-m", "prefect"]


class CommandLine:
    """Prefect's command line with its own home, project and label."""

    def __init__(self, url: str, home: Path) -> None:
        self.api = Api(url, os.environ.get(KEY))
        self.home = home
        self.project = self.label = f"end-to-end-{uuid.uuid4().hex[:8]}"
        inherited = {name: value for name, value in os.environ.items() if "PREFECT__" not in name}
        key = {KEY: os.environ[KEY]} if KEY in os.environ else {}
        self.env = {
            **inherited,
            **key,
            "HOME": str(home),
            "NO_PROXY": "localhost,127.0.0.1",
            "PREFECT__BACKEND": "server",
            "PREFECT__CLOUD__API": url,
            "PREFECT__CLOUD__HEARTBEAT_MODE": "thread",
            "PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL": "1",
            "PREFECT__CLOUD__LOGGING_HEARTBEAT": "1",
        }

    def __call__(self, *arguments: str) -> str:
        """Run a command that succeeds, and return its output."""
        done = self.call(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments], env=self.env, capture_output=True, text=True, timeout=120
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*COMMAND, *arguments], env=self.env, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def asking_for(self, flow: str) -> list[str]:
        """Return the arguments of a run of a flow that the agent takes."""
        return ["run", "-n", flow, "--project", self.project, "--label", self.label]

    def watch(self, flow: str, *more: str) -> str:
        """Run a flow to its end, and return the output and the exit code."""
        done = self.call(*self.asking_for(flow), "--watch", *more)
        return f"{done.stdout}exit code {done.returncode}"

    def runs(self, flow: str, fields: str) -> Any:
        """Return the runs of a flow in the order of their scheduled start."""
        project = f'project: {{name: {{_eq: "{self.project}"}}}}'
        where = f'{{flow: {{name: {{_eq: "{flow}"}}, {project}}}}}'
        order = "{scheduled_start_time: asc}"
        return self.api.data(
            f"query {{ flow_run(where: {where}, order_by: {order}) {{ {fields} }} }}"
        )

    @contextmanager
    def project_on_the_server(self) -> Iterator[None]:
        """Create the project, and delete it with its flows and runs at the end.

        A new Prefect Server has no tenant, and `create project` then fails with exit code 0.
        """
        if not self.api.data("query { tenant { id } }"):
            self("server", "create-tenant", "--name", "default")
        self("create", "project", self.project)
        try:
            yield
        finally:
            self("delete", "project", self.project)

    @contextmanager
    def agent(self) -> Iterator[None]:
        """Run an agent that takes only the runs with the label."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"http://127.0.0.1:{free.getsockname()[1]}"
        labels = ["--no-hostname-label", "--label", self.label]
        command = [*COMMAND, "agent", "local", "start", "--name", self.label, *labels]
        log = (self.home / "agent.log").open("w")
        with log, subprocess.Popen(
            [*command, "--agent-address", address], env=self.env, stdout=log, stderr=log
        ) as process:
            try:
                eventually(lambda: _answers(f"{address}/api/health"), 60)
                yield
            finally:
                process.send_signal(signal.SIGTERM)


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.ConnectionError:
        return False
