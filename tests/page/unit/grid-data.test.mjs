// What the grid asks for after it was loaded.
import assert from "node:assert/strict";
import test from "node:test";
import { answerWith } from "./answers.mjs";

globalThis.sessionStorage = { getItem: () => null };
const { loadGrid } = await import("../../../src/project/server/static/grid/grid-data.js");

const taskRun = (run, updated, more = {}) => ({
  id: `of ${run}`,
  flow_run_id: run,
  task_id: "t",
  map_index: -1,
  state: "Running",
  state_timestamp: updated,
  start_time: "2026-11-26T12:00:00Z",
  end_time: null,
  updated,
  ...more,
});
const run = (id, state = "Running") => ({ id, state, updated: "1", flow_id: "f" });

test("each run in progress is asked for what has changed since its own last change", async () => {
  const runs = { flow_run: [run("b"), run("a")] };
  const tasks = { task: [{ id: "t", slug: "t", flow_id: "f" }] };
  const fresh = [taskRun("a", "5"), taskRun("b", "9")];
  const asked = answerWith(runs, tasks, { fresh, changed: [] }, runs, { fresh: [], changed: [] });
  const data = await loadGrid("group", 1, null);
  await loadGrid("group", 1, data);

  assert.deepEqual(asked.at(-1), {
    new: [],
    open: [
      { flow_run_id: { _eq: "a" }, updated: { _gt: "5" } },
      { flow_run_id: { _eq: "b" }, updated: { _gt: "9" } },
    ],
  });
});

test("a task that was set back shows nothing of its last attempt, and a mapped one ends with its children", async () => {
  const end = "2026-11-26T12:00:05Z";
  const mapped = { task_id: "m", state: "Mapped", state_timestamp: "2026-11-26T12:00:01Z" };
  const fresh = [
    taskRun("a", "5", { state: "Pending", end_time: end }),
    taskRun("a", "5", { ...mapped, id: "parent" }),
    taskRun("a", "5", { ...mapped, id: "child", map_index: 0, state: "Success", state_timestamp: end, end_time: end }),
    taskRun("a", "5", { id: "skipped", task_id: "s", state: "Skipped", state_timestamp: end }),
  ];
  answerWith({ flow_run: [run("a", "Success")] }, { task: [] }, { fresh, changed: [] });
  const [{ cells }] = (await loadGrid("group", 1, null)).columns;
  const timesOf = ({ start, end: cellEnd }) => [start, cellEnd];

  assert.deepEqual(timesOf(cells.get("t")), [null, null]);
  assert.deepEqual(timesOf(cells.get("m")), ["2026-11-26T12:00:00Z", end]);
  assert.deepEqual(timesOf(cells.get("s")), ["2026-11-26T12:00:00Z", end]);
});
