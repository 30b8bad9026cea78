// Prefect's states: the one place in the page that knows their families, which are final, and how severe they are.
import { formatDuration, millisecondsBetween } from "./format.js";

/**
 * The most severe first: where one mark stands for many runs, it shows the first of these that occurs.
 * A test reads this array as JSON, and compares it with Prefect's own classes.
 * @type {{ state: string, family: StateFamily, isFinished: boolean }[]}
 */
// biome-ignore format: valid JSON, one state per line
export const STATES = [
  { "state": "Failed", "family": "failed", "isFinished": true },
  { "state": "TimedOut", "family": "failed", "isFinished": true },
  { "state": "ValidationFailed", "family": "failed", "isFinished": true },
  { "state": "ClientFailed", "family": "failed", "isFinished": false },
  { "state": "TriggerFailed", "family": "not-started", "isFinished": true },
  { "state": "Cancelled", "family": "cancelled", "isFinished": true },
  { "state": "Cancelling", "family": "cancelled", "isFinished": false },
  { "state": "Retrying", "family": "retrying", "isFinished": false },
  { "state": "Running", "family": "running", "isFinished": false },
  { "state": "Submitted", "family": "running", "isFinished": false },
  { "state": "Paused", "family": "scheduled", "isFinished": false },
  { "state": "Queued", "family": "scheduled", "isFinished": false },
  { "state": "Resume", "family": "scheduled", "isFinished": false },
  { "state": "Scheduled", "family": "scheduled", "isFinished": false },
  { "state": "Pending", "family": "pending", "isFinished": false },
  { "state": "Skipped", "family": "skipped", "isFinished": true },
  { "state": "Mapped", "family": "success", "isFinished": true },
  { "state": "Looped", "family": "success", "isFinished": true },
  { "state": "Finished", "family": "success", "isFinished": true },
  { "state": "Cached", "family": "success", "isFinished": true },
  { "state": "Success", "family": "success", "isFinished": true }
];
const SUCCESSFUL = new Set(["success", "skipped"]);
/** A run that has waited for longer than this is late. */
export const LATE_MILLISECONDS = 10_000;
export const IN_PROGRESS = ["Running", "Submitted", "Cancelling"];
const WAITING = new Set(["scheduled", "pending"]);
const BY_NAME = new Map(STATES.map((row, severity) => [row.state, { ...row, severity }]));

/**
 * The family of a state; "pending" for an unknown one.
 * @param {string | null} state
 * @returns {StateFamily}
 */
export function stateFamily(state) {
  return BY_NAME.get(state ?? "")?.family ?? "pending";
}

/** @param {string | null} state */
export function isFinished(state) {
  return BY_NAME.get(state ?? "")?.isFinished ?? false;
}

/**
 * Whether a process works on a run, or has been given it.
 * @param {string} state
 */
export function isInProgress(state) {
  return IN_PROGRESS.includes(state);
}

/**
 * When a run began and ended: no end while it goes on, and neither while it waits. A run that was restarted keeps its
 * first start, and the end of its last attempt, which is not its own yet. Some final states come without an end: then
 * the time of the state is the end.
 * @param {{ state: string, start_time: string | null, end_time: string | null, state_timestamp?: string }} run
 * @returns {{ start: string | null, end: string | null }}
 */
export function timesOf({ state, start_time: start, end_time: end, state_timestamp: since }) {
  if (isFinished(state)) return { start, end: since ?? end };
  return { start: WAITING.has(stateFamily(state)) ? null : start, end: null };
}

/** @typedef {Parameters<typeof timesOf>[0]} TimedRun */

/**
 * How long a run took, or has taken so far; 0 before it began.
 * @param {TimedRun} run
 */
export function millisecondsOf(run) {
  const { start, end } = timesOf(run);
  return start ? millisecondsBetween(start, end) : 0;
}

/**
 * The same in words; "–" before it began.
 * @param {TimedRun} run
 */
export function durationOf(run) {
  const { start, end } = timesOf(run);
  return formatDuration(start, end);
}

/**
 * Whether its duration grows.
 * @param {TimedRun} run
 */
export function isGoingOn(run) {
  return !isFinished(run.state) && timesOf(run).start !== null;
}

/**
 * Whether what depends on a run with this state may go on.
 * @param {string} state
 */
export function isSuccessful(state) {
  return SUCCESSFUL.has(stateFamily(state));
}

/** @param {...StateFamily} families */
export function statesIn(...families) {
  return STATES.filter(({ family }) => families.includes(family)).map(({ state }) => state);
}

/**
 * The state to show for many runs; null without any.
 * @param {(string | null)[]} states
 */
export function mostSevere(states) {
  const severity = (/** @type {string | null} */ state) => BY_NAME.get(state ?? "")?.severity ?? STATES.length;
  return states.reduce((worst, state) => (severity(state) < severity(worst) ? state : worst), null);
}

/**
 * How many runs are in each state or family: Map(name -> number).
 * @template {string} T
 * @param {T[]} names
 */
export function tally(names) {
  /** @type {Map<T, number>} */
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
