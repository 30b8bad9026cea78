"""The writing half of the schema: what mutations take (each one `input`) and give back."""

MUTATION_TYPES = """
type id_payload { id: UUID }
type success_payload { success: Boolean error: String }
type state_payload { state: String }
type runs_in_queue_payload { flow_run_ids: [UUID!] }
type task_run_info_payload { id: UUID version: Int serialized_state: JSON }
type set_state_result { id: UUID status: String message: String }
type set_states_payload { states: [set_state_result!] }

input create_tenant_input { name: String! slug: String }
input create_project_input { name: String! description: String tenant_id: UUID }
input delete_project_input { project_id: UUID! }

input create_flow_input {
  project_id: UUID
  serialized_flow: JSON!
  set_schedule_active: Boolean = true
  version_group_id: String
  idempotency_key: String
  description: String
}
input create_flow_from_compressed_string_input {
  project_id: UUID
  serialized_flow: String!
  set_schedule_active: Boolean = true
  version_group_id: String
  idempotency_key: String
  description: String
}
input register_tasks_input { flow_id: UUID! serialized_tasks: [JSON!]! }
input register_edges_input { flow_id: UUID! serialized_edges: [JSON!]! }
input disable_flow_heartbeat_input { flow_id: UUID! }
input enable_flow_heartbeat_input { flow_id: UUID! }
input set_schedule_active_input { flow_id: UUID! }
input set_schedule_inactive_input { flow_id: UUID! }
input archive_flow_input { flow_id: UUID! }
input delete_flow_input { flow_id: UUID! }

input set_flow_group_labels_input { flow_group_id: UUID! labels: [String!] }
input set_flow_group_default_parameters_input { flow_group_id: UUID! parameters: JSON! }
input cron_clock_input { cron: String! parameter_defaults: JSON labels: [String!] }
input interval_clock_input { interval: Int! parameter_defaults: JSON labels: [String!] }
input set_flow_group_schedule_input {
  flow_group_id: UUID!
  cron_clocks: [cron_clock_input!]
  interval_clocks: [interval_clock_input!]
  timezone: String
}
input delete_flow_group_schedule_input { flow_group_id: UUID! }

input create_flow_run_input {
  flow_id: UUID
  version_group_id: String
  parameters: JSON
  run_config: JSON
  labels: [String!]
  context: JSON
  idempotency_key: String
  scheduled_start_time: DateTime
  flow_run_name: String
}
input set_flow_run_name_input { flow_run_id: UUID! name: String! }
input set_task_run_name_input { task_run_id: UUID! name: String! }
input delete_flow_run_input { flow_run_id: UUID! }
input cancel_flow_run_input { flow_run_id: UUID! }
input update_flow_run_heartbeat_input { flow_run_id: UUID }
input flow_run_state_input { flow_run_id: UUID! state: JSON! version: Int }
input task_run_state_input { task_run_id: UUID! state: JSON! version: Int }
input set_flow_run_states_input { states: [flow_run_state_input!]! }
input set_task_run_states_input { states: [task_run_state_input!]! }
input get_or_create_task_run_info_input { flow_run_id: UUID! task_id: UUID! map_index: Int }

input register_agent_input {
  type: String!
  name: String
  labels: [String!]
  tenant_id: UUID
  agent_config_id: UUID
}
input get_runs_in_queue_input { tenant_id: UUID before: DateTime labels: [String!] }

input run_log_input {
  flow_run_id: UUID
  task_run_id: UUID
  timestamp: String
  name: String
  level: String
  message: String
  info: JSON
}
input write_run_logs_input { logs: [run_log_input!]! }

input create_task_run_artifact_input { task_run_id: UUID! kind: String! data: JSON tenant_id: UUID }
input update_task_run_artifact_input { task_run_artifact_id: UUID! data: JSON }
input delete_task_run_artifact_input { task_run_artifact_id: UUID! }
"""
