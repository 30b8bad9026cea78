"""An agent for the flows of a Kedro project: Prefect's local agent, which watches its processes.

Run as ``python -m project.deploy.agent OPTIONS``, with the options as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from threading import Thread
from time import monotonic, sleep
from typing import Any, Dict, List, Mapping, NamedTuple, NoReturn, Sequence

import prefect
from prefect.agent import Agent
from prefect.agent.local import LocalAgent
from prefect.engine.state import Cancelled, Failed, TriggerFailed

from project.api import queries
from project.api.agent_runner import UNREPORTED_EXIT_CODE
from project.api.client import PrefectApi
from project.api.state_sender import RunState, StateSender
from project.api.states import FINISHED
from project.api.transport import proxy_exemption
from project.deploy.flow_spec import PROJECTS_VARIABLE
from project.errors import ApiError

# The processes of flow runs inherit these from the agent.
ENVIRONMENT = {
    # Prefect's default sends heartbeats from a process of its own, which outlives a killed run.
    "PREFECT__CLOUD__HEARTBEAT_MODE": "thread",
}

CHECK_SECONDS = 0.5
RETRY_SECONDS = 5.0


class AgentOptions(NamedTuple):
    """Options of an agent: labels, import path, projects, and whether it prints output.

    ``projects`` maps package names to the folders of their Kedro projects.
    """

    labels: Sequence[str]
    import_path: str
    projects: Mapping[str, str]
    show_flow_logs: bool = False


def exec_agent(options: AgentOptions, api: PrefectApi) -> NoReturn:
    """Replace this process with an agent, so that killing it leaves no other process behind.

    The agent polls ``api``, and so do the processes that it starts.
    """
    environment = {
        **ENVIRONMENT,
        **os.environ,
        PROJECTS_VARIABLE: json.dumps(dict(options.projects)),
        "PREFECT__BACKEND": "server",
        "PREFECT__CLOUD__API": api.address,
    }
    if api.api_key:
        environment["PREFECT__CLOUD__API_KEY"] = api.api_key
    if api.is_on_this_machine:
        environment.update(proxy_exemption(os.environ, api.address))
    command = [sys.executable, "-m", "project.deploy.agent", json.dumps(options._asdict())]
    sys.stdout.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606


class _Child(NamedTuple):
    flow_run_id: str
    process: subprocess.Popen[Any]


class KedroAgent(LocalAgent):
    """Local agent that sends heartbeats for its flow runs, and reports when a process dies.

    A node can hold the interpreter for so long that its own process sends no heartbeat. The API
    would consider it dead, and have a second process started beside it.
    """

    def __init__(self, options: AgentOptions):
        super().__init__(
            labels=options.labels,
            import_paths=[options.import_path],
            show_flow_logs=options.show_flow_logs,
            hostname_label=False,
        )
        self._children: List[_Child] = []
        self._api = PrefectApi(self.client)
        if self._api.is_on_this_machine:
            # Polling a server on this machine is cheap, and runs start up to 10 s earlier.
            self._loop_intervals = {0: 0.25, 1: 0.5, 2: 0.5}

    def on_startup(self) -> None:
        """Start to watch the processes."""
        Thread(target=self._look_after_children, name="children", daemon=True).start()

    def heartbeat(self) -> None:
        """Send the agent's own heartbeat."""
        Agent.heartbeat(self)

    def deploy_flow(self, flow_run: Any) -> str:
        """Start the process of a flow run."""
        description: str = super().deploy_flow(flow_run)
        (process,) = (one for one in self.processes if description == f"PID: {one.pid}")
        self.processes.remove(process)
        self._children.append(_Child(flow_run.id, process))
        return description

    def _look_after_children(self) -> None:
        vouched: Dict[str, float] = {}
        while True:
            sleep(CHECK_SECONDS)
            for child in list(self._children):
                try:
                    self._look_after(child, vouched)
                except ApiError as error:
                    self.logger.warning("%s Trying again.", error)
                    sleep(RETRY_SECONDS)

    def _look_after(self, child: _Child, vouched: Dict[str, float]) -> None:
        if child.process.poll() is not None:
            self._report_end(child)
            self._children.remove(child)
            vouched.pop(child.flow_run_id, None)
        elif monotonic() > vouched.get(child.flow_run_id, 0.0):
            queries.update_heartbeat(self._api, child.flow_run_id)
            vouched[child.flow_run_id] = monotonic() + prefect.config.cloud.heartbeat_interval

    def _report_end(self, child: _Child) -> None:
        """Report the end of a flow run, if its process ended without doing so."""
        code = child.process.returncode
        state = queries.flow_run_state(self._api, child.flow_run_id)
        if code in (0, UNREPORTED_EXIT_CODE) or state is None or state in FINISHED:
            return
        reason = f"The process of the flow run {_describe_exit(code)}."
        self.logger.error("Flow run %s: %s", child.flow_run_id, reason)
        sender = StateSender(self._api, child.flow_run_id)
        for task_run_id, name in queries.task_run_states(self._api, child.flow_run_id).items():
            if name == "Running":
                sender.put(RunState(task_run_id, Failed(reason)))
            elif name not in FINISHED:
                sender.put(RunState(task_run_id, TriggerFailed(f"Not started: {reason}")))
        final = Cancelled(reason) if state == "Cancelling" else Failed(reason)
        sender.put(RunState(None, final))
        while sender.waiting():
            sender.send_round()


def _describe_exit(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


if __name__ == "__main__":
    KedroAgent(AgentOptions(**json.loads(sys.argv[1]))).start()
