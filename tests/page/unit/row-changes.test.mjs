// Rows that have changed since the last time.
import assert from "node:assert/strict";
import test from "node:test";
import { includesAll, latestUpdate } from "../../../src/project/server/static/shared/row-changes.js";

test("a row brings nothing new if all of its values are loaded, also those of lists", () => {
  const loaded = { id: "a", labels: ["gpu"], state: null };

  assert.equal(includesAll(loaded, { labels: ["gpu"], state: null }), true);
  assert.equal(includesAll(loaded, { labels: ["gpu", "eu"] }), false);
  assert.equal(includesAll(loaded, { state: "Running" }), false);
});

test("the newest update counts", () => {
  assert.equal(latestUpdate([{ updated: "2" }, { updated: "3" }], "1"), "3");
  assert.equal(latestUpdate([], "1"), "1");
});
