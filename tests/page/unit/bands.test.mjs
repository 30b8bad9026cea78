// How large graphs are cut between layers.
import assert from "node:assert/strict";
import test from "node:test";
import { bandsOf } from "../../../src/project/server/static/graph/bands.js";

const chain = (length) => ({
  nodes: Array.from({ length }, (_, index) => ({ id: `n${index}` })),
  edges: Array.from({ length: length - 1 }, (_, index) => ({ from: `n${index}`, to: `n${index + 1}` })),
});

test("a small graph is one band", () => {
  const graph = chain(3);

  assert.deepEqual(bandsOf(graph), [graph]);
});

test("a deep graph is cut every 200 layers, and the edges between bands are left out", () => {
  const bands = bandsOf(chain(450));

  assert.deepEqual(
    bands.map(({ nodes, edges }) => [nodes.length, edges.length]),
    [
      [200, 199],
      [200, 199],
      [50, 49],
    ],
  );
});

test("a band has no more than 1,000 nodes, unless one layer has more", () => {
  const layer = (name, size) => Array.from({ length: size }, (_, index) => ({ id: `${name}${index}` }));
  const [first, second] = [layer("a", 1200), layer("b", 600)];
  const edges = second.map(({ id }, index) => ({ from: `a${index}`, to: id }));
  const bands = bandsOf({ nodes: [...first, ...second], edges: [...edges, { from: "a1199", to: "b0" }] });

  assert.deepEqual(
    bands.map(({ nodes }) => nodes.length),
    [1200, 600],
  );
});

test("what nothing leads to is in the band of what it leads to", () => {
  const { nodes, edges } = chain(250);
  const bands = bandsOf({ nodes: [...nodes, { id: "late" }], edges: [...edges, { from: "late", to: "n240" }] });

  assert.ok(bands[1].nodes.some(({ id }) => id === "late"));
});
