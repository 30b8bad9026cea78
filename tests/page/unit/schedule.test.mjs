// Schedules in words.
import assert from "node:assert/strict";
import test from "node:test";
import { scheduleInWords, scheduleOf } from "../../../src/project/server/static/flows/schedule.js";

const words = (clock) => scheduleInWords({ clocks: [clock] });
const cron = (text, tz = "UTC") => words({ type: "CronClock", cron: text, start_date: { dt: "", tz } });

test("common cron schedules are said in words, others as they are written", () => {
  assert.equal(cron("0 6 * * 1-5"), "Monday to Friday at 06:00 UTC");
  assert.equal(cron("30 7 * * 7", "Europe/Paris"), "Every Sunday at 07:30 (Europe/Paris)");
  assert.equal(cron("*/15 * * * *"), "Every 15 minutes");
  assert.equal(cron("5 * * * *"), "Every hour at minute 5");
  assert.equal(cron("5 * * * *", "Asia/Kolkata"), "Every hour at minute 5 (Asia/Kolkata)");
  assert.equal(cron("*/20 * * * *", "Asia/Kolkata"), "Every 20 minutes (Asia/Kolkata)");
  assert.equal(cron("0 0 1 * *"), "cron 0 0 1 * * UTC");
});

test("what no clock shows is not said in words", () => {
  for (const text of ["0 25 * * *", "61 6 * * *", "61 * * * *", "0 6 * * 8", "*/7 * * * *"]) {
    assert.equal(cron(text), `cron ${text} UTC`);
  }
});

test("dates are by the clock of their zone", () => {
  const dates = (tz) => words({ type: "DatesClock", dates: [{ dt: "2026-01-01T06:00:00", tz }] });

  assert.equal(dates("America/New_York"), "On 1 date, the last 2026-01-01 06:00 (America/New_York)");
  assert.equal(dates("UTC"), "On 1 date, the last 2026-01-01 06:00 UTC");
});

test("intervals are in their largest whole unit", () => {
  const every = (seconds) => words({ type: "IntervalClock", interval: seconds * 1_000_000 });

  assert.deepEqual([60, 5400, 86_400, 172_800].map(every), [
    "Every minute",
    "Every 90 minutes",
    "Every day",
    "Every 2 days",
  ]);
});

test("several clocks are joined, and no schedule has no words", () => {
  const interval = { type: "IntervalClock", interval: 3_600_000_000 };

  assert.equal(scheduleInWords({ clocks: [interval, interval] }), "Every hour; Every hour");
  assert.equal(scheduleInWords(null), null);
});

test("the flow group's schedule replaces the flow's", () => {
  const [own, groups] = [{ clocks: [] }, { clocks: [{ type: "DatesClock" }] }];

  assert.equal(scheduleOf({ schedule: own, flow_group: { schedule: groups } }), groups);
  assert.equal(scheduleOf({ schedule: own, flow_group: { schedule: null } }), own);
});
