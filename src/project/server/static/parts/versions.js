// The versions of a flow, and by how many tasks each differs from the one before it.
import { ask } from "../api.js";
import { html } from "../vendor/html.js";
import { useLive } from "../live.js";
import { moment } from "../format.js";
import { pathTo } from "../router.js";
import { Trouble } from "./trouble.js";

const SHOWN = 50;
const VERSIONS = `query ($group: uuid!) {
  flow(where: {flow_group_id: {_eq: $group}}, order_by: {version: desc}, limit: ${SHOWN}) {
    id version archived created core_version
    tasks_aggregate(where: {type: {_neq: "prefect.core.parameter.Parameter"}}) { aggregate { count } }
    edges_aggregate { aggregate { count } }
    flow_runs_aggregate(where: {start_time: {_is_null: false}}) { aggregate { count } }
  }
}`;

export function Versions({ flow }) {
  const group = flow.flow_group.id;
  const load = async () => (await ask(VERSIONS, { group })).flow;
  const { data, error } = useLive(load, [group, flow.flow_group.flows[0].id], { seconds: 30 });
  return html`<${Trouble} error=${error} />
    ${data && html`<div class="panel scroll"><table class="table">
      <thead><tr>
        <th scope="col">Version</th><th scope="col">Registered</th><th scope="col">Tasks</th>
        <th scope="col">Edges</th><th scope="col">Runs</th><th scope="col">Prefect</th>
      </tr></thead>
      <tbody>${data.map((each, place) => html`<${Row} key=${each.id} version=${each} before=${data[place + 1]} isShown=${each.id === flow.id} />`)}</tbody>
    </table></div>`}`;
}

function Row({ version, before, isShown }) {
  const { id, version: number, archived, created, core_version: prefect } = version;
  return html`<tr aria-current=${isShown ? "true" : null}>
    <th scope="row"><a href=${pathTo("flow", id, { tab: "versions" })}>Version ${number}</a>${archived && html` <span class="label">archived</span>`}</th>
    <td><time datetime=${created}>${moment(created)}</time></td>
    <td class="numbers">${compared(version, before, "tasks_aggregate")}</td>
    <td class="numbers">${compared(version, before, "edges_aggregate")}</td>
    <td class="numbers">${version.flow_runs_aggregate.aggregate.count.toLocaleString()}</td>
    <td class="muted">${prefect}</td>
  </tr>`;
}

function compared(version, before, name) {
  const number = version[name].aggregate.count;
  const more = before ? number - before[name].aggregate.count : 0;
  return html`${number.toLocaleString()}${more !== 0 && html` <span class="muted">(${more > 0 ? "+" : "−"}${Math.abs(more)})</span>`}`;
}
