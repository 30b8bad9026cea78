"""Every mutation, by the type of what it gives back."""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

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
from project.server.mutation_schema import MUTATION_TYPES

Mutation = Callable[[Call, Values], Values]

_BY_PAYLOAD: Mapping[str, Sequence[Mutation]] = {
    "id_payload": [
        projects.create_tenant,
        projects.create_project,
        flows.create_flow,
        flows.create_flow_from_compressed_string,
        flow_runs.create_flow_run,
        task_runs.create_task_run_artifact,
        agents.register_agent,
    ],
    "success_payload": [
        projects.delete_project,
        flows.register_tasks,
        flows.register_edges,
        flows.archive_flow,
        flows.delete_flow,
        flows.disable_flow_heartbeat,
        flows.enable_flow_heartbeat,
        schedule_switch.set_schedule_active,
        schedule_switch.set_schedule_inactive,
        flow_groups.set_flow_group_labels,
        flow_groups.set_flow_group_default_parameters,
        flow_groups.set_flow_group_schedule,
        flow_groups.delete_flow_group_schedule,
        flow_runs.set_flow_run_name,
        flow_runs.delete_flow_run,
        flow_runs.update_flow_run_heartbeat,
        task_runs.set_task_run_name,
        task_runs.update_task_run_artifact,
        task_runs.delete_task_run_artifact,
        logs.write_run_logs,
    ],
    "set_states_payload": [run_states.set_flow_run_states, run_states.set_task_run_states],
    "state_payload": [flow_runs.cancel_flow_run],
    "task_run_info_payload": [task_runs.get_or_create_task_run_info],
    "runs_in_queue_payload": [agents.get_runs_in_queue],
}

MUTATIONS = {each.__name__: each for group in _BY_PAYLOAD.values() for each in group}


def mutation_schema() -> str:
    """Return the types and the Mutation root as schema text."""
    fields = (
        f"  {each.__name__}(input: {each.__name__}_input!): {payload}"
        for payload, group in _BY_PAYLOAD.items()
        for each in group
    )
    return "\n".join((MUTATION_TYPES, "type Mutation {", *fields, "}\n"))
