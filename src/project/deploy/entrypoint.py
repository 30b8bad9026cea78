"""The entry point through which a process that an agent starts loads its flow."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Iterable

import pendulum
import prefect
from prefect import Client

from project.api.agent_runner import AgentFlowRunner
from project.api.client import PrefectApi, api_of
from project.api.lines import Line
from project.api.queries.flow_runs import last_heartbeat
from project.api.queries.flows import registered_tasks
from project.api.queries.logs import write_run_logs
from project.compat.kedro_project import find_pipeline, open_project
from project.compat.prefect_patches import patch_client_to_retry, patch_context
from project.deploy.deployment import make_flow
from project.deploy.flow_spec import FlowSpec
from project.errors import FlowRunError
from project.flow.graph import KedroFlow

_HEARTBEAT_TIMEOUT_SECONDS = 600  # after which servers consider a process dead
_OTHER_PROCESS = "Another process executes this flow run already; this one exits."


def load_flow() -> KedroFlow:
    """Return the flow that an agent is to run, built from the project's current code.

    Raises:
        FlowRunError: the pipeline's nodes have changed since the flow was registered.
    """
    patch_context()
    spec = FlowSpec.from_env()
    pipelines = open_project(spec.ref.project_path, spec.ref.package_name)
    if not spec.ref.project_path.is_dir():  # the project is installed as a package
        spec = spec._replace(ref=spec.ref._replace(project_path=Path.cwd()))
    flow = make_flow(find_pipeline(pipelines, spec.ref.pipeline_name), spec)
    flow_run_id = prefect.context.get("flow_run_id")
    if flow_run_id is not None:
        patch_client_to_retry()
        exit_beside_another_process(api_of(Client()), flow_run_id)
        gc.freeze()  # what is imported by now lasts as long as this process; see compat.collector
        # `prefect execute flow-run` reads this after it has loaded the flow. Agents set it to
        # Prefect's own class, by a variable that no run configuration can override.
        engine = prefect.config.engine
        engine.flow_runner.default_class = f"{AgentFlowRunner.__module__}.AgentFlowRunner"
    flow_id = prefect.context.get("flow_id")
    if flow_id is not None:
        require_registered_tasks(flow, api_of(Client()), flow_id)
    return flow


def exit_beside_another_process(api: PrefectApi, flow_run_id: str) -> None:
    """Exit if another process executes the flow run.

    Agents start a second one for a Running flow run with a retry that is three seconds late. The
    first may be alive all the same: a node that holds the interpreter holds up the retries of
    others. If it is not, the server reschedules the flow run, as it does without a retry.

    Raises:
        SystemExit: the flow run was Running before this process, and has had a heartbeat.
    """
    heartbeat = last_heartbeat(api, flow_run_id)
    now = pendulum.now("utc")
    if heartbeat and pendulum.parse(heartbeat) > now.subtract(seconds=_HEARTBEAT_TIMEOUT_SECONDS):
        line = Line(None, int(now.timestamp() * 1_000_000), __name__, "WARNING", _OTHER_PROCESS)
        write_run_logs(api, [line.as_input(flow_run_id)])
        raise SystemExit


def require_registered_tasks(flow: KedroFlow, api: PrefectApi, flow_id: str) -> None:
    """Raise an error if a flow's tasks have changed since it was registered.

    Raises:
        FlowRunError: names the nodes that differ, and the remedy.
    """
    registered = registered_tasks(api, flow_id)
    now, before = set(flow.slugs.values()), set(registered.slugs)
    if now != before:
        raise FlowRunError(
            f"The nodes of flow '{flow.name}' have changed since version {registered.version} was "
            f"registered (added: {_listed(now - before)}; removed: {_listed(before - now)}). "
            "Register it again with 'kedro prefect register', then start a new run."
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
