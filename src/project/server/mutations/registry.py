"""The table of mutations: what the API can do is exactly this."""

from __future__ import annotations

from typing import Any, Callable

from project.server.mutations import (
    agents,
    flow_groups,
    flow_runs,
    flows,
    logs,
    projects,
    run_states,
    schedules,
    task_runs,
)

MUTATIONS: tuple[Callable[..., Any], ...] = (
    projects.create_tenant,
    projects.create_project,
    projects.delete_project,
    flows.create_flow,
    flows.create_flow_from_compressed_string,
    flows.register_tasks,
    flows.register_edges,
    flows.archive_flow,
    flows.delete_flow,
    flows.disable_flow_heartbeat,
    flows.enable_flow_heartbeat,
    flow_groups.set_flow_group_labels,
    flow_groups.set_flow_group_default_parameters,
    schedules.set_schedule_active,
    schedules.set_schedule_inactive,
    schedules.set_flow_group_schedule,
    schedules.delete_flow_group_schedule,
    flow_runs.create_flow_run,
    flow_runs.set_flow_run_name,
    flow_runs.delete_flow_run,
    flow_runs.cancel_flow_run,
    flow_runs.update_flow_run_heartbeat,
    run_states.set_flow_run_states,
    run_states.set_task_run_states,
    task_runs.get_or_create_task_run_info,
    task_runs.set_task_run_name,
    task_runs.create_task_run_artifact,
    task_runs.update_task_run_artifact,
    task_runs.delete_task_run_artifact,
    agents.register_agent,
    agents.get_runs_in_queue,
    logs.write_run_logs,
)
