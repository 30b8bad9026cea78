"""An agent for the flows of a Kedro project: Prefect's local agent, which watches its processes.

Run as ``python -m project.deploy.agent OPTIONS``, with the options as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from threading import Thread
from time import monotonic, sleep
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, NoReturn, Sequence, Set

import prefect
import requests
from prefect.agent import Agent
from prefect.agent.local import LocalAgent

from project.api.client import PrefectApi, api_of
from project.api.queries.flow_runs import flow_run_state, update_heartbeat
from project.api.state_sender import end_run
from project.compat.prefect_patches import patch_local_agent
from project.deploy.deployment import HEARTBEAT_ENV
from project.deploy.flow_run_process import api_variables, report_end

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
    environment = {**HEARTBEAT_ENV, **os.environ, **api_variables(api, options.projects)}
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
        patch_local_agent()
        super().__init__(
            labels=options.labels,
            import_paths=[options.import_path],
            show_flow_logs=options.show_flow_logs,
            hostname_label=False,
        )
        self._children: List[_Child] = []
        self._api = api_of(self.client)
        if self._api.is_on_this_machine:
            # Polling a server on this machine is cheap, and runs start up to 10 s earlier.
            self._loop_intervals = {0: 0.25, 1: 0.5, 2: 0.5}

    def _register_agent(self) -> str:
        # Prefect's own agent ends if a server that restarts is away at this moment.
        while True:
            try:
                return str(super()._register_agent())
            except requests.RequestException as error:
                self.logger.warning("The Prefect API is not reachable: %s Trying again.", error)
                sleep(RETRY_SECONDS)

    def on_startup(self) -> None:
        """Start to watch the processes."""
        Thread(target=self._watch_children, name="children", daemon=True).start()

    def on_shutdown(self) -> None:
        """Name the flow runs whose processes outlive this agent."""
        for child in list(self._children):
            self.logger.info("Flow run %s goes on.", child.flow_run_id)

    def heartbeat(self) -> None:
        """Send the agent's own heartbeat."""
        Agent.heartbeat(self)

    def _get_flow_run_metadata(self, flow_run_ids: Iterable[str]) -> List[Any]:
        # A second process would run all nodes again, beside the first. That one retries by itself,
        # however late, and a run that was scheduled again waits until it has ended.
        others = set(flow_run_ids) - self._own_flow_runs()
        flow_runs: List[Any] = super()._get_flow_run_metadata(others)
        return flow_runs

    def deploy_flow(self, flow_run: Any) -> str:
        """Start the process of a flow run."""
        description: str = super().deploy_flow(flow_run)
        # A copy: other threads start processes, too.
        (process,) = (one for one in list(self.processes) if description == f"PID: {one.pid}")
        self.processes.remove(process)
        self._children.append(_Child(flow_run.id, process))
        return description

    def _safe_write_run_log(self, flow_run: Any, message: str, level: str) -> None:
        # Prefect's own method lets the deployment fail, even if the process has started.
        try:
            super()._safe_write_run_log(flow_run, message, level)
        except requests.RequestException as error:
            self.logger.warning("Not in the log of flow run %s: %s", flow_run.id, error)

    def _mark_flow_as_failed(self, flow_run: Any, message: str) -> None:
        if flow_run.id in self._own_flow_runs():
            return  # its process has started, and reports for itself
        # Prefect's own method leaves the task runs of a run that could not be started Pending.
        super()._mark_flow_as_failed(flow_run, message)
        end_run(self._api, flow_run.id, message)

    def _own_flow_runs(self) -> Set[str]:
        return {child.flow_run_id for child in list(self._children)}

    def _watch_children(self) -> None:
        next_heartbeats: Dict[str, float] = {}
        while True:
            sleep(CHECK_SECONDS)
            for child in list(self._children):
                try:
                    self._check_child(child, next_heartbeats)
                except Exception as error:  # nothing else watches the children
                    self.logger.warning("%s Trying again.", error)
                    sleep(RETRY_SECONDS)

    def _check_child(self, child: _Child, next_heartbeats: Dict[str, float]) -> None:
        if child.process.poll() is not None:
            # A run that was scheduled again goes on in its next process.
            if flow_run_state(self._api, child.flow_run_id) != "Scheduled":
                report_end(self._api, child.flow_run_id, child.process.returncode)
            self._children.remove(child)
            next_heartbeats.pop(child.flow_run_id, None)
            return
        interval = prefect.config.cloud.heartbeat_interval
        # A new process has time to find out whether an earlier one still sends heartbeats.
        if monotonic() > next_heartbeats.setdefault(child.flow_run_id, monotonic() + interval):
            update_heartbeat(self._api, child.flow_run_id)
            next_heartbeats[child.flow_run_id] = monotonic() + interval


if __name__ == "__main__":
    agent = KedroAgent(AgentOptions(**json.loads(sys.argv[1])))
    # Its own handler prints each line, and Kedro's would print it again.
    agent.logger.propagate = False
    agent.start()
