// A node's own page: how long it took in the last runs of its flow, and when and why it failed.
import { barHeight, fullHeight, medianOf } from "../shared/bar-height.js";
import { DatasetList } from "../shared/dataset-list.js";
import { Facts, Labels } from "../shared/facts.js";
import { formatCount, formatMilliseconds, formatTime, lastLine } from "../shared/format.js";
import { UnknownId } from "../shared/not-found.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { RelativeTime, useNow } from "../shared/relative-time.js";
import { navigate, pathTo } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { durationOf, isGoingOn, millisecondsOf, stateFamily, timesOf } from "../shared/states.js";
import { useTitle } from "../shared/title.js";
import { html } from "../vendor/html.js";
import { loadNode, SHOWN_RUNS } from "./node-data.js";

/** @import { NodeData, NodeRun, NodeTask } from "./node-data.js" */

/** @param {ViewProps} props */
export default function NodeView({ id }) {
  const load = (/** @type {NodeData | NotFound | null} */ previous) => loadNode(id, previous);
  const { data, error } = usePolling(load, [id], { seconds: 2 });
  useTitle(data && !data.isMissing ? `${data.task.name} · ${data.task.flow.name}` : null);
  if (data?.isMissing) return html`<${UnknownId} what="node" id=${id} />`;
  return html`
    <${ErrorBanner} error=${error} />
    ${data && html`<${LoadedNode} task=${data.task} runs=${data.runs} />`}`;
}

/** @param {{ task: NodeTask, runs: NodeRun[] }} props */
function LoadedNode({ task, runs }) {
  useNow(runs.some(isGoingOn)); // durations grow
  return html`
    <${Header} task=${task} runs=${runs} />
    <div class="with-aside">
      <div>${
        runs.length
          ? html`<${Durations} runs=${runs} /><${Runs} runs=${runs} />`
          : html`<div class="empty"><p>This node has not run yet.</p></div>`
      }</div>
      <aside aria-label="Node">
        <${DatasetList} title="Inputs" datasets=${task.inputs} />
        <${DatasetList} title="Outputs" datasets=${task.outputs} />
      </aside>
    </div>`;
}

/** @param {{ task: NodeTask, runs: NodeRun[] }} props */
function Header({ task, runs }) {
  const { flow } = task;
  const durations = successfulDurations(runs);
  const median = medianOf(durations);
  const failed = runs.filter(isFailed);
  const lastTime = (/** @type {NodeRun | undefined} */ run) =>
    run && html`<a href=${pathTo("task-run", run.id)}><${RelativeTime} time=${timesOf(run).end ?? run.updated} /></a>`;
  const facts = [
    ["Code", html`<code class="wraps">${task.description ?? task.type}</code>`],
    [
      "Failed",
      `${failed.length} of ${runs.length === SHOWN_RUNS ? "the last " : ""}${formatCount(runs.length, "run")}`,
    ],
    ["Last failure", lastTime(failed[0])],
    ["Last success", lastTime(runs.find((run) => run.state === "Success"))],
    ["Median duration", median !== null && formatMilliseconds(median)],
    ["Longest", durations.length > 0 && formatMilliseconds(durations[durations.length - 1])],
    ["Tags", task.tags?.length ? html`<${Labels} labels=${task.tags} />` : null],
  ];
  return html`<header class="run-head">
    <nav class="crumbs" aria-label="Breadcrumb">
      <a href=${pathTo()}>Flows</a><span aria-hidden="true">/</span>
      <a href=${pathTo("flow", flow.flow_group_id)}>${flow.name}</a><span aria-hidden="true">/</span>
      <a href=${pathTo("flow", flow.flow_group_id, { tab: "grid" })}>Grid</a>
    </nav>
    <div class="run-title"><h1>${task.name}</h1></div>
    <${Facts} facts=${facts.map(([name, value]) => [name, value === false ? null : value])} />
  </header>`;
}

/**
 * For the eye: the table below has the same, and the links. The oldest run comes first.
 * @param {{ runs: NodeRun[] }} props
 */
function Durations({ runs }) {
  const full = fullHeight(runs.map(millisecondsOf));
  const median = medianOf(successfulDurations(runs));
  const open = (/** @type {Event & { target: HTMLElement }} */ { target }) => {
    const { id } = target.dataset;
    if (id) navigate(pathTo("task-run", id));
  };
  return html`<figure class="panel node-durations" aria-hidden="true">
    <figcaption class="small muted numbers">Up to ${formatMilliseconds(full)}${median !== null && `, dashed: the median, ${formatMilliseconds(median)}`}</figcaption>
    <div class="node-bars" onClick=${open}>
      ${median !== null && html`<span class="node-median" style=${{ bottom: barHeight(median, full) }}></span>`}
      ${runs.toReversed().map(
        (run) => html`<span key=${run.id} data-id=${run.id} class="cell cell-${stateFamily(run.state)}"
          title="${run.flow_run.name}: ${run.state}, ${durationOf(run)}"
          style=${{ "--height": timesOf(run).start ? barHeight(millisecondsOf(run), full) : "0%" }}></span>`,
      )}
    </div>
  </figure>`;
}

/** @param {{ runs: NodeRun[] }} props */
function Runs({ runs }) {
  return html`<div class="panel scroll"><table class="table" aria-label="Runs of the node">
    <thead><tr>
      <th scope="col">Run</th><th scope="col">State</th><th scope="col">Started</th><th scope="col">Duration</th><th scope="col">What happened</th>
    </tr></thead>
    <tbody>${runs.map(
      (run) => html`<tr key=${run.id}>
        <th scope="row"><a href=${pathTo("task-run", run.id)}>${run.flow_run.name}</a></th>
        <td><${StateBadge} state=${run.state} /></td>
        <td class="numbers nowrap">${formatTime(run.start_time)}</td>
        <td class="numbers">${durationOf(run)}</td>
        <td class="wraps" title=${run.state_message}>${run.state === "Success" ? "" : lastLine(run.state_message)}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

/** @param {NodeRun} run */
function isFailed({ state }) {
  return stateFamily(state) === "failed";
}

/** @param {NodeRun[]} runs */
function successfulDurations(runs) {
  return runs
    .filter((run) => run.state === "Success" && run.start_time)
    .map(millisecondsOf)
    .sort((a, b) => a - b);
}
