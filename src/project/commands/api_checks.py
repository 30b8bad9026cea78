"""The checks of ``kedro prefect doctor`` that ask the Prefect API."""

from __future__ import annotations

from typing import Iterator, List

import pendulum

from project.api.client import PrefectApi
from project.api.follow import matching_agents, missing_agent
from project.api.queries.flow_run_lists import WaitingRow, waiting_flow_runs
from project.api.queries.flows import deployed_labels
from project.api.restart import HERE_LABEL
from project.commands.check_result import CheckResult, failure_if, ok, warning
from project.deploy.deployment import Deployment
from project.deploy.orphans import orphaned_runs
from project.deploy.registration import Comparison

_LATE_MINUTES = 2
_SILENT_MINUTES = 10  # after as many without a heartbeat, Prefect considers a process dead
_MAX_RUNS = 20


def check_api(
    api: PrefectApi, deployment: Deployment, compared: Comparison
) -> Iterator[CheckResult]:
    """Check what the API has of the flow: registration, schedule, agents, runs that are stuck."""
    yield _check_tenant(api)
    yield _check_flow(deployment, compared)
    if deployment.settings.schedule is not None:
        yield _check_schedule(deployment, compared)
    own, row = _own_labels(deployment), compared.row
    deployed = own if row is None else deployed_labels(api, row.id)
    yield from _check_labels(deployment, deployed)
    yield _check_agents(api, deployment, deployed)
    yield from _check_runs(api, deployment)


def _check_tenant(api: PrefectApi) -> CheckResult:
    missing = "none yet; registering a flow creates 'default'"
    return ok("tenant", missing if api.tenant_id is None else api.tenant_slug)


def _check_flow(deployment: Deployment, compared: Comparison) -> CheckResult:
    where = f"'{deployment.flow_name}' of project '{deployment.prefect_project}'"
    if compared.row is None:
        return ok("flow", f"{where}, not registered yet")
    version = compared.row.version
    state = "changed since" if next_version(deployment, compared) > version else "unchanged"
    if compared.is_interrupted:
        state = "whose registration was interrupted"
    return ok("flow", f"{where}, version {version}, {state}")


def next_version(deployment: Deployment, compared: Comparison) -> int:
    """Return the version that the flow has once ``kedro run`` has registered it."""
    if compared.row is None:
        return 1
    key, current = compared.key, compared.registered_key
    # Only a deploying command registers another schedule or run configuration.
    deploys = deployment.settings.run == "none"
    is_same = key == current if deploys else key.flow == current.flow
    return compared.row.version if is_same else compared.row.version + 1


def is_registered(deployment: Deployment, compared: Comparison) -> bool:
    """Return whether ``kedro run`` would register nothing."""
    row = compared.row
    is_newest = row is not None and row.version == next_version(deployment, compared)
    return is_newest and not compared.is_interrupted


def _check_schedule(deployment: Deployment, compared: Comparison) -> CheckResult:
    is_same = compared.registered_key.deployment == compared.key.deployment
    if not is_same and deployment.settings.run != "none":
        text = f"not deployed as prefect.yml has it. {deployment.how_to_register()}"
        return warning("schedule", text)
    return ok("schedule", "deployed")


def _check_labels(deployment: Deployment, deployed: List[str]) -> Iterator[CheckResult]:
    own = _own_labels(deployment)
    if deployed != own and deployment.settings.run != "none":
        text = f"the deployed flow has {_listed(deployed)}, prefect.yml has {_listed(own)}"
        yield warning("labels", f"{text}. {deployment.how_to_register()}")


def _listed(labels: List[str]) -> str:
    return ", ".join(labels) or "no labels"


def _own_labels(deployment: Deployment) -> List[str]:
    return sorted(deployment.make_run_config().labels)


def _check_agents(api: PrefectApi, deployment: Deployment, deployed: List[str]) -> CheckResult:
    settings = deployment.settings
    # A run that `kedro run` starts has the labels in prefect.yml, whatever is deployed.
    labels = deployed if settings.run == "here" else _own_labels(deployment)
    count = len(matching_agents(api, labels))
    if count > 1:
        text = f"{count} agents pick up the flow's runs, and each run goes to any of them"
        return warning("agents", f"{text}. Stop all but one, or give them labels.")
    if count == 1:
        return ok("agents", "an agent picks up the flow's runs")
    reason = missing_agent(api, labels)
    env = f" --env {deployment.env}" if deployment.env else ""
    if settings.run == "agent":
        text = f"no agent picks up the flow's runs, which wait until one does: {reason}{env}"
        return failure_if(settings.wait, "agents", text)
    if settings.schedule is not None:
        return warning("agents", f"no agent picks up the scheduled runs: {reason}{env}")
    return ok("agents", f"none needed (run: {settings.run})")


def _check_runs(api: PrefectApi, deployment: Deployment) -> Iterator[CheckResult]:
    orphaned = orphaned_runs(api, deployment)
    if orphaned:
        yield warning(
            "runs",
            "left behind by a 'kedro run' that has died, until the next 'kedro run' with run: here "
            f"sets them to Failed: {', '.join(orphaned)}",
        )
    rows = waiting_flow_runs(
        api, api.tenant_id, deployment.prefect_project, deployment.flow_name, _MAX_RUNS
    )
    stuck = [f"{row.id} ({row.state})" for row in rows if _is_stuck(row)]
    if stuck:
        remedy = "Start an agent for those that are late; cancel others: kedro prefect cancel ID"
        yield warning("runs", f"late, or without a heartbeat: {', '.join(stuck)}. {remedy}")
    if not orphaned and not stuck:
        yield ok("runs", "none is stuck")


def _is_stuck(row: WaitingRow) -> bool:
    now = pendulum.now("utc")
    if row.state == "Scheduled":
        is_late = pendulum.parse(row.scheduled_start_time) < now.subtract(minutes=_LATE_MINUTES)
        return is_late and HERE_LABEL not in row.labels
    last_sign = pendulum.parse(row.heartbeat or row.state_timestamp)
    return bool(last_sign < now.subtract(minutes=_SILENT_MINUTES))
