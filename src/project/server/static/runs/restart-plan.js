// Which tasks must run again so that a flow run can continue from where it failed.
import { neighboursOf, reachable } from "../shared/directed-graph.js";
import { isSuccessful } from "../shared/states.js";
import { areDatasets, isInitTask } from "../shared/tasks.js";

// Prefect keeps these in the state itself, so that another process finds them there.
const KEPT_IN_STATE = new Set(["PrefectResult", "ConstantResult"]);
const MEMORY_DATASET = /(^|\.)MemoryDataSet$/i;

/** @typedef {Pick<Task, "id" | "type" | "inputs" | "outputs">} PlannedTask */
/** @typedef {{ type: string, location: string | null }} Result */
/** @typedef {Pick<TaskRunRow, "id" | "task_id" | "state"> & { serialized_state: { _result?: Result } }} ResultRow */
/**
 * `failed`: the tasks that did not succeed, and what depends on them. `again`: tasks that succeeded but must run again,
 * for others need their outputs. `taskRunIds`: the task runs to set back.
 * @typedef {{ failed: Set<string>, again: Set<string>, taskRunIds: string[] }} RestartPlan
 */

/**
 * @param {Map<string, PlannedTask>} tasks
 * @param {Edge[]} edges
 * @param {ResultRow[]} taskRuns
 * @returns {RestartPlan}
 */
export function restartPlan(tasks, edges, taskRuns) {
  const runsOfTask = Map.groupBy(taskRuns, (taskRun) => taskRun.task_id);
  const unfinished = new Set(taskRuns.filter(({ state }) => !isSuccessful(state)).map((taskRun) => taskRun.task_id));
  const failed = reachable(unfinished, neighboursOf(edges).after);
  const lostEdges = edges.filter((edge) => carriesValue(edge, tasks) && isLost(runsOfTask.get(edge.from)));
  // The new process must open the Kedro session before anything else, so the init task always runs again.
  const init = [...tasks.values()].filter(isInitTask).map((task) => task.id);
  const needs = neighboursOf(lostEdges).before;
  const rerun = reachable([...failed, ...init], needs);
  const needed = new Set([...init, ...[...rerun].flatMap((id) => needs.get(id) ?? [])]);
  const again = new Set([...rerun].filter((id) => !failed.has(id) && !init.includes(id)));
  // A mapped task stays Mapped, so that its children keep their own states, and only the failed ones run.
  const isReset = (/** @type {ResultRow} */ { task_id: id, state }) => {
    if (state === "Mapped") return false;
    const isSuccessfulChild = unfinished.has(id) && isSuccessful(state);
    return needed.has(id) || (failed.has(id) && !isSuccessfulChild);
  };
  return { failed, again, taskRunIds: taskRuns.filter(isReset).map((taskRun) => taskRun.id) };
}

/**
 * Whether a value goes along an edge in memory. Between Kedro nodes the types in the catalog decide.
 * @param {Edge} edge
 * @param {Map<string, PlannedTask>} tasks
 */
function carriesValue({ key, from, to }, tasks) {
  if (key === null) return false;
  const [outputs, inputs] = [tasks.get(from)?.outputs, tasks.get(to)?.inputs];
  if (!areDatasets(outputs) || !areDatasets(inputs)) return true;
  return Object.entries(outputs).some(([name, dataset]) => {
    const type = dataset?.type;
    return name in inputs && (!type || MEMORY_DATASET.test(type));
  });
}

/**
 * Whether another process cannot find some of what a task returned.
 * @param {ResultRow[]} taskRuns
 */
function isLost(taskRuns = []) {
  return taskRuns.some((taskRun) => isSuccessful(taskRun.state) && taskRun.state !== "Mapped" && !isKept(taskRun));
}

/** @param {ResultRow} taskRun */
function isKept({ serialized_state: { _result: result } }) {
  return Boolean(result) && (result?.location != null || KEPT_IN_STATE.has(result?.type ?? ""));
}
