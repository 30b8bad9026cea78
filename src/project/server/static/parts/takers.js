// Which agents may take a run.
import { html } from "../vendor/html.js";
import { present, timestamp } from "../format.js";

const LIVE_MILLISECONDS = 60_000;

/** The time since when an agent has asked for work if it is live. */
export function liveSince() {
  return timestamp(LIVE_MILLISECONDS);
}

export function isLive(agent, now = present()) {
  return Boolean(agent.last_queried) && now - Date.parse(agent.last_queried) < LIVE_MILLISECONDS;
}

// As the server hands out runs: an agent must have all labels of a run, and without labels both are.
function mayTake(agentLabels, labels) {
  if (!agentLabels.length || !labels.length) return agentLabels.length === labels.length;
  return labels.every((label) => agentLabels.includes(label));
}

export function nameOf(agent) {
  return agent.name ?? "without a name";
}

/** Which of the live agents a run with these labels waits for; null when none of them may take it. */
export function waitsFor(labels, live) {
  const takers = live.filter((each) => mayTake(each.labels, labels));
  return takers.length ? `It waits for agent ${takers.map(nameOf).join(" or ")}.` : null;
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
