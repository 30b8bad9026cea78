// Restarting runs from their failed tasks.
import { callServer, mutate, query } from "../shared/api.js";
import { timestamp } from "../shared/format.js";
import { setStates } from "./set-state-dialog.js";

const ROWS = `query ($id: uuid!) {
  flow_run_by_pk(id: $id) {
    labels
    task_runs { id task_id state serialized_state }
    flow {
      run_config
      tasks { id type inputs outputs }
      edges { from: upstream_task_id to: downstream_task_id key }
    }
  }
}`;

/**
 * `unfinished`: the ids of tasks that did not succeed, and of what depends on them. `again`: tasks that succeeded but
 * must run again, for others need their outputs. `task_run_ids`: the task runs to set back. `labels`: which agents may
 * take the run.
 * @typedef {{ unfinished: string[], again: string[], task_run_ids: string[], labels: string[] }} RestartPlan
 */

/**
 * @param {string} runId
 * @returns {Promise<RestartPlan>}
 */
export async function loadPlan(runId) {
  const { labels, task_runs: taskRuns, flow } = (await query(ROWS, { id: runId })).flow_run_by_pk;
  const plan = await callServer("restart-plan", {
    labels,
    flow_labels: flow.run_config?.labels ?? [],
    tasks: flow.tasks,
    edges: flow.edges,
    task_runs: taskRuns.map(resultOnly),
  });
  if (!plan) throw new Error("This server cannot plan restarts: start it with 'kedro prefect server'.");
  return plan;
}

/**
 * @param {string} runId
 * @param {RestartPlan} plan
 */
export async function restart(runId, { task_run_ids: taskRunIds, labels }) {
  await mutate("set_flow_run_labels", { flow_run_id: runId, labels });
  await setStates("task_run", taskRunIds, { type: "Pending", message: "Set back to run again." });
  await setStates("flow_run", [runId], {
    type: "Scheduled",
    message: "Restarted from the failed tasks.",
    start_time: timestamp(),
  });
}

/** @param {string} runId */
export async function restartFromFailed(runId) {
  await restart(runId, await loadPlan(runId));
}

/** @param {{ id: string, task_id: string, state: string, serialized_state: { _result?: unknown } }} taskRun */
function resultOnly({ id, task_id, state, serialized_state: { _result: result } }) {
  return { id, task_id, state, result };
}
