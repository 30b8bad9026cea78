// The versions of a flow, and by how many tasks each differs from the one before it.
import { query } from "../shared/api.js";
import { formatCount, formatTime } from "../shared/format.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { pathTo } from "../shared/router.js";
import { html } from "../vendor/html.js";
import { SHOWN_VERSIONS } from "./flow-data.js";

const VERSIONS = `query ($group: uuid!) {
  flow_aggregate(where: {flow_group_id: {_eq: $group}}) { aggregate { count } }
  flow(where: {flow_group_id: {_eq: $group}}, order_by: {version: desc}, limit: ${SHOWN_VERSIONS}) {
    id version archived created core_version
    tasks: tasks_aggregate(where: {type: {_neq: "prefect.core.parameter.Parameter"}}) { aggregate { count } }
    edges: edges_aggregate { aggregate { count } }
    runs: flow_runs_aggregate(where: {start_time: {_is_null: false}}) { aggregate { count } }
  }
}`;

/** @typedef {{ aggregate: { count: number } }} Count */
/**
 * @typedef {{
 *   id: string, version: number, archived: boolean, created: string, core_version: string,
 *   tasks: Count, edges: Count, runs: Count,
 * }} VersionRow
 */

/** @param {{ flow: Flow }} props */
export function FlowVersions({ flow }) {
  const group = flow.flow_group.id;
  /** @returns {Promise<{ flow: VersionRow[], flow_aggregate: Count }>} */
  const load = () => query(VERSIONS, { group });
  const newest = flow.flow_group.flows[0].id; // a version that is registered now is shown at once
  const { data, error } = usePolling(load, [group, newest], { seconds: 30 });
  const isShown = (/** @type {VersionRow} */ version) => version.id === flow.id;
  return html`<${ErrorBanner} error=${error} isPart />
    ${
      data &&
      html`<div class="panel scroll"><table class="table">
      <thead><tr>
        <th scope="col">Version</th><th scope="col">Registered</th><th scope="col">Tasks</th>
        <th scope="col">Edges</th><th scope="col">Runs</th><th scope="col">Prefect</th>
      </tr></thead>
      <tbody>${data.flow.map(
        (version, index) =>
          html`<${Row} key=${version.id} version=${version} previous=${data.flow[index + 1]} isShown=${isShown(version)} />`,
      )}</tbody>
    </table></div>
    <${NotAll} shown=${data.flow.length} all=${data.flow_aggregate.aggregate.count} />`
    }`;
}

/** @param {{ shown: number, all: number }} props */
function NotAll({ shown, all }) {
  return shown < all && html`<p class="muted rest">Showing the newest ${shown} of ${formatCount(all, "version")}.</p>`;
}

/** @param {{ version: VersionRow, previous: VersionRow | undefined, isShown: boolean }} props */
function Row({ version, previous, isShown }) {
  const { id, version: number, archived, created, core_version: prefect } = version;
  return html`<tr aria-current=${isShown ? "true" : null}>
    <th scope="row"><a href=${pathTo("flow", id, { tab: "versions" })}>Version ${number}</a>${archived && html` <span class="label">archived</span>`}</th>
    <td><time datetime=${created}>${formatTime(created)}</time></td>
    <td class="numbers">${withDifference(version.tasks, previous?.tasks)}</td>
    <td class="numbers">${withDifference(version.edges, previous?.edges)}</td>
    <td class="numbers">${version.runs.aggregate.count.toLocaleString()}</td>
    <td class="muted">${prefect}</td>
  </tr>`;
}

/**
 * "5 (+1)"
 * @param {Count} current
 * @param {Count | undefined} previous
 */
function withDifference({ aggregate: { count } }, previous) {
  const more = previous ? count - previous.aggregate.count : 0;
  const difference = `(${more > 0 ? "+" : "−"}${Math.abs(more)})`;
  return html`${count.toLocaleString()}${more !== 0 && html` <span class="muted">${difference}</span>`}`;
}
