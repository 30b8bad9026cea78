// Why a run has not started yet.
import { isLive, liveSince, waitingFor } from "../agents/agent-matching.js";
import { query } from "../shared/api.js";
import { formatTime } from "../shared/format.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { RelativeTime, useNow } from "../shared/relative-time.js";
import { pathTo } from "../shared/router.js";
import { LATE_MILLISECONDS } from "../shared/states.js";
import { html } from "../vendor/html.js";

const AGENTS = `query ($since: timestamptz!) {
  agent(where: {last_queried: {_gt: $since}}) { name labels last_queried }
}`;

/**
 * The time that ticks is outside of the status, which a screen reader reads out whenever it changes.
 * @param {{ run: FlowRun }} props
 */
export function WaitingReason({ run }) {
  const now = useNow(true);
  /** @returns {Promise<Agent[]>} */
  const load = async () => (await query(AGENTS, { since: liveSince() })).agent;
  const { data: agents, error } = usePolling(load, [run.id], { seconds: 5 });
  const dueTime = run.state_start_time;
  const isDue = !dueTime || Date.parse(dueTime) <= now;
  return html`<${ErrorBanner} error=${error} isPart /><p class="waiting">
    <span role="status">${agents ? reason(run, agents, now) : " "}</span>
    ${dueTime && html` <span class="muted">${isDue ? "Was due" : "Starts"} <${RelativeTime} time=${dueTime} />.</span>`}
  </p>`;
}

/**
 * @param {FlowRun} run
 * @param {Agent[]} agents
 * @param {number} now
 */
function reason({ labels, state_start_time: dueTime }, agents, now) {
  const waited = dueTime ? now - Date.parse(dueTime) : 0;
  if (waited < 0) return `Waiting until ${formatTime(dueTime)}.`;
  const live = agents.filter((agent) => isLive(agent, now));
  const { isPossible, reason: words } = waitingFor(labels, live);
  if (isPossible) return words;
  const late = waited > LATE_MILLISECONDS ? "The run is late. " : "";
  return html`${late}${words} <a href=${pathTo("agents")}>Agents</a>`;
}
