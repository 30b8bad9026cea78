// The time axis of a run that was restarted after a pause.
import assert from "node:assert/strict";
import test from "node:test";
import { placeOf, placeOfWork, timeScale } from "../../../src/project/server/static/runs/time-scale.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (milliseconds) => new Date(milliseconds).toISOString();
const attempt = (start, end) => ({ start: at(start), end: end === null ? null : at(end), state: "Success" });
const close = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("without pauses the scale is even", () => {
  const scale = timeScale([attempt(0, MINUTE), attempt(MINUTE, 3 * MINUTE), attempt(3.5 * MINUTE, 4 * MINUTE)], 0);

  assert.deepEqual(scale.pauses, []);
  assert.equal(scale.worked, 4 * MINUTE);
  close(placeOf(scale, MINUTE), 0.25);
});

test("a pause until a restart takes a twentieth of the time worked", () => {
  const scale = timeScale([attempt(0, 5 * MINUTE), attempt(7 * HOUR, 7 * HOUR + 5 * MINUTE)], 0);

  assert.deepEqual(scale.pauses, [{ start: 5 * MINUTE, end: 7 * HOUR }]);
  assert.equal(scale.worked, 10 * MINUTE);
  close(placeOf(scale, 5 * MINUTE), 5 / 10.5);
  close(placeOf(scale, 7 * HOUR), 5.5 / 10.5);
  close(placeOf(scale, 7 * HOUR + 5 * MINUTE), 1);
  close(placeOfWork(scale, 6 * MINUTE), 6.5 / 10.5);
});

test("short waits of a long run, and seconds between tasks, are no pauses", () => {
  assert.deepEqual(timeScale([attempt(0, HOUR), attempt(HOUR + 5 * MINUTE, 2 * HOUR)], 0).pauses, []);
  assert.deepEqual(timeScale([attempt(0, 10), attempt(50_000, 50_010)], 0).pauses, []);
});

test("what still runs reaches to now, and nothing at all has a second", () => {
  assert.equal(timeScale([attempt(0, null)], 5 * MINUTE).worked, 5 * MINUTE);
  assert.equal(timeScale([], 7).shown, 1000);
});
