// The tasks of a flow with the states of a run, as the graph draws them.
import { edgesAmong } from "../shared/directed-graph.js";
import { isSuccessful, mostSevere } from "../shared/states.js";
import { isParameterTask } from "../shared/tasks.js";

/** @typedef {Pick<TaskRunRow, "id" | "task_id" | "map_index" | "state">} Run */

/**
 * `runOfTask`: the id of the task run of each task that has one. `runGroups`: the groups of tasks, by their names, that
 * ran in one process each.
 * @param {{ tasks: Map<string, Task>, edges: Edge[] }} flow
 * @param {Map<string, Run>} taskRuns
 * @param {Map<string, string>} [runGroups]
 * @returns {GraphData & { runOfTask: Map<string, string> }}
 */
export function flowGraph(flow, taskRuns, runGroups) {
  const runsByTask = Map.groupBy(taskRuns.values(), (run) => run.task_id);
  const tasks = [...flow.tasks.values()].filter((task) => !isParameterTask(task));
  /** @type {Map<string, string>} */
  const runOfTask = new Map();
  const nodes = tasks.map((task) => {
    const runs = runsByTask.get(task.id) ?? [];
    const parent = parentOf(runs);
    if (parent) runOfTask.set(task.id, parent.id);
    return { ...task, state: stateOf(runs), runGroup: runGroups?.get(task.name) };
  });
  return { nodes, edges: edgesAmong(nodes, flow.edges), runOfTask };
}

/**
 * A mapped task has one run for itself, and one for each of its children.
 * @param {Run[]} runs
 */
function parentOf(runs) {
  return runs.find((run) => run.map_index < 0);
}

/**
 * A mapped task shows the worst of its children.
 * @param {Run[]} runs
 */
function stateOf(runs) {
  const parent = parentOf(runs);
  if (parent?.state !== "Mapped") return parent?.state ?? null;
  const worst = mostSevere(runs.filter((run) => run !== parent).map((run) => run.state));
  return worst && !isSuccessful(worst) ? worst : parent.state;
}
