"""Every mutation by name."""

from __future__ import annotations

from typing import Callable, Mapping

from project.server import (
    agents,
    flow_groups,
    flow_runs,
    flows,
    logs,
    projects,
    run_states,
    schedule_switch,
    task_runs,
)
from project.server.call import Call, Values

Mutation = Callable[[Call, Values], Values]

MUTATIONS: Mapping[str, Mutation] = {
    "create_tenant": projects.create_tenant,
    "create_project": projects.create_project,
    "delete_project": projects.delete_project,
    "create_flow": flows.create_flow,
    "create_flow_from_compressed_string": flows.create_flow_from_compressed_string,
    "register_tasks": flows.register_tasks,
    "register_edges": flows.register_edges,
    "archive_flow": flows.archive_flow,
    "delete_flow": flows.delete_flow,
    "disable_flow_heartbeat": flows.disable_flow_heartbeat,
    "enable_flow_heartbeat": flows.enable_flow_heartbeat,
    "set_schedule_active": schedule_switch.set_schedule_active,
    "set_schedule_inactive": schedule_switch.set_schedule_inactive,
    "set_flow_group_labels": flow_groups.set_flow_group_labels,
    "set_flow_group_default_parameters": flow_groups.set_flow_group_default_parameters,
    "set_flow_group_schedule": flow_groups.set_flow_group_schedule,
    "delete_flow_group_schedule": flow_groups.delete_flow_group_schedule,
    "create_flow_run": flow_runs.create_flow_run,
    "set_flow_run_name": flow_runs.set_flow_run_name,
    "delete_flow_run": flow_runs.delete_flow_run,
    "cancel_flow_run": flow_runs.cancel_flow_run,
    "update_flow_run_heartbeat": flow_runs.update_flow_run_heartbeat,
    "set_flow_run_states": run_states.set_flow_run_states,
    "set_task_run_states": run_states.set_task_run_states,
    "get_or_create_task_run_info": task_runs.get_or_create_task_run_info,
    "set_task_run_name": task_runs.set_task_run_name,
    "create_task_run_artifact": task_runs.create_task_run_artifact,
    "update_task_run_artifact": task_runs.update_task_run_artifact,
    "delete_task_run_artifact": task_runs.delete_task_run_artifact,
    "register_agent": agents.register_agent,
    "get_runs_in_queue": agents.get_runs_in_queue,
    "write_run_logs": logs.write_run_logs,
}
