// Which task runs a restart sets back, by what the tasks read and write and what was kept.
import assert from "node:assert/strict";
import test from "node:test";
import { restartPlan } from "../../../src/project/server/static/runs/restart-plan.js";

const MEMORY = "MemoryDataset";
const FILE = "pandas.ParquetDataset";

const task = (id, inputs = null, outputs = null, type = "NodeTask") => ({
  id,
  type: `project.flow.tasks.${type}`,
  inputs,
  outputs,
});
const edge = (from, to, key = "upstream_0") => ({ from, to, key });
const run = (taskId, state, isKept = false) => {
  const result = { type: "LocalResult", location: isKept ? "a/file" : null };
  return { id: taskId, task_id: taskId, map_index: -1, state, serialized_state: { type: state, _result: result } };
};
const plan = (tasks, edges, taskRuns) => {
  const byId = new Map(tasks.map((planned) => [planned.id, planned]));
  const { failed, again, taskRunIds } = restartPlan(byId, edges, taskRuns);
  return { failed: [...failed].sort(), again: [...again].sort(), taskRunIds: taskRunIds.sort() };
};

const twoNodes = (type) => [
  task("init", null, null, "InitTask"),
  task("split", {}, { train: { type } }),
  task("fit", { train: { type } }, {}),
];
const EDGES = [edge("init", "split", null), edge("split", "fit")];
const failedRun = (isKept = false) => [run("init", "Success"), run("split", "Success", isKept), run("fit", "Failed")];

test("a node that left a dataset in memory runs again", () => {
  assert.deepEqual(plan(twoNodes(MEMORY), EDGES, failedRun()), {
    failed: ["fit"],
    again: ["split"],
    taskRunIds: ["fit", "init", "split"],
  });
});

test("a node whose dataset is in a file does not run again", () => {
  assert.deepEqual(plan(twoNodes(FILE), EDGES, failedRun()), {
    failed: ["fit"],
    again: [],
    taskRunIds: ["fit", "init"],
  });
});

test("a node whose result was kept does not run again", () => {
  assert.deepEqual(plan(twoNodes(MEMORY), EDGES, failedRun(true)), {
    failed: ["fit"],
    again: [],
    taskRunIds: ["fit", "init"],
  });
});

test("what depends on a failure runs again and nothing else", () => {
  const tasks = ["a", "b", "c", "aside"].map((id) => task(id));
  const edges = [edge("a", "b", null), edge("b", "c", null)];
  const runs = [run("a", "Success"), run("b", "Failed"), run("c", "TriggerFailed"), run("aside", "Success")];

  assert.deepEqual(plan(tasks, edges, runs), { failed: ["b", "c"], again: [], taskRunIds: ["b", "c"] });
});

const mappedRuns = (isKept) => [
  run("map", "Mapped"),
  { ...run("map", "Success", isKept), id: "map[0]", map_index: 0 },
  { ...run("map", "Failed"), id: "map[1]", map_index: 1 },
  run("total", "TriggerFailed"),
];

test("only the failed children of a mapped task run again if the others were kept", () => {
  assert.deepEqual(plan([task("map"), task("total")], [edge("map", "total")], mappedRuns(true)), {
    failed: ["map", "total"],
    again: [],
    taskRunIds: ["map[1]", "total"],
  });
});

test("all children of a mapped task run again if the others were not kept", () => {
  assert.deepEqual(plan([task("map"), task("total")], [edge("map", "total")], mappedRuns(false)), {
    failed: ["map", "total"],
    again: [],
    taskRunIds: ["map[0]", "map[1]", "total"],
  });
});
