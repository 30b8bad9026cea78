"""Processes that execute one flow run each, as agents start them."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from threading import Thread
from typing import Dict, Mapping, Optional

from prefect.engine.state import Cancelled, Failed, State

from project.api.agent_runner import UNREPORTED_EXIT_CODE
from project.api.client import PrefectApi
from project.api.follow import Follower
from project.api.queries.flow_runs import flow_of_run, flow_run_state
from project.api.state_sender import end_run
from project.api.states import FINISHED
from project.deploy.deployment import HEARTBEAT_ENV
from project.deploy.flow_spec import PROJECTS_VARIABLE
from project.errors import ApiError
from project.execution.cancellation import SIGNALLED

logger = logging.getLogger(__name__)

EXIT_SECONDS = 10.0


def api_variables(api: PrefectApi, projects: Mapping[str, str]) -> Dict[str, str]:
    """Return the environment variables of a process that uses an API.

    ``projects`` maps package names to the folders of their Kedro projects.
    """
    variables = {**api.client_variables(), PROJECTS_VARIABLE: json.dumps(dict(projects))}
    if api.api_key:
        variables["PREFECT__CLOUD__API_KEY"] = api.api_key
    return variables


def execute_flow_run(
    api: PrefectApi, flow_run_id: str, variables: Mapping[str, str], follower: Follower
) -> None:
    """Execute a flow run in a process of its own, as an agent would, and follow it to its end.

    Raises:
        FlowRunError: it did not succeed.
        SystemExit: a signal ended this process, after the flow run was cancelled.
    """
    environment = {
        **HEARTBEAT_ENV,
        **os.environ,
        **variables,
        "PREFECT__CONTEXT__FLOW_RUN_ID": flow_run_id,
        "PREFECT__CONTEXT__FLOW_ID": flow_of_run(api, flow_run_id),
        "PREFECT__CLOUD__USE_LOCAL_SECRETS": "false",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "prefect", "execute", "flow-run"],
        env=environment,
        stdout=subprocess.DEVNULL,  # its lines come from the API
        start_new_session=True,  # so that Ctrl-C does not reach it: the flow run is cancelled
    )
    reporting = Thread(target=_report_exit, args=(api, flow_run_id, process), daemon=True)
    reporting.start()
    try:
        follower.follow_or_cancel()
    finally:
        _end(process)
        reporting.join(EXIT_SECONDS)  # before the API ends with this process


def _report_exit(api: PrefectApi, flow_run_id: str, process: subprocess.Popen[bytes]) -> None:
    code = process.wait()
    try:
        report_end(api, flow_run_id, code)
        if api.unreported is not None:
            api.unreported.deliver(api)
    except ApiError as error:
        logger.error(error)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def report_end(api: PrefectApi, flow_run_id: str, exit_code: int) -> None:
    """Report the end of a flow run and its task runs, if its process ended without doing so."""
    state = flow_run_state(api, flow_run_id)
    if exit_code in (0, UNREPORTED_EXIT_CODE) or state is None:
        return
    reason = f"The process of the flow run {_describe_exit(exit_code)}."
    final: Optional[State] = Cancelled(reason) if state == "Cancelling" else Failed(reason)
    if state in FINISHED:
        # A process that cannot load its flow sets the flow run to Failed, but not its task runs.
        final = None
    else:
        logger.error("Flow run %s: %s", flow_run_id, reason)
    end_run(api, flow_run_id, reason, final)


def _describe_exit(code: int) -> str:
    names = {number.value: number.name for number in signal.Signals}
    ended_by = -code if code < 0 else code - SIGNALLED
    if code < 0 or ended_by in names:
        return f"was ended by {names.get(ended_by, f'signal {ended_by}')}"
    return f"ended with exit code {code}"
