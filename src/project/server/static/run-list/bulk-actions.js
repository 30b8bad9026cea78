// What can be done with many runs together.
import { restartFromFailed } from "../runs/restart.js";
import { mutate, query } from "../shared/api.js";
import { isFinished, stateFamily } from "../shared/states.js";

/** @import { SelectedRun } from "./run-list-data.js" */

/**
 * `applies`: whether the action makes sense for a run; `act` does it; `effect` says what happens to those runs.
 * @typedef {{
 *   id: string, title: string, isDangerous?: boolean, applies: (run: SelectedRun) => boolean,
 *   act: (run: SelectedRun) => Promise<unknown>, effect: string, others: string,
 * }} BulkAction
 */

const RUN_INPUT = `query ($id: uuid!) {
  flow_run_by_pk(id: $id) { parameters labels context run_config flow { id archived version_group_id } }
}`;

/** @type {BulkAction[]} */
export const BULK_ACTIONS = [
  {
    id: "restart",
    title: "Restart from failed",
    applies: ({ state }) => isFinished(state) && state !== "Success",
    act: ({ id }) => restartFromFailed(id),
    effect: "Runs again every task that failed or did not start, and any others whose output they need.",
    others: "have not failed and stay as they are",
  },
  {
    id: "again",
    title: "Start again",
    applies: () => true,
    act: runAgain,
    effect: "A new run of the newest version starts with the same parameters and labels.",
    others: "stay as they are",
  },
  {
    id: "cancel",
    title: "Cancel",
    isDangerous: true,
    applies: ({ state }) => !isFinished(state) && stateFamily(state) !== "cancelled",
    act: ({ id }) => mutate("cancel_flow_run", { flow_run_id: id }, "state"),
    effect: "Processes stop within a few seconds. What has not begun will not start.",
    others: "have ended and stay as they are",
  },
  {
    id: "delete",
    title: "Delete",
    isDangerous: true,
    applies: ({ state }) => isFinished(state) || stateFamily(state) === "scheduled",
    act: ({ id }) => mutate("delete_flow_run", { flow_run_id: id }),
    effect: "Their task runs, states, log lines and artifacts are deleted with them.",
    others: "are still running and stay",
  },
];

/** @param {SelectedRun} run */
async function runAgain({ id }) {
  const { flow, ...input } = (await query(RUN_INPUT, { id }, { isExact: true })).flow_run_by_pk;
  const version = flow.archived ? { version_group_id: flow.version_group_id } : { flow_id: flow.id };
  return mutate("create_flow_run", { ...version, ...input }, "id");
}
