// Agents, and the runs that are late because no agent takes them.
import { query } from "../shared/api.js";
import { Labels } from "../shared/facts.js";
import { formatCount, timestamp } from "../shared/format.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { RelativeTime } from "../shared/relative-time.js";
import { pathTo } from "../shared/router.js";
import { StateIcon } from "../shared/state-badge.js";
import { LATE_MILLISECONDS, statesIn } from "../shared/states.js";
import { useTitle } from "../shared/title.js";
import { html } from "../vendor/html.js";
import { agentName, isLive, liveSince, waitingFor } from "./agent-matching.js";

const MAX_SHOWN = 200;
const AGENTS = `query ($due: timestamptz!, $waiting: [String!], $liveSince: timestamptz!) {
  agent(order_by: [{last_queried: desc_nulls_last}, {id: asc}], limit: ${MAX_SHOWN}) { id name type labels core_version last_queried }
  agent_aggregate { aggregate { count } }
  live: agent(where: {last_queried: {_gt: $liveSince}}) { name labels last_queried }
  late: flow_run(
    where: {state: {_in: $waiting}, state_start_time: {_lt: $due}},
    order_by: [{state_start_time: asc}, {id: asc}], limit: ${MAX_SHOWN}
  ) { id name labels state_start_time flow { id name } }
  late_aggregate: flow_run_aggregate(where: {state: {_in: $waiting}, state_start_time: {_lt: $due}}) {
    aggregate { count }
  }
}`;

/**
 * @typedef {{ id: string, name: string, labels: string[], state_start_time: string, flow: { id: string, name: string } }} LateRun
 */

export default function AgentsView() {
  useTitle("Agents");
  const { data, error } = usePolling(loadAgents, [], { seconds: 2 });
  const live = data?.live.filter((agent) => isLive(agent)) ?? [];
  return html`
    <div class="view-head">
      <h1>Agents</h1>
      <p class="muted" role="status">${data && `${live.length} of ${formatCount(data.agentCount, "agent")} live`}</p>
    </div>
    <${ErrorBanner} error=${error} />
    ${data && html`<${LateRuns} runs=${data.late} count=${data.lateCount} live=${live} /><${AgentTable} agents=${data.agents} count=${data.agentCount} />`}`;
}

/** @returns {Promise<{ agents: Agent[], agentCount: number, live: Agent[], late: LateRun[], lateCount: number }>} */
async function loadAgents() {
  const due = timestamp(LATE_MILLISECONDS);
  const data = await query(AGENTS, { due, waiting: statesIn("scheduled", "retrying"), liveSince: liveSince() });
  return {
    agents: data.agent,
    agentCount: data.agent_aggregate.aggregate.count,
    live: data.live,
    late: data.late,
    lateCount: data.late_aggregate.aggregate.count,
  };
}

/** @param {{ agents: Agent[], count: number }} props */
function AgentTable({ agents, count }) {
  if (!agents.length) return html`<${NoAgents} />`;
  return html`<div class="panel scroll" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">Agent</th><th scope="col">Last seen</th><th scope="col">Labels</th>
      <th scope="col">Type</th><th scope="col">Prefect</th>
    </tr></thead>
    <tbody>${agents.map(
      (agent) => html`<tr key=${agent.id}>
      <th scope="row">${agentName(agent)}</th>
      <td><${LastSeen} agent=${agent} /></td>
      <td>${labelCell(agent.labels)}</td>
      <td>${agent.type}</td>
      <td class="muted">${agent.core_version}</td>
    </tr>`,
    )}</tbody>
  </table></div>
  ${count > agents.length && html`<p class="muted rest">Showing the ${agents.length} that asked for work most recently.</p>`}`;
}

/** @param {string[]} labels */
function labelCell(labels) {
  if (!labels.length) return html`<span class="muted">none</span>`;
  return html`<span class="labels"><${Labels} labels=${labels} /></span>`;
}

/** @param {{ agent: Agent }} props */
function LastSeen({ agent }) {
  const family = isLive(agent) ? "success" : "pending";
  const words = agent.last_queried ? html`<${RelativeTime} time=${agent.last_queried} />` : "never";
  return html`<span class="state state-${family}"><${StateIcon} family=${family} />${words}</span>`;
}

/** @param {{ runs: LateRun[], count: number, live: Agent[] }} props */
function LateRuns({ runs, count, live }) {
  if (!runs.length) return null;
  return html`<section class="late" aria-labelledby="late">
    <h2 id="late">${formatCount(count, "run")} late</h2>
    <div class="panel scroll" tabindex="0"><table class="table">
      <thead><tr><th scope="col">Run</th><th scope="col">Due</th><th scope="col">Labels</th><th scope="col">Why</th></tr></thead>
      <tbody>${runs.map(
        (run) => html`<tr key=${run.id}>
        <th scope="row"><a href=${pathTo("flow-run", run.id)}>${run.name}</a> <span class="muted">of</span> <a href=${pathTo("flow", run.flow.id)}>${run.flow.name}</a></th>
        <td><${RelativeTime} time=${run.state_start_time} /></td>
        <td>${labelCell(run.labels)}</td>
        <td class="why">${waitingFor(run.labels, live).reason}</td>
      </tr>`,
      )}</tbody>
    </table></div>
    ${count > runs.length && html`<p class="muted rest">Showing the ${runs.length} that have waited longest.</p>`}
  </section>`;
}

function NoAgents() {
  return html`<div class="empty">
    <h2>No agent has connected yet</h2>
    <p>An agent runs what is started from this page or by a schedule. To start one, type this in your Kedro project:</p>
    <pre>kedro prefect agent</pre>
  </div>`;
}
