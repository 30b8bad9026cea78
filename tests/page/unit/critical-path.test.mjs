// The chain of tasks that a run waited for.
import assert from "node:assert/strict";
import test from "node:test";
import { criticalPath } from "../../../src/project/server/static/runs/critical-path.js";

const run = (id, start, end, index = -1) => ({
  task_id: id,
  map_index: index,
  attempts: start === null ? [] : [{ start: at(start), end: end === null ? null : at(end), state: "Success" }],
});
const at = (second) => new Date(1000 * second).toISOString();
const edges = ["a>b", "a>c", "b>d", "c>d", "d>e"].map((pair) => ({ from: pair[0], to: pair[2] }));

test("it goes back from the last end over whatever ended last before", () => {
  const runs = [run("a", 0, 1), run("b", 1, 9), run("c", 1, 5), run("d", 9, 10), run("e", null)];

  assert.deepEqual([...criticalPath(runs, edges)], ["d", "b", "a"]);
});

test("what still runs is at its end, and children of mapped tasks do not count", () => {
  const runs = [run("a", 0, 1), run("b", 1, null), run("c", 1, 5), run("c", 1, 99, 0)];

  assert.deepEqual([...criticalPath(runs, edges)], ["b", "a"]);
  assert.deepEqual([...criticalPath([], edges)], []);
});
