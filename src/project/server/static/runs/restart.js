// Restarting runs from their failed tasks.
import { query } from "../shared/api.js";
import { timestamp } from "../shared/format.js";
import { restartPlan } from "./restart-plan.js";
import { setStates } from "./set-state-dialog.js";

const RESULTS = `query ($id: uuid!) {
  task_run(where: {flow_run_id: {_eq: $id}}) { id task_id map_index state serialized_state }
}`;
const FLOW = `query ($id: uuid!) {
  flow_run_by_pk(id: $id) {
    flow { tasks { id type inputs outputs } edges { from: upstream_task_id to: downstream_task_id key } }
  }
}`;

/** @import { PlannedTask } from "./restart-plan.js" */

/**
 * @param {string} runId
 * @param {{ tasks: Map<string, PlannedTask>, edges: Edge[] }} flow
 */
export async function loadPlan(runId, flow) {
  const { task_run: taskRuns } = await query(RESULTS, { id: runId });
  return restartPlan(flow.tasks, flow.edges, taskRuns);
}

/**
 * @param {string} runId
 * @param {string[]} taskRunIds
 */
export async function restart(runId, taskRunIds) {
  await setStates("task_run", taskRunIds, { type: "Pending", message: "Reset to run again." });
  await setStates("flow_run", [runId], {
    type: "Scheduled",
    message: "Restarted from the failed tasks.",
    start_time: timestamp(),
  });
}

/**
 * Restarts a run of which nothing is loaded yet.
 * @param {string} runId
 */
export async function restartFromFailed(runId) {
  const { flow } = (await query(FLOW, { id: runId })).flow_run_by_pk;
  const tasks = new Map(flow.tasks.map((/** @type {PlannedTask} */ task) => [task.id, task]));
  const { taskRunIds } = await loadPlan(runId, { tasks, edges: flow.edges });
  await restart(runId, taskRunIds);
}
