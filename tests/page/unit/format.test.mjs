// Times, durations and numbers as the page writes them.
import assert from "node:assert/strict";
import test from "node:test";
import {
  compareTexts,
  fieldTime,
  formatCount,
  formatDuration,
  formatRelativeTime,
  formatTime,
  localIsoTime,
  naturalKey,
  serverNow,
  syncServerClock,
} from "../../../src/project/server/static/shared/format.js";

const START = "2024-01-01T00:00:00Z";
const after = (seconds) => new Date(Date.parse(START) + seconds * 1000).toISOString();

test("a duration has as many units as matter", () => {
  const words = [0.34, 5.25, 59, 125, 12_000, 100_000].map((seconds) => formatDuration(START, after(seconds)));

  assert.deepEqual(words, ["340 ms", "5.2 s", "59 s", "2 min 05 s", "3 h 20 min", "1 d 3 h"]);
});

test("a duration is never negative, and there is none without a start", () => {
  assert.equal(formatDuration(after(5), START), "0 ms");
  assert.equal(formatDuration(null), "–");
});

test("a time is written by how far away it is", () => {
  const now = Date.parse(START);
  const words = [1, -5, 300, -7200, 200_000].map((seconds) => formatRelativeTime(after(-seconds), now));

  assert.deepEqual(words, ["just now", "in 5 s", "5 min ago", "in 2 h", "2 d ago"]);
  assert.equal(formatRelativeTime(null), "never");
});

test("without a time there is a dash", () => {
  assert.equal(formatTime(null), "–");
});

test("a time is the reader's, also around the change of the clocks", () => {
  const { TZ } = process.env;
  process.env.TZ = "Europe/Paris";
  const words = ["2026-03-29T00:15", "2026-03-29T01:15", "2026-10-25T00:15", "2026-10-25T01:15"].map((time) =>
    fieldTime(new Date(`${time}Z`)),
  );
  process.env.TZ = TZ ?? "UTC";

  assert.deepEqual(words, ["2026-03-29T01:15", "2026-03-29T03:15", "2026-10-25T02:15", "2026-10-25T02:15"]);
  assert.equal(localIsoTime(new Date(2026, 10, 26, 22, 26, 21, 123)), "2026-11-26T22:26:21.123");
});

test("names with numbers are in their natural order, however long the numbers are", () => {
  const names = ["run_20261126120000", "run_20260101000000", "Run_10", "run_9"];

  assert.deepEqual(
    names.toSorted((a, b) => compareTexts(naturalKey(a), naturalKey(b))),
    names.toReversed(),
  );
});

test("words are in the plural unless there is one", () => {
  assert.deepEqual(
    [0, 1, 2].map((number) => formatCount(number, "task")),
    ["0 tasks", "1 task", "2 tasks"],
  );
});

test("the server's clock counts if it differs by more than the seconds of a header", () => {
  syncServerClock(new Date(Date.now() + 60_000).toUTCString());
  const ahead = serverNow() - Date.now();
  syncServerClock(new Date().toUTCString());

  assert.ok(ahead > 58_000);
  assert.ok(Math.abs(serverNow() - Date.now()) < 100);
});
