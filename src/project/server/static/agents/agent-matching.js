// Which agents may pick up a run.
import { serverNow, timestamp } from "../shared/format.js";
import { html } from "../vendor/html.js";

const LIVE_MILLISECONDS = 60_000;

/** Agents that have asked for work since this time are live. */
export function liveSince() {
  return timestamp(LIVE_MILLISECONDS);
}

/** @param {Agent} agent */
export function isLive({ last_queried: lastQueried }, now = serverNow()) {
  return lastQueried !== null && now - Date.parse(lastQueried) < LIVE_MILLISECONDS;
}

/**
 * The server's rule: an agent must have all labels of a run, and only an agent without labels picks up a run without.
 * @param {string[]} agentLabels
 * @param {string[]} runLabels
 */
function mayTake(agentLabels, runLabels) {
  if (!agentLabels.length || !runLabels.length) return agentLabels.length === runLabels.length;
  return runLabels.every((label) => agentLabels.includes(label));
}

/** @param {Agent} agent */
export function agentName(agent) {
  return agent.name ?? "(unnamed)";
}

/**
 * Which live agents a run with these labels waits for, or why none of them may take it.
 * @param {string[]} labels
 * @param {Agent[]} live
 */
export function waitingFor(labels, live) {
  const candidates = live.filter((agent) => mayTake(agent.labels, labels));
  if (!candidates.length) return { isPossible: false, reason: reasonWhyNone(labels, live) };
  return { isPossible: true, reason: `Waiting for agent ${candidates.map(agentName).join(" or ")}.` };
}

/**
 * @param {string[]} labels
 * @param {Agent[]} live
 */
function reasonWhyNone(labels, live) {
  if (!live.length) return html`No agent is running. Start one with <code>kedro prefect agent</code>.`;
  if (!labels.length) return "The run has no labels, so it waits for an agent without labels. None is running.";
  const missing = labels.filter((label) => !live.some((agent) => agent.labels.includes(label)));
  return missing.length
    ? `Waiting for an agent with the label${missing.length > 1 ? "s" : ""} ${missing.join(", ")}. None is running.`
    : `No running agent has all labels of the run (${labels.join(", ")}).`;
}
