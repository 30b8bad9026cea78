// All flows: how they did lately, when they run next, and starting them.
import { html, useState } from "../vendor/html.js";
import { useLive } from "../live.js";
import { pathTo, useTitle } from "../router.js";
import { State } from "../states.js";
import { count } from "../format.js";
import { Ago } from "../parts/time.js";
import { Bars } from "../parts/bars.js";
import { loadFlows } from "../parts/flows-data.js";
import { QuickRun, RunLink } from "../parts/quick-run.js";
import { scheduleInWords, scheduleOf } from "../parts/schedule.js";
import { Trouble } from "../parts/trouble.js";

export default function Flows({ query }) {
  useTitle("Flows");
  const { data, error } = useLive(loadFlows, [], { seconds: 1 });
  const [problem, setProblem] = useState(null);
  const search = query.get("flows") ?? "";
  const shown = data?.rows.filter((row) => isFound(row.flow, search)) ?? [];
  return html`
    <div class="view-head">
      <h1>Flows</h1>
      <p class="muted" role="status">${data && told(shown.length, data.rows.length)}</p>
    </div>
    <${Trouble} error=${error} />
    ${problem && html`<p class="trouble" role="alert">${problem}</p>`}
    ${data && html`<${List} rows=${shown} hasFlows=${data.rows.length > 0} search=${search} onProblem=${setProblem} />`}
  `;
}

function told(shown, all) {
  return shown === all ? count(all, "flow") : `${shown} of ${count(all, "flow")}`;
}

function isFound(flow, search) {
  const text = `${flow.project.name} ${flow.name}`.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function List({ rows, hasFlows, search, onProblem }) {
  if (!hasFlows) return html`<${NoFlows} />`;
  if (!rows.length) return html`<div class="empty"><h2>No flow is called “${search}”</h2><a href=${pathTo()}>All flows</a></div>`;
  return html`<div class="panel scroll">
    <table class="table flows">
      <thead><tr>
        <th scope="col">Flow</th><th scope="col">Last runs</th><th scope="col">Last run</th>
        <th scope="col">Schedule</th><th scope="col"><span class="hidden-text">Start</span></th>
      </tr></thead>
      <tbody>${rows.map((row) => html`<${Row} key=${row.id} row=${row} onProblem=${onProblem} />`)}</tbody>
    </table>
  </div>`;
}

function Row({ row: { flow, runs, upcoming }, onProblem }) {
  return html`<tr>
    <th scope="row" class="flow-cell">
      <a href=${pathTo("flow", flow.id)}>${flow.name}</a>
      <span class="muted small">${flow.project.name} · version ${flow.version}</span>
    </th>
    <td class="bars-cell"><${Bars} runs=${runs} /></td>
    <td class="last-cell">${runs.length ? html`<${LastRun} run=${runs.at(-1)} />` : html`<span class="muted">Never run</span>`}</td>
    <td class="schedule-cell"><${Schedule} flow=${flow} next=${upcoming[0]} /></td>
    <td class="start-cell"><div class="buttons"><${QuickRun} flow=${flow} onProblem=${onProblem} /><${RunLink} flow=${flow} /></div></td>
  </tr>`;
}

function LastRun({ run }) {
  return html`<a class="last-run" href=${pathTo("flow-run", run.id)} title=${run.name}><${State} state=${run.state} /></a>
    <span class="muted small"><${Ago} time=${run.end_time ?? run.start_time ?? run.scheduled_start_time} /></span>`;
}

function Schedule({ flow, next }) {
  const words = scheduleInWords(scheduleOf(flow));
  if (!words && !next) return html`<span class="muted no-schedule">–</span>`;
  return html`<span>${words ?? "By hand"}</span>
    <span class="muted small">${next ? html`next <${Ago} time=${next.scheduled_start_time} />` : pause(flow)}</span>`;
}

function pause(flow) {
  return flow.is_schedule_active ? "no run is waiting" : "paused";
}

function NoFlows() {
  return html`<div class="empty">
    <h2>No flow is registered yet</h2>
    <p>In your Kedro project, this registers a pipeline as a flow and runs it:</p>
    <pre>kedro run --runner=project.runner.PrefectRunner</pre>
    <p>For runs that are started here, keep an agent running beside it:</p>
    <pre>kedro prefect agent</pre>
  </div>`;
}
