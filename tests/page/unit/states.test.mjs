// Families of states, and which of many to show.
import assert from "node:assert/strict";
import test from "node:test";
import {
  isFinished,
  isSuccessful,
  mostSevere,
  STATES,
  stateFamily,
  statesIn,
  tally,
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
