// What leads where in a graph.
import assert from "node:assert/strict";
import test from "node:test";
import {
  edgesAmong,
  neighboursOf,
  ranksOf,
  reachable,
} from "../../../src/project/server/static/shared/directed-graph.js";

const EDGES = ["ab", "ac", "bd", "cd", "de"].map(([from, to]) => ({ from, to }));

test("everything downstream and upstream of a node is reachable", () => {
  const { before, after } = neighboursOf(EDGES);

  assert.deepEqual([...reachable(["b"], after)], ["b", "d", "e"]);
  assert.deepEqual([...reachable(["d"], before)].sort(), ["a", "b", "c", "d"]);
});

test("the rank of a node is the length of the longest path to it", () => {
  const ranks = ranksOf("abcde", [...EDGES, { from: "a", to: "e" }]);

  assert.deepEqual(Object.fromEntries(ranks), { a: 0, b: 1, c: 1, d: 2, e: 3 });
});

test("edges to nodes that are not there are left out", () => {
  assert.deepEqual(edgesAmong([{ id: "a" }, { id: "b" }], EDGES), [{ from: "a", to: "b" }]);
});
