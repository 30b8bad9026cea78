// Which nodes a run would have, as Kedro's `Pipeline.filter` decides it.
import assert from "node:assert/strict";
import test from "node:test";
import { choicesIn, parametersOf, previewOf } from "../../../src/project/server/static/flows/node-filter.js";

const NONE = { nodes: [], tags: [], namespaces: [], from_nodes: [], to_nodes: [], from_inputs: [], to_outputs: [] };
const MEMORY = { type: "MemoryDataset" };
const FILE = { type: "pandas.CSVDataset" };
const node = (name, inputs, outputs, tags = []) => ({ id: `id of ${name}`, name, inputs, outputs, tags });
const graph = {
  nodes: [
    node("load", { raw: FILE, "params:limit": MEMORY }, { orders: MEMORY }, ["nightly"]),
    node("model.fit", { orders: MEMORY, "params:model.depth": MEMORY }, { "model.best": FILE }, ["weekly"]),
    node("report", { "model.best": FILE, parameters: MEMORY }, { report: FILE }),
  ],
  edges: [
    { from: "id of load", to: "id of model.fit" },
    { from: "id of model.fit", to: "id of report" },
  ],
};
const names = (choice) => [...previewOf(graph, { ...NONE, ...choice }).ids].map((id) => id.slice(6));

test("each option selects nodes, and several select what all of them do", () => {
  assert.deepEqual(names({}), ["load", "model.fit", "report"]);
  assert.deepEqual(names({ nodes: ["report", "load"] }), ["load", "report"]);
  assert.deepEqual(names({ tags: ["weekly", "nightly"] }), ["load", "model.fit"]);
  assert.deepEqual(names({ namespaces: ["model"] }), ["model.fit"]);
  assert.deepEqual(names({ from_nodes: ["model.fit"] }), ["model.fit", "report"]);
  assert.deepEqual(names({ to_nodes: ["model.fit"] }), ["load", "model.fit"]);
  assert.deepEqual(names({ from_inputs: ["orders"] }), ["model.fit", "report"]);
  assert.deepEqual(names({ to_outputs: ["model.best"] }), ["load", "model.fit"]);
  assert.deepEqual(names({ from_nodes: ["model.fit"], tags: ["weekly"] }), ["model.fit"]);
});

test("the preview says what is read and written, and what would be missing", () => {
  const { reads, writes, lost } = previewOf(graph, { ...NONE, from_nodes: ["model.fit"] });

  assert.deepEqual({ reads, writes, lost }, { reads: [], writes: ["model.best", "report"], lost: ["orders"] });
  assert.deepEqual(previewOf(graph, NONE).reads, ["raw"]);
  assert.deepEqual(previewOf(graph, { ...NONE, nodes: ["report"] }).reads, ["model.best"]);
});

test("names that the pipeline does not have are named", () => {
  assert.deepEqual(previewOf(graph, { ...NONE, nodes: ["nothing"], tags: ["x"], to_outputs: ["report"] }).unknown, [
    "nothing",
    "x",
  ]);
});

test("a dot in a node's generated name makes no namespace", () => {
  const named = (name) => node(name, {}, {});

  assert.deepEqual(choicesIn([named("train([a.b]) -> [c.d]"), named("x.y.train([a.b])")]).namespaces, ["x.y"]);
});

test("the parameters that nodes read, and what can be typed", () => {
  assert.deepEqual(parametersOf(graph.nodes), ["", "limit", "model.depth"]);
  assert.deepEqual(choicesIn(graph.nodes), {
    nodes: ["load", "model.fit", "report"],
    from_nodes: ["load", "model.fit", "report"],
    to_nodes: ["load", "model.fit", "report"],
    tags: ["nightly", "weekly"],
    namespaces: ["model"],
    from_inputs: ["model.best", "orders", "raw"],
    to_outputs: ["model.best", "orders", "report"],
  });
});
