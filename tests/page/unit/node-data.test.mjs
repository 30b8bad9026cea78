// The runs of a node: what has changed, and from time to time all of them.
import assert from "node:assert/strict";
import test from "node:test";
import { answerWith } from "./answers.mjs";

globalThis.sessionStorage = { getItem: () => null };
const { loadNode } = await import("../../../src/project/server/static/node/node-data.js");

const task = { task_by_pk: { id: "t", slug: "load", flow: { flow_group_id: "g" } } };
const runs = (...ids) => ({ task: [{ task_runs: ids.map((id) => ({ id, created: id, updated: id })) }] });
const ids = (data) => data.runs.map(({ id }) => id).join("");

test("changed runs are added, and after some time those that were deleted are gone", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 0 });
  const asked = answerWith(task, runs("2", "1"), runs("3"), task, runs("3", "2"));
  const first = await loadNode("t", null);
  const second = await loadNode("t", first);
  assert.deepEqual([ids(second), asked.at(-1).since], ["321", "2"]);
  context.mock.timers.tick(30_001);

  assert.equal(ids(await loadNode("t", second)), "32");
});
