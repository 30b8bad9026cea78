// The rows of the list of runs after a poll.
import assert from "node:assert/strict";
import test from "node:test";
import { answerWith } from "./answers.mjs";

globalThis.sessionStorage = { getItem: () => null };
const { loadRunList, withChanged } = await import("../../../src/project/server/static/run-list/run-list-data.js");
const { filterIn } = await import("../../../src/project/server/static/run-list/run-filter.js");

const filter = (text) => filterIn(new URLSearchParams(text));
const run = (id, time = "2026-11-26T12:00:00") => ({ id, scheduled_start_time: time });
const ids = (rows) => rows.map(({ id }) => id).join("");

test("runs of one moment keep their order when some of them change", () => {
  const rows = [run("d", "2026-11-27T12:00:00"), run("c"), run("b"), run("a")];

  for (const changed of [[], [run("b")], [run("a"), run("c")], [run("a"), run("b"), run("c")]]) {
    assert.equal(ids(withChanged(rows, changed, filter(""))), "dcba");
  }
  assert.equal(ids(withChanged(rows.toReversed(), [run("b")], filter("state=scheduled"))), "abcd");
});

test("if more runs may have changed than were asked for, the page is loaded again", async () => {
  const changed = Array.from({ length: 50 }, (_, number) => run(String(number)));
  const page = { flow_run: [run("new")], newest: [{ updated: "2" }] };
  answerWith({ changed, gone: [], newest: [{ updated: "2" }] }, page);
  const previous = { rows: [run("old")], since: "1", loadedAt: Date.now(), isSearchCut: false };

  assert.equal(ids((await loadRunList(filter(""), previous)).rows), "new");
});
