// All flows: how their last runs went, when they run next, and starting them.
import { formatCount } from "../shared/format.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { RelativeTime } from "../shared/relative-time.js";
import { pathTo } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { timesOf } from "../shared/states.js";
import { useTitle } from "../shared/title.js";
import { html, useMemo, useState } from "../vendor/html.js";
import { loadFlowList } from "./flow-list-data.js";
import { RunBars } from "./run-bars.js";
import { QuickRunButton, RunLink } from "./run-buttons.js";
import { scheduleInWords, scheduleOf } from "./schedule.js";

/** @param {ViewProps} props */
export default function FlowList({ query }) {
  useTitle("Flows");
  const { data, error } = usePolling(loadFlowList, [], { seconds: 1 });
  const [problem, setProblem] = useState("");
  const search = query.get("flows") ?? "";
  const rows = data?.rows.filter((row) => matches(row.flow, search)) ?? [];
  return html`
    <div class="view-head">
      <h1>Flows</h1>
      <p class="muted" role="status">${data && countInWords(rows.length, data.rows.length)}</p>
    </div>
    <${ErrorBanner} error=${error} />
    ${problem && html`<p class="error-banner" role="alert">${problem}</p>`}
    ${data && html`<${Table} rows=${rows} hasFlows=${data.rows.length > 0} search=${search} onProblem=${setProblem} />`}
  `;
}

/**
 * @param {number} shown
 * @param {number} all
 */
function countInWords(shown, all) {
  return shown === all ? formatCount(all, "flow") : `${shown} of ${formatCount(all, "flow")}`;
}

/**
 * @param {ListedFlow} flow
 * @param {string} search
 */
function matches(flow, search) {
  const text = `${flow.project.name} ${flow.name}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** @param {{ rows: FlowListRow[], hasFlows: boolean, search: string, onProblem: (problem: string) => void }} props */
function Table({ rows, hasFlows, search, onProblem }) {
  if (!hasFlows) return html`<${NoFlows} />`;
  if (!rows.length) {
    return html`<div class="empty"><h2>No flow matches “${search}”</h2><a href=${pathTo()}>All flows</a></div>`;
  }
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

/**
 * Drawn again only with another row, not while a search is typed: a list has thousands of bars.
 * @param {{ row: FlowListRow, onProblem: (problem: string) => void }} props
 */
function Row({ row, onProblem }) {
  return useMemo(() => drawRow(row, onProblem), [row]);
}

/**
 * @param {FlowListRow} row
 * @param {(problem: string) => void} onProblem
 */
function drawRow({ flow, runs, upcoming }, onProblem) {
  const last = runs.at(-1);
  return html`<tr>
    <th scope="row" class="flow-cell">
      <a href=${pathTo("flow", flow.id)}>${flow.name}</a>
      <span class="muted small">${flow.project.name} · version ${flow.version}</span>
    </th>
    <td class="bars-cell"><${RunBars} runs=${runs} /></td>
    <td class="last-cell">${last ? html`<${LastRun} run=${last} />` : html`<span class="muted">Never run</span>`}</td>
    <td class="schedule-cell"><${Schedule} flow=${flow} next=${upcoming[0]} /></td>
    <td class="start-cell"><div class="buttons">
      <${QuickRunButton} flow=${flow} onProblem=${onProblem} /><${RunLink} flow=${flow} />
    </div></td>
  </tr>`;
}

/** @param {{ run: ListedRun }} props */
function LastRun({ run }) {
  const time = timesOf(run).end ?? run.start_time ?? run.scheduled_start_time;
  return html`<a class="last-run" href=${pathTo("flow-run", run.id)} title=${run.name}><${StateBadge} state=${run.state} /></a>
    <span class="muted small"><${RelativeTime} time=${time} /></span>`;
}

/** @param {{ flow: ListedFlow, next: ListedRun | undefined }} props */
function Schedule({ flow, next }) {
  const words = scheduleInWords(scheduleOf(flow));
  if (!words && !next) return html`<span class="muted no-schedule">–</span>`;
  const withoutNext = flow.is_schedule_active ? "no upcoming run" : "paused";
  return html`<span>${words ?? "Manual"}</span>
    <span class="muted small">${next ? html`next <${RelativeTime} time=${next.scheduled_start_time} />` : withoutNext}</span>`;
}

function NoFlows() {
  return html`<div class="empty">
    <h2>No flow is registered yet</h2>
    <p>To register a pipeline as a flow and run it, type this in your Kedro project:</p>
    <pre>kedro run --runner=project.runner.PrefectRunner</pre>
    <p>Runs that are started from this page need an agent:</p>
    <pre>kedro prefect agent</pre>
  </div>`;
}
