// The rows of the list of flows: the last runs of all versions, and what is asked for as time passes.
import assert from "node:assert/strict";
import test from "node:test";
import { answerWith } from "./answers.mjs";

globalThis.sessionStorage = { getItem: () => null };
globalThis.location = { pathname: "/default/runs" };
const { loadFlowList } = await import("../../../src/project/server/static/flows/flow-list-data.js");

const at = (minutes) => new Date(Date.now() + 60_000 * minutes).toISOString();
const run = (id, minutes, state = "Success") => ({ id, state, scheduled_start_time: at(minutes) });
const version = (...runs) => ({ newest: [runs[0]], flow_runs: runs });
const group = (id, versions, upcoming = []) => ({
  id,
  schedule: null,
  flows: [{ id, name: id, project: { name: "p" }, upcoming }],
  versions,
});
const all = (...groups) => ({ flow_group: groups, flow_run: [], flow: [], latest: [] });
const NO_CHANGES = { flow_run: [], flow: [], flow_group: [] };
const ids = (runs) => runs.map(({ id }) => id).join(" ");

test("where runs of more versions may be among the last ones, these are asked for", async () => {
  const versions = Array.from({ length: 8 }, (_, number) => version(run(`v${number}`, -number)));
  const many = Array.from({ length: 20 }, (_, number) => run(`r${number}`, -number / 10));
  const one = group("one version", [version(...many)]);
  const enough = group("enough", [version(...many), ...versions.slice(3, 7)]);
  const asked = answerWith(all(one, enough, group("many", versions.slice(0, 5))), all(group("many", versions)));
  const { rows } = await loadFlowList(null);

  assert.deepEqual(
    asked.map(({ groups }) => groups),
    [{}, { id: { _in: ["many"] } }],
  );
  assert.deepEqual(
    rows.map(({ runs }) => runs.length),
    [20, 8, 20],
  );
  assert.equal(ids(rows[1].runs), "v7 v6 v5 v4 v3 v2 v1 v0");
});

test("a run that is due moves to the last ones, and nothing is loaded again while others are to come", async () => {
  const upcoming = [run("now", -0.001, "Scheduled"), run("next", 5, "Scheduled")];
  const other = group("b", [version(run("old", -9))]);
  const asked = answerWith(all(group("a", [version(run("last", -5))], upcoming), other), NO_CHANGES);
  const before = await loadFlowList(null);
  const { rows } = await loadFlowList(before);

  assert.deepEqual([ids(rows[0].runs), ids(rows[0].upcoming)], ["last now", "next"]);
  assert.equal(rows[1], before.rows[1]);
  assert.deepEqual(Object.keys(asked[1]), ["since"]);
});

test("once none of the next runs is left, all is loaded again", async () => {
  const flow = (upcoming) => all(group("a", [version(run("last", -5))], upcoming));
  answerWith(flow([run("now", -0.001, "Scheduled")]), flow([run("next", 5, "Scheduled")]));
  const { rows } = await loadFlowList(await loadFlowList(null));

  assert.equal(ids(rows[0].upcoming), "next");
});
