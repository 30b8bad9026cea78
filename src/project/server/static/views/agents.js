// Agents, and the runs that are late because no agent takes them.
import { ask } from "../api.js";
import { html } from "../vendor/html.js";
import { useLive } from "../live.js";
import { count, timestamp } from "../format.js";
import { pathTo, useTitle } from "../router.js";
import { Symbol } from "../states.js";
import { Ago } from "../parts/time.js";
import { Labels } from "../parts/facts.js";
import { Trouble } from "../parts/trouble.js";
import { isLive, missing, nameOf, waitsFor } from "../parts/takers.js";

const LATE_MILLISECONDS = 10_000;
const SHOWN = 200;
const AGENTS = `query ($due: timestamptz!) {
  agent(order_by: {last_queried: desc_nulls_last}, limit: ${SHOWN}) { id name type labels core_version last_queried }
  late: flow_run(
    where: {state: {_in: ["Scheduled", "Resume", "Retrying", "Queued", "Paused"]}, state_start_time: {_lt: $due}},
    order_by: {state_start_time: asc}, limit: ${SHOWN}
  ) { id name labels state_start_time flow { id name } }
}`;

export default function Agents() {
  useTitle("Agents");
  const { data, error } = useLive(loadAgents, [], { seconds: 2 });
  const live = data?.agent.filter((each) => isLive(each)) ?? [];
  return html`
    <div class="view-head"><h1>Agents</h1><p class="muted" role="status">${data && `${live.length} of ${count(data.agent.length, "agent")} live`}</p></div>
    <${Trouble} error=${error} />
    ${data && html`<${Late} runs=${data.late} live=${live} /><${Known} agents=${data.agent} />`}`;
}

function loadAgents() {
  return ask(AGENTS, { due: timestamp(LATE_MILLISECONDS) });
}

function Known({ agents }) {
  if (!agents.length) return html`<${NoAgents} />`;
  return html`<div class="panel scroll" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">Agent</th><th scope="col">Last seen</th><th scope="col">Labels</th>
      <th scope="col">Type</th><th scope="col">Prefect</th>
    </tr></thead>
    <tbody>${agents.map((each) => html`<${Agent} key=${each.id} agent=${each} />`)}</tbody>
  </table></div>`;
}

function Agent({ agent }) {
  return html`<tr>
    <th scope="row">${nameOf(agent)}</th>
    <td><${LastSeen} agent=${agent} /></td>
    <td>${agent.labels.length ? html`<span class="labels"><${Labels} labels=${agent.labels} /></span>` : html`<span class="muted">none</span>`}</td>
    <td>${agent.type}</td>
    <td class="muted">${agent.core_version}</td>
  </tr>`;
}

function LastSeen({ agent }) {
  const time = agent.last_queried;
  const words = time ? html`<${Ago} time=${time} />` : "never";
  return isLive(agent)
    ? html`<span class="state state-success"><${Symbol} of="success" />${words}</span>`
    : html`<span class="state state-pending"><${Symbol} of="pending" />${words}</span>`;
}

function Late({ runs, live }) {
  if (!runs.length) return null;
  return html`<section class="late" aria-labelledby="late">
    <h2 id="late">${count(runs.length, "run")} late</h2>
    <div class="panel scroll" tabindex="0"><table class="table">
      <thead><tr><th scope="col">Run</th><th scope="col">Due</th><th scope="col">Labels</th><th scope="col">Why</th></tr></thead>
      <tbody>${runs.map((run) => html`<tr key=${run.id}>
        <th scope="row"><a href=${pathTo("flow-run", run.id)}>${run.name}</a> <span class="muted">of</span> <a href=${pathTo("flow", run.flow.id)}>${run.flow.name}</a></th>
        <td><${Ago} time=${run.state_start_time} /></td>
        <td>${run.labels.length ? html`<span class="labels"><${Labels} labels=${run.labels} /></span>` : html`<span class="muted">none</span>`}</td>
        <td class="why">${waitsFor(run.labels, live) ?? missing(run.labels, live)}</td>
      </tr>`)}</tbody>
    </table></div>
  </section>`;
}

function NoAgents() {
  return html`<div class="empty">
    <h2>No agent has asked for work yet</h2>
    <p>An agent takes the runs that are started here, or by a schedule. In your Kedro project:</p>
    <pre>kedro prefect agent</pre>
  </div>`;
}
