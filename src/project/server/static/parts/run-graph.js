// A run's tasks as the graph draws them.
import { family } from "../states.js";
import { isParameter } from "./run-data.js";

// A mapped task is as its children are: the one that asks most for attention tells.
const ATTENTION = ["failed", "running", "retrying", "cancelled", "scheduled", "pending"];

/** Returns {nodes, edges, runOf}: runOf maps a task's id to the id of its (not mapped) task run. */
export function graphOf({ flow, taskRuns }) {
  const runs = runsByTask(taskRuns);
  const tasks = [...flow.tasks.values()].filter((task) => !isParameter(task));
  const shown = new Set(tasks.map((task) => task.id));
  const edges = flow.edges
    .map((edge) => ({ from: edge.upstream_task_id, to: edge.downstream_task_id }))
    .filter(({ from, to }) => shown.has(from) && shown.has(to));
  const runOf = new Map(tasks.map((task) => [task.id, parentOf(runs.get(task.id))?.id]));
  return { nodes: tasks.map((task) => ({ ...task, state: stateOf(runs.get(task.id) ?? []) })), edges, runOf };
}

function runsByTask(taskRuns) {
  const runs = new Map();
  for (const run of taskRuns.values()) {
    if (runs.has(run.task_id)) runs.get(run.task_id).push(run);
    else runs.set(run.task_id, [run]);
  }
  return runs;
}

function parentOf(runs = []) {
  return runs.find((run) => run.map_index < 0);
}

function stateOf(runs) {
  const parent = parentOf(runs);
  if (parent?.state !== "Mapped") return parent?.state ?? null;
  const children = runs.filter((run) => run !== parent);
  for (const name of ATTENTION) {
    const found = children.find((run) => family(run.state) === name);
    if (found) return found.state;
  }
  return parent.state;
}
