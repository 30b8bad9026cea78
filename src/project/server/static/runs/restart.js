// Restarting runs from their failed tasks.
import { callServer, mutate, query } from "../shared/api.js";
import { timestamp } from "../shared/format.js";
import { isFinished } from "../shared/states.js";
import { setStates } from "./set-state-dialog.js";

const ROWS = `query ($id: uuid!) {
  flow_run_by_pk(id: $id) {
    state version labels
    task_runs { id task_id state serialized_state }
    flow {
      run_config
      tasks { id type inputs outputs }
      edges { from: upstream_task_id to: downstream_task_id key }
    }
  }
}`;

const STATE = "query ($id: uuid!) { flow_run_by_pk(id: $id) { state version } }";

/**
 * `unfinished`: the ids of tasks that did not succeed, and of what depends on them. `again`: tasks that succeeded but
 * must run again, for others need their outputs. `task_run_ids`: the task runs to set back. `labels`: which agents may
 * take the run. `version`: of the run's state for which the plan was made.
 * @typedef {{
 *   unfinished: string[], again: string[], task_run_ids: string[], labels: string[], version: number,
 * }} RestartPlan
 */

/**
 * @param {string} runId
 * @returns {Promise<RestartPlan>}
 */
export async function loadPlan(runId) {
  const run = (await query(ROWS, { id: runId })).flow_run_by_pk;
  if (!run) throw new Error("The run was deleted.");
  const { state, version, labels, task_runs: taskRuns, flow } = run;
  if (!isFinished(state)) throw new Error(`The run is ${state}: it can be restarted once it has ended.`);
  const plan = await callServer("restart-plan", {
    labels,
    flow_labels: flow.run_config?.labels ?? [],
    tasks: flow.tasks,
    edges: flow.edges,
    task_runs: taskRuns.map(resultOnly),
  });
  if (!plan) throw new Error("This server cannot plan restarts: start it with 'kedro prefect server'.");
  return { ...plan, version };
}

/**
 * Refuses if the run has changed since the plan was made: a colleague may have restarted it.
 * @param {string} runId
 * @param {RestartPlan} plan
 */
export async function restart(runId, { task_run_ids: taskRunIds, labels, version }) {
  const run = (await query(STATE, { id: runId })).flow_run_by_pk;
  if (!run) throw new Error("The run was deleted.");
  if (run.version !== version)
    throw new Error(
      `The run has changed since you opened this: it is ${run.state} now. Close this, and open it again.`,
    );
  await mutate("set_flow_run_labels", { flow_run_id: runId, labels });
  await setStates("task_run", taskRunIds, { type: "Pending", message: "Reset by a restart of the flow run." });
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
