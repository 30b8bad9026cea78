// Which tasks must run again so that a flow run can go on from where it failed.
import { isCatalog, isInit } from "./run-data.js";

const SUCCEEDED = new Set(["Success", "Cached", "Mapped", "Looped", "Skipped", "Finished"]);
// Prefect keeps these in the state itself, so they are there again in another process.
const KEPT_IN_STATE = new Set(["PrefectResult", "ConstantResult"]);
const MEMORY = /(^|\.)MemoryDataSet$/i;

/**
 * `tasks`: Map(id -> task), `edges`: [{upstream_task_id, downstream_task_id, key}],
 * `taskRuns`: [{id, task_id, map_index, state, serialized_state}].
 * Returns {failed, again, ids}: the tasks that did not succeed with those behind them, the tasks that
 * did but must run again for the others to have what they need, and the task runs to set back.
 */
export function restartPlan(tasks, edges, taskRuns) {
  const runsOf = groupBy(taskRuns, (each) => each.task_id);
  const unfinished = new Set(taskRuns.filter((each) => !SUCCEEDED.has(each.state)).map((each) => each.task_id));
  const failed = reached(unfinished, groupBy(edges, (each) => each.upstream_task_id), "downstream_task_id");
  const needed = edges.filter((edge) => carriesValue(edge, tasks) && isLost(runsOf.get(edge.upstream_task_id)));
  const opening = [...tasks.values()].filter(isInit).map((task) => task.id);
  const needs = groupBy(needed, (each) => each.downstream_task_id);
  const all = reached([...failed, ...opening], needs, "upstream_task_id");
  const whole = new Set([...opening, ...[...all].flatMap((id) => needs.get(id) ?? []).map((each) => each.upstream_task_id)]);
  const again = new Set([...all].filter((id) => !failed.has(id) && !isInit(tasks.get(id))));
  return { failed, again, ids: runsToReset(taskRuns, failed, whole, unfinished) };
}

// A mapped task stays Mapped: its children then keep their own states, and only the failed ones run.
function runsToReset(taskRuns, failed, whole, unfinished) {
  const isReset = ({ task_id: id, state }) => {
    if (state === "Mapped") return false;
    return whole.has(id) || (failed.has(id) && !(unfinished.has(id) && SUCCEEDED.has(state)));
  };
  return taskRuns.filter(isReset).map((each) => each.id);
}

/** Whether a value goes along an edge in memory. Between Kedro nodes the catalog's types tell. */
function carriesValue({ key, upstream_task_id: from, downstream_task_id: to }, tasks) {
  if (key === null) return false;
  const [outputs, inputs] = [tasks.get(from)?.outputs, tasks.get(to)?.inputs];
  if (!isCatalog(outputs) || !isCatalog(inputs)) return true;
  return Object.entries(outputs).some(([name, { type }]) => name in inputs && (!type || MEMORY.test(type)));
}

/** Whether some of what a task returned is not there any more for another process. */
function isLost(taskRuns = []) {
  return taskRuns.some((each) => SUCCEEDED.has(each.state) && each.state !== "Mapped" && !isKept(each));
}

function isKept({ serialized_state: { _result: result } }) {
  return Boolean(result) && (result.location != null || KEPT_IN_STATE.has(result.type));
}

/** Everything that can be reached from some tasks, they included. */
function reached(starts, edgesOf, end) {
  const found = new Set(starts);
  for (const id of found) for (const edge of edgesOf.get(id) ?? []) found.add(edge[end]);
  return found;
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
