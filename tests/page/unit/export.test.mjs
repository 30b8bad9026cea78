// A graph as Mermaid text.
import assert from "node:assert/strict";
import test from "node:test";
import { culpritsIn, emphasised, NO_FOCUS } from "../../../src/project/server/static/graph/emphasis.js";
import { mermaidText } from "../../../src/project/server/static/graph/export.js";

const node = (id, state, more = {}) => ({ id, name: id, kind: "node", state, group: null, ...more });

test("names are quoted, namespaces are subgraphs, states are classes", () => {
  const scene = {
    nodes: [node('lo"ad]', "Success"), node("m.fit", "Failed", { group: "m" })],
    edges: [{ from: 'lo"ad]', to: "m.fit" }],
    groups: [{ id: "namespace:m", name: "m", parent: null }],
  };

  assert.deepEqual(mermaidText(scene, "LR").split("\n").slice(0, 6), [
    "flowchart LR",
    '  n0["lo#34;ad#93;"]:::success',
    '  subgraph g0["m"]',
    '    n1["m.fit"]:::failed',
    "  end",
    "  n0 --> n1",
  ]);
});

test("what followed from a failure is faded, and what failed is not", () => {
  const nodes = [node("a", "Success"), node("b", "Failed"), node("c", "TriggerFailed"), node("d", "Success")];
  const edges = [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
  ];

  assert.deepEqual(culpritsIn(nodes), ["b"]);
  assert.deepEqual([...emphasised({ nodes, edges }, { ...NO_FOCUS, isFailure: true }, new Set())], ["a", "b", "d"]);
  assert.deepEqual([...emphasised({ nodes, edges }, { ...NO_FOCUS, family: "success" }, new Set())], ["a", "d"]);
  assert.equal(emphasised({ nodes, edges }, NO_FOCUS, new Set()), null);
});
