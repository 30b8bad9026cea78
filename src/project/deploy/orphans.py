"""Flow runs whose ``kedro run`` process has ended, on an API that cannot detect it."""

from __future__ import annotations

from typing import List

import pendulum
from prefect.engine.state import Failed

from project.api.client import PrefectApi
from project.api.queries.flow_run_lists import scheduled_flow_runs
from project.api.restart import HERE_LABEL
from project.api.state_sender import end_run
from project.deploy.deployment import Deployment

# A `kedro run` process starts its run immediately. If the run is Scheduled, the process has died,
# and Prefect Server may have rescheduled the run when its heartbeats were missing.
_LATE_SECONDS = 60
_REASON = "The process of this run has ended, and no agent can take it over."


def orphaned_runs(api: PrefectApi, deployment: Deployment) -> List[str]:
    """Return the ids of the flow's runs that wait for a process that has ended."""
    scheduled = scheduled_flow_runs(
        api, api.tenant_id, deployment.prefect_project, deployment.flow_name
    )
    late = pendulum.now("utc").subtract(seconds=_LATE_SECONDS)
    return [
        run.id
        for run in scheduled
        if HERE_LABEL in run.labels and pendulum.parse(run.state_timestamp) < late
    ]


def end_orphaned_runs(api: PrefectApi, deployment: Deployment) -> None:
    """End the flow's runs that would otherwise wait forever."""
    for flow_run_id in orphaned_runs(api, deployment):
        end_run(api, flow_run_id, _REASON, Failed(_REASON))
