// Lines of a log as rows.
import assert from "node:assert/strict";
import test from "node:test";
import { rowsOf } from "../../../src/project/server/static/runs/log-rows.js";

const line = (id, timestamp, message) => ({ id, timestamp, level: "INFO", name: "x", message, task_run_id: null });
const shown = (rows) => rows.map(({ kind, text }) => [kind, text]);

test("each line of a message is a row, and each day begins with its date", () => {
  const lines = [line(1, "2026-11-26T12:00:00", "a\n b\n"), line(2, "2026-11-27T12:00:00", "c")];

  assert.deepEqual(shown(rowsOf(lines, Infinity)), [
    ["day", ""],
    ["first", "a"],
    ["more", " b"],
    ["day", ""],
    ["first", "c"],
  ]);
});

test("a long line is wrapped at the number of columns", () => {
  const rows = rowsOf([line(1, "2026-11-26T12:00:00", "abcdefg\nh")], 3);

  assert.deepEqual(
    rows.slice(1).map(({ text }) => text),
    ["abc", "def", "g", "h"],
  );
  assert.equal(new Set(rows.map(({ key }) => key)).size, rows.length);
});
