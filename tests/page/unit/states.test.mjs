// Families of states, and which of many to show.
import assert from "node:assert/strict";
import test from "node:test";
import {
  durationOf,
  isFinished,
  isGoingOn,
  isSuccessful,
  millisecondsOf,
  mostSevere,
  STATES,
  stateFamily,
  statesIn,
  tally,
  timesOf,
} from "../../../src/project/server/static/shared/states.js";

test("every state is there once, and the states of a family are together", () => {
  const names = STATES.map(({ state }) => state);
  const families = STATES.map(({ family }) => family).filter((family, index, all) => family !== all[index - 1]);

  assert.equal(new Set(names).size, names.length);
  assert.equal(new Set(families).size, families.length);
});

test("an unknown state, or none, is pending", () => {
  assert.equal(stateFamily("Invented"), "pending");
  assert.equal(stateFamily(null), "pending");
  assert.equal(isFinished("Invented"), false);
});

test("a skipped run is finished and successful, a cancelled one only finished", () => {
  assert.deepEqual([isFinished("Skipped"), isSuccessful("Skipped")], [true, true]);
  assert.deepEqual([isFinished("Cancelled"), isSuccessful("Cancelled")], [true, false]);
  assert.deepEqual([isFinished("Cancelling"), isSuccessful("Cancelling")], [false, false]);
});

test("the most severe state is shown for many", () => {
  assert.equal(mostSevere(["Success", "Running", null, "Cancelled", "Pending"]), "Cancelled");
  assert.equal(mostSevere(["TriggerFailed", "Failed"]), "Failed");
  assert.equal(stateFamily("TriggerFailed"), "not-started");
  assert.equal(mostSevere(["Success", null]), "Success");
  assert.equal(mostSevere([null]), null);
});

test("families list their states", () => {
  assert.deepEqual(statesIn("scheduled", "retrying").sort(), ["Paused", "Queued", "Resume", "Retrying", "Scheduled"]);
});

test("names are counted in the order in which they occur", () => {
  assert.deepEqual(
    [...tally(["running", "success", "running"])],
    [
      ["running", 2],
      ["success", 1],
    ],
  );
});

test("a restarted run has not ended, and one that waits has not begun, whatever its last attempt did", () => {
  const attempt = { start_time: "1", end_time: "2", state_timestamp: "3" };
  const times = (state, run = attempt) => Object.values(timesOf({ ...run, state }));

  assert.deepEqual(times("Success"), ["1", "3"]);
  for (const state of ["Running", "Cancelling", "Submitted", "Retrying"]) assert.deepEqual(times(state), ["1", null]);
  for (const state of ["Scheduled", "Pending", "Queued"]) assert.deepEqual(times(state), [null, null]);
});

test("a final state that comes without an end ends when it comes", () => {
  const run = { state: "Skipped", start_time: "1", end_time: null };

  assert.deepEqual(timesOf({ ...run, state_timestamp: "3" }), { start: "1", end: "3" });
  assert.deepEqual(timesOf(run), { start: "1", end: null });
});

test("a run lasts from its start to its end, or until now", () => {
  const run = { state: "Success", start_time: "2026-11-26T12:00:00Z", end_time: "2026-11-26T12:00:05Z" };
  const all = (each) => [durationOf(each), millisecondsOf(each), isGoingOn(each)];

  assert.deepEqual(all(run), ["5.0 s", 5000, false]);
  assert.deepEqual(all({ ...run, state: "Scheduled" }), ["–", 0, false]);
  assert.deepEqual(all({ ...run, state: "Cancelled", start_time: null }), ["–", 0, false]);
  assert.equal(isGoingOn({ ...run, state: "Running", end_time: null }), true);
});
