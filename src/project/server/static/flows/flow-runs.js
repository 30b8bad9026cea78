// The runs of all versions of a flow, page by page.
import { query } from "../shared/api.js";
import { formatTime, timestamp } from "../shared/format.js";
import { PageButtons, useLastPage } from "../shared/page-buttons.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { pathTo, setQuery } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { durationOf } from "../shared/states.js";
import { html, useRef } from "../vendor/html.js";

const PAGE_SIZE = 25;
const RUNS = `query ($where: flow_run_bool_exp!, $order: [flow_run_order_by!], $limit: Int!, $offset: Int!) {
  flow_run(where: $where, order_by: $order, limit: $limit, offset: $offset) {
    id name state state_message start_time end_time scheduled_start_time auto_scheduled flow { version }
  }
  flow_run_aggregate(where: $where) { aggregate { count } }
}`;

/**
 * @typedef {ListedRun & { state_message: string | null, auto_scheduled: boolean, flow: { version: number } }} RunRow
 */

/** @param {{ flow: Flow, query: URLSearchParams }} props */
export function FlowRuns({ flow, query: address }) {
  const isUpcoming = address.get("show") === "upcoming";
  const page = Math.max(1, Number.parseInt(address.get("page") ?? "", 10) || 1);
  const group = flow.flow_group.id;
  const load = () => loadRuns(group, isUpcoming, page);
  const { data, error } = usePolling(load, [group, isUpcoming, page], { seconds: 2 });
  /** @type {Ref<number | null>} */
  const count = useRef(null); // the buttons stay, with the focus on one of them, while a page is loaded
  count.current = data?.count ?? count.current;
  const isOfList = data?.isUpcoming === isUpcoming; // while another list is loaded, the old one is still there
  useLastPage(page, isOfList ? data.count : null, PAGE_SIZE);
  return html`
    <div class="runs-tools">
      <${ShowSelect} isUpcoming=${isUpcoming} />
      ${count.current !== null && html`<${PageButtons} page=${page} count=${count.current} size=${PAGE_SIZE} />`}
    </div>
    <${ErrorBanner} error=${error} isPart />
    ${data && (data.runs.length > 0 || page === 1) && html`<${Table} runs=${data.runs} isUpcoming=${isUpcoming} />`}`;
}

/**
 * @param {string} group
 * @param {boolean} isUpcoming
 * @param {number} page
 * @returns {Promise<{ runs: RunRow[], count: number, isUpcoming: boolean }>}
 */
async function loadRuns(group, isUpcoming, page) {
  const upcoming = { state: { _eq: "Scheduled" }, scheduled_start_time: { _gt: timestamp() } };
  const where = { flow: { flow_group_id: { _eq: group } }, ...(isUpcoming ? upcoming : { _not: upcoming }) };
  const direction = isUpcoming ? "asc" : "desc";
  const order = [{ scheduled_start_time: direction }, { id: direction }];
  const data = await query(RUNS, { where, order, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE });
  return { runs: data.flow_run, count: data.flow_run_aggregate.aggregate.count, isUpcoming };
}

/** @param {{ isUpcoming: boolean }} props */
function ShowSelect({ isUpcoming }) {
  const change = (/** @type {FieldEvent} */ event) => setQuery({ show: event.target.value, page: null });
  return html`<label class="choice"><span class="hidden-text">Which runs</span>
    <select value=${isUpcoming ? "upcoming" : ""} onChange=${change}>
      <option value="">Past and running</option><option value="upcoming">Upcoming</option>
    </select></label>`;
}

/** @param {{ runs: RunRow[], isUpcoming: boolean }} props */
function Table({ runs, isUpcoming }) {
  if (!runs.length) {
    const words = isUpcoming ? "No run is scheduled." : "No runs yet. Press QUICK RUN or RUN to start one.";
    return html`<div class="empty"><p>${words}</p></div>`;
  }
  return html`<div class="panel scroll"><table class="table">
    <thead><tr>
      <th scope="col">Run</th><th scope="col">State</th><th scope="col">${isUpcoming ? "Starts" : "Started"}</th>
      <th scope="col">Duration</th><th scope="col">Version</th><th scope="col">Created</th>
    </tr></thead>
    <tbody>${runs.map((run) => html`<${Row} key=${run.id} run=${run} isUpcoming=${isUpcoming} />`)}</tbody>
  </table></div>`;
}

/** @param {{ run: RunRow, isUpcoming: boolean }} props */
function Row({ run, isUpcoming }) {
  const time = run.start_time ?? run.scheduled_start_time;
  const words = html`<time datetime=${time}>${formatTime(time)}</time>`;
  return html`<tr>
    <th scope="row"><a href=${pathTo("flow-run", run.id)}>${run.name}</a></th>
    <td title=${run.state_message}><${StateBadge} state=${run.state} /></td>
    <td>${run.start_time || isUpcoming ? words : html`<span class="muted">due ${words}</span>`}</td>
    <td class="numbers">${durationOf(run)}</td>
    <td class="numbers">${run.flow.version}</td>
    <td class="muted">${run.auto_scheduled ? "by the schedule" : "manually"}</td>
  </tr>`;
}
