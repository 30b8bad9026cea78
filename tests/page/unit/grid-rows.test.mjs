// The rows of the grid, and what a folded namespace shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cellOf, rowsOf } from "../../../src/project/server/static/grid/grid-rows.js";

const NAMES = ["load", "model.fit", "model.tune.score", "model.tune.split", "report"];
const NODES = NAMES.map((name, rank) => ({ id: `id-${name}`, slug: name, name, rank }));
const cell = (id, state, start = null, end = null) => [id, { id: `run-${id}`, state, start, end }];

test("nodes are in the order in which they can run, under their namespaces", () => {
  const rows = rowsOf(NODES.toReversed(), new Set());
  assert.deepEqual(
    rows.map(({ label, depth }) => `${"-".repeat(depth)}${label}`),
    ["load", "model", "-fit", "-tune", "--score", "--split", "report"],
  );
});

test("a folded namespace is one row for all of its nodes", () => {
  const rows = rowsOf(NODES, new Set(["model"]));
  assert.deepEqual(
    rows.map(({ id, slugs }) => [id, slugs.length]),
    [
      ["load", 1],
      ["model", 3],
      ["report", 1],
    ],
  );
});

test("a namespace shows its worst state and the time from its first start to its last end", () => {
  const [, row] = rowsOf(NODES, new Set(["model"]));
  const cells = new Map([
    cell("model.fit", "Success", "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"),
    cell("model.tune.score", "Failed", "2026-01-01T00:00:05Z", "2026-01-01T00:00:09Z"),
    cell("model.tune.split", "TriggerFailed"),
  ]);
  assert.deepEqual(cellOf(row, cells), {
    id: "run-model.tune.score",
    state: "Failed",
    start: "2026-01-01T00:00:00Z",
    end: "2026-01-01T00:00:09Z",
  });
});

test("a namespace in which a node runs has not ended", () => {
  const [, row] = rowsOf(NODES, new Set(["model"]));
  const cells = new Map([
    cell("model.fit", "Success", "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"),
    cell("model.tune.score", "Running", "2026-01-01T00:00:05Z"),
  ]);
  assert.equal(cellOf(row, cells)?.end, null);
});

test("a node that was not in a run has no cell", () => {
  const [row] = rowsOf(NODES, new Set());
  assert.equal(cellOf(row, new Map()), null);
});
