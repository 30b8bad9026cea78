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

from project.backend.registration import PROJECTS_VARIABLE

# The processes of flow runs inherit it from the agent.
ENVIRONMENT = {
    "PREFECT__BACKEND": "server",
    # The beats of Prefect's default, a process, go on for ever when the flow run's is killed.
    "PREFECT__CLOUD__HEARTBEAT_MODE": "thread",
    "PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL": "5",
    "PREFECT__CLOUD__LOGGING_HEARTBEAT": "2",
}


class AgentOptions(NamedTuple):
    """Say which runs an agent takes, where it imports from, and whether it prints their lines.

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
        [*command, *_arguments(options, api)], env={**_environment(api), **_known(options.projects)}
    )
    with _signals_passed_on(process):
        return process.wait()


def _arguments(options: AgentOptions, api: Optional[str]) -> List[str]:
    arguments = ["--no-hostname-label", "--import-path", str(options.import_path)]
    for label in options.labels:
        arguments += ["--label", label]
    if options.show_flow_logs:
        arguments.append("--show-flow-logs")
    return arguments if api is None else [*arguments, "--api", api]


def _known(projects: Mapping[str, Path]) -> Dict[str, str]:
    return {PROJECTS_VARIABLE: json.dumps({name: str(path) for name, path in projects.items()})}


def _environment(api: Optional[str]) -> Dict[str, str]:
    given = {**ENVIRONMENT, **os.environ}
    if api is None:
        return given
    without_proxy = [given.get("NO_PROXY"), "127.0.0.1", "localhost"]
    return {
        **given,
        "PREFECT__BACKEND": "server",
        "PREFECT__CLOUD__API": api,
        "NO_PROXY": ",".join(filter(None, without_proxy)),
    }


@contextmanager
def _signals_passed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    def pass_on(number: int, frame: object) -> None:
        process.send_signal(number)

    before = {each: signal.signal(each, pass_on) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
