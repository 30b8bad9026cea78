// Lines of a log as rows.
import assert from "node:assert/strict";
import test from "node:test";
import { layOut, rowsOf } from "../../../src/project/server/static/runs/log-rows.js";

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

test("lines that are added at the end leave the rows before them as they are", () => {
  const lines = [line(1, "2026-11-26T12:00:00", "a"), line(2, "2026-11-26T13:00:00", "b")];
  const before = layOut(null, lines, Infinity);
  const more = [...lines, line(3, "2026-11-26T14:00:00", "c"), line(4, "2026-11-27T12:00:00", "d")];
  const after = layOut(before, more, Infinity);

  assert.deepEqual(after.rows, rowsOf(more, Infinity));
  assert.ok(before.rows.every((row, index) => row === after.rows[index]));
});

test("lines that come between or before others, and other columns, make new rows", () => {
  const [first, middle, last] = [1, 2, 3].map((id) => line(id, `2026-11-26T1${id}:00:00`, "abcdef"));
  const before = layOut(null, [first, last], Infinity);

  for (const lines of [[first, middle, last], [middle, last], [first, last, middle].sort(), []]) {
    assert.deepEqual(layOut(before, lines, Infinity).rows, rowsOf(lines, Infinity));
  }
  assert.deepEqual(layOut(before, [first, last], 3).rows, rowsOf([first, last], 3));
});
