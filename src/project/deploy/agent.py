"""Prefect's own local agent, started with what the flows of a Kedro project need."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence

from project.deploy.flow_spec import PROJECTS_VARIABLE

# The processes of flow runs inherit it from the agent.
ENVIRONMENT = {
    "PREFECT__BACKEND": "server",
    # Prefect's default is a process, which goes on for ever after the flow run's is killed.
    "PREFECT__CLOUD__HEARTBEAT_MODE": "thread",
    "PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL": "5",
    "PREFECT__CLOUD__LOGGING_HEARTBEAT": "2",
}


class AgentOptions(NamedTuple):
    """Which runs an agent takes, where it imports from, and whether it prints their output.

    ``projects`` are the folders of Kedro projects by the names of their packages.
    """

    labels: Sequence[str]
    import_path: Path
    projects: Mapping[str, Path]
    show_flow_logs: bool = False


def run_agent(options: AgentOptions, api: Optional[str] = None) -> int:
    """Run an agent until it is stopped, by a signal to this process too; return its exit code.

    ``api``: the address to poll; ``None``: what Prefect's own configuration says.
    """
    command = [sys.executable, "-m", "prefect", "agent", "local", "start"]
    process = subprocess.Popen(  # noqa: S603
        [*command, *_arguments(options, api)], env=_environment(options, api)
    )
    with _signals_forwarded(process):
        return process.wait()


def _arguments(options: AgentOptions, api: Optional[str]) -> List[str]:
    arguments = ["--no-hostname-label", "--import-path", str(options.import_path)]
    for label in options.labels:
        arguments += ["--label", label]
    if options.show_flow_logs:
        arguments.append("--show-flow-logs")
    return arguments if api is None else [*arguments, "--api", api]


def _environment(options: AgentOptions, api: Optional[str]) -> Dict[str, str]:
    projects = {name: str(path) for name, path in options.projects.items()}
    environment = {**ENVIRONMENT, **os.environ, PROJECTS_VARIABLE: json.dumps(projects)}
    if api is None:
        return environment
    without_proxy = [environment.get("NO_PROXY"), "127.0.0.1", "localhost"]
    return {
        **environment,
        "PREFECT__BACKEND": "server",
        "PREFECT__CLOUD__API": api,
        "NO_PROXY": ",".join(filter(None, without_proxy)),
    }


@contextmanager
def _signals_forwarded(process: subprocess.Popen[bytes]) -> Iterator[None]:
    def forward(number: int, frame: object) -> None:
        process.send_signal(number)

    before = {each: signal.signal(each, forward) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
