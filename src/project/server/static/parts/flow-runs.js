// The runs of all versions of a flow, page by page.
import { ask } from "../api.js";
import { html, useRef } from "../vendor/html.js";
import { useLive } from "../live.js";
import { duration, moment, timestamp } from "../format.js";
import { pathTo, setQuery } from "../router.js";
import { State } from "../states.js";
import { Trouble } from "./trouble.js";

const PAGE = 25;
const RUNS = `query ($where: flow_run_bool_exp!, $order: [flow_run_order_by!], $limit: Int!, $offset: Int!) {
  flow_run(where: $where, order_by: $order, limit: $limit, offset: $offset) {
    id name state state_message start_time end_time scheduled_start_time auto_scheduled flow { version }
  }
  flow_run_aggregate(where: $where) { aggregate { count } }
}`;

export function FlowRuns({ flow, query }) {
  const isUpcoming = query.get("show") === "upcoming";
  const page = Math.max(1, Number.parseInt(query.get("page"), 10) || 1);
  const load = () => loadRuns(flow.flow_group.id, isUpcoming, page);
  const { data, error } = useLive(load, [flow.flow_group.id, isUpcoming, page], { seconds: 2 });
  const all = useRef(null); // its buttons stay, with the focus on one of them, while a page is loaded
  all.current = data?.all ?? all.current;
  return html`
    <div class="runs-tools">
      <${Choice} isUpcoming=${isUpcoming} />
      ${all.current !== null && html`<${Pages} page=${page} all=${all.current} />`}
    </div>
    <${Trouble} error=${error} />
    ${data && html`<${Table} runs=${data.runs} isUpcoming=${isUpcoming} />`}`;
}

async function loadRuns(group, isUpcoming, page) {
  const now = timestamp();
  const upcoming = { state: { _eq: "Scheduled" }, scheduled_start_time: { _gt: now } };
  const where = { flow: { flow_group_id: { _eq: group } }, ...(isUpcoming ? upcoming : { _not: upcoming }) };
  const order = [{ scheduled_start_time: isUpcoming ? "asc" : "desc" }];
  const found = await ask(RUNS, { where, order, limit: PAGE, offset: (page - 1) * PAGE });
  return { runs: found.flow_run, all: found.flow_run_aggregate.aggregate.count };
}

function Choice({ isUpcoming }) {
  const choose = (event) => setQuery({ show: event.target.value, page: null });
  return html`<label class="choice"><span class="hidden-text">Which runs</span>
    <select value=${isUpcoming ? "upcoming" : ""} onChange=${choose}>
      <option value="">Past and running</option><option value="upcoming">Upcoming</option>
    </select></label>`;
}

function Pages({ page, all }) {
  const last = Math.max(1, Math.ceil(all / PAGE));
  const first = Math.min((page - 1) * PAGE + 1, all);
  const turn = (by) => setQuery({ page: page + by === 1 ? null : page + by });
  return html`<nav class="pages" aria-label="Pages">
    <span class="muted numbers" role="status">${first.toLocaleString()}–${Math.min(page * PAGE, all).toLocaleString()} of ${all.toLocaleString()}</span>
    <button type="button" disabled=${page <= 1} onClick=${() => turn(-1)}>Newer</button>
    <button type="button" disabled=${page >= last} onClick=${() => turn(1)}>Older</button>
  </nav>`;
}

function Table({ runs, isUpcoming }) {
  if (!runs.length) return html`<div class="empty"><p>${isUpcoming ? "No run is scheduled." : "There is no run yet: press QUICK RUN or RUN."}</p></div>`;
  return html`<div class="panel scroll"><table class="table">
    <thead><tr>
      <th scope="col">Run</th><th scope="col">State</th><th scope="col">${isUpcoming ? "Starts" : "Started"}</th>
      <th scope="col">Duration</th><th scope="col">Version</th><th scope="col">Created</th>
    </tr></thead>
    <tbody>${runs.map((run) => html`<${Row} key=${run.id} run=${run} />`)}</tbody>
  </table></div>`;
}

function Row({ run }) {
  const time = run.start_time ?? run.scheduled_start_time;
  return html`<tr>
    <th scope="row"><a href=${pathTo("flow-run", run.id)}>${run.name}</a></th>
    <td title=${run.state_message}><${State} state=${run.state} /></td>
    <td><time datetime=${time}>${moment(time)}</time></td>
    <td class="numbers">${run.start_time ? duration(run.start_time, run.end_time) : "–"}</td>
    <td class="numbers">${run.flow.version}</td>
    <td class="muted">${run.auto_scheduled ? "by the schedule" : "by hand"}</td>
  </tr>`;
}
