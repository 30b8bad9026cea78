// Which agents may take a run.
import { html } from "../vendor/html.js";
import { present } from "../format.js";

const LIVE_MILLISECONDS = 60_000;

/** The time since when an agent has asked for work if it is live. */
export function liveSince() {
  return new Date(present() - LIVE_MILLISECONDS).toISOString();
}

export function isLive(agent, now = present()) {
  return Boolean(agent.last_queried) && now - Date.parse(agent.last_queried) < LIVE_MILLISECONDS;
}

// As the server hands out runs: an agent must have all labels of a run, and without labels both are.
export function mayTake(agentLabels, labels) {
  if (!agentLabels.length || !labels.length) return agentLabels.length === labels.length;
  return labels.every((label) => agentLabels.includes(label));
}

export function nameOf(agent) {
  return agent.name ?? "without a name";
}

/** Why none of the live agents may take a run with these labels. */
export function missing(labels, live) {
  if (!live.length) return html`No agent is running: start one with <code>kedro prefect agent</code>.`;
  if (!labels.length) return "It has no labels, and only an agent without labels may take it: none is running.";
  const unknown = labels.filter((label) => !live.some((each) => each.labels.includes(label)));
  return unknown.length
    ? `It waits for an agent with the label${unknown.length > 1 ? "s" : ""} ${unknown.join(", ")}: none is running.`
    : `No running agent has all its labels (${labels.join(", ")}).`;
}
