// One flow: its graph, its runs, its versions, its parameters, and starting it.
import { flowGraph } from "../graph/flow-graph.js";
import { Graph } from "../graph/graph.js";
import { Grid } from "../grid/grid.js";
import { Facts, Labels } from "../shared/facts.js";
import { formatTime } from "../shared/format.js";
import { UnknownId } from "../shared/not-found.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { RelativeTime } from "../shared/relative-time.js";
import { isUuid, navigate, pathTo } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { Tabs } from "../shared/tabs.js";
import { useTitle } from "../shared/title.js";
import { html, useMemo, useRef, useState } from "../vendor/html.js";
import { loadFlow } from "./flow-data.js";
import { defaultLabels } from "./flow-defaults.js";
import { FlowDetails } from "./flow-details.js";
import { FlowParameters } from "./flow-parameters.js";
import { FlowRuns } from "./flow-runs.js";
import { FlowVersions } from "./flow-versions.js";
import { QuickRunButton, RunLink } from "./run-buttons.js";
import { RunForm } from "./run-form.js";
import { scheduleInWords, scheduleOf } from "./schedule.js";
import { ScheduleSwitch } from "./schedule-switch.js";

/** @import { LoadedFlow } from "./flow-data.js" */

const RUN_TAB = "run";

/** @param {ViewProps} props */
export default function FlowView({ id, query }) {
  const load = (/** @type {LoadedFlow | NotFound | null} */ previous) => loadFlow(id, previous);
  const { data, error, refresh } = usePolling(load, [id], { seconds: 2 });
  useTitle(data && !data.isMissing ? data.flow.name : null);
  if (data?.isMissing) return html`<${UnknownId} what="flow" id=${id} />`;
  return html`
    <${ErrorBanner} error=${error} />
    ${data && html`<${FlowPanels} data=${data} query=${query} onChange=${refresh} />`}`;
}

/** @param {{ data: LoadedFlow, query: URLSearchParams, onChange: () => Promise<void> }} props */
function FlowPanels({ data, query, onChange }) {
  const { flow } = data;
  const graph = useMemo(() => flowGraph(flow, data.taskRuns), [flow.tasks, flow.edges, data.taskRuns]);
  // A form that is being filled in stays when a newer version is registered: the server's refusal is shown there.
  const wasArchived = useRef(flow.archived);
  const hasRunForm = !flow.archived || (query.get("tab") === RUN_TAB && !wasArchived.current);
  /** @type {Tab[]} */
  const tabs = [
    { id: "graph", title: "Graph", panel: () => html`<${LastRunGraph} graph=${graph} data=${data} />` },
    { id: "grid", title: "Grid", panel: () => html`<${Grid} flow=${flow} query=${query} />` },
    { id: "runs", title: "Runs", panel: () => html`<${FlowRuns} flow=${flow} query=${query} />` },
    {
      id: "parameters",
      title: "Parameters",
      panel: () => html`<${FlowParameters} flow=${flow} onChange=${onChange} />`,
    },
    { id: "versions", title: "Versions", panel: () => html`<${FlowVersions} flow=${flow} />` },
    { id: "details", title: "Details", panel: () => html`<${FlowDetails} flow=${flow} onChange=${onChange} />` },
  ];
  if (hasRunForm) {
    tabs.push({
      id: RUN_TAB,
      title: "New run",
      panel: () => html`<${RunForm} flow=${flow} graph=${graph} again=${againIn(query)} />`,
    });
  }
  return html`
    <${Header} data=${data} onChange=${onChange} />
    <${Tabs} tabs=${tabs} shown=${query.get("tab")} label="Flow details" />`;
}

/**
 * The id of the run to start again, if the address has one.
 * @param {URLSearchParams} query
 */
function againIn(query) {
  const id = query.get("again");
  return id && isUuid(id) ? id : null;
}

/** @param {{ data: LoadedFlow, onChange: () => Promise<void> }} props */
function Header({ data: { flow, upcoming, lastOfAll: last }, onChange }) {
  const [problem, setProblem] = useState("");
  const labels = defaultLabels(flow);
  const nextTime = upcoming?.scheduled_start_time;
  const facts = [
    ["Project", flow.project.name],
    ["Version", flow.version],
    ["Registered", html`<${RelativeTime} time=${flow.created} />`],
    [
      "Last run",
      last &&
        html`<a class="last-run" href=${pathTo("flow-run", last.id)} title=${last.name}><${StateBadge} state=${last.state} /></a>`,
    ],
    ["Schedule", scheduleFact(flow, onChange)],
    ["Next run", nextTime && html`<time datetime=${nextTime}>${formatTime(nextTime)}</time>`],
    ["Labels", labels.length ? html`<${Labels} labels=${labels} />` : null],
  ];
  return html`<header class="run-head">
    <nav class="crumbs" aria-label="Breadcrumb"><a href=${pathTo()}>Flows</a></nav>
    <div class="run-title">
      <h1>${flow.name}</h1>
      ${
        !flow.archived &&
        html`<div class="actions"><${QuickRunButton} flow=${flow} onProblem=${setProblem} /><${RunLink} flow=${flow} /></div>`
      }
    </div>
    ${problem && html`<p class="error-banner" role="alert">${problem}</p>`}
    <${OutdatedNotice} flow=${flow} />
    <${Facts} facts=${facts} />
  </header>`;
}

/**
 * @param {Flow} flow
 * @param {() => Promise<void>} onChange
 */
function scheduleFact(flow, onChange) {
  const words = scheduleInWords(scheduleOf(flow));
  return words && html`${words}${!flow.archived && html` <${ScheduleSwitch} flow=${flow} onChange=${onChange} />`}`;
}

/** @param {{ flow: Flow }} props */
function OutdatedNotice({ flow }) {
  const newest = flow.flow_group.flows.find((version) => !version.archived);
  if (!flow.archived && newest?.id === flow.id) return null;
  return html`<p class="notice">This is ${flow.archived ? "an archived" : "an older"} version.
    ${newest && html` <a href=${pathTo("flow", newest.id)}>The newest is version ${newest.version}.</a>`}</p>`;
}

/** @param {{ graph: ReturnType<typeof flowGraph>, data: LoadedFlow }} props */
function LastRunGraph({ graph, data: { flow, last } }) {
  const open = (/** @type {string} */ taskId) => {
    const id = graph.runOfTask.get(taskId);
    if (id) navigate(pathTo("task-run", id));
  };
  const note = last
    ? html`States of the last run, <a href=${pathTo("flow-run", last.id)}>${last.name}</a>, <${RelativeTime} time=${last.start_time} />`
    : "This version has not run yet.";
  return html`
    <p class="muted small graph-note">${note}</p>
    <${Graph} nodes=${graph.nodes} edges=${graph.edges} onOpen=${last ? open : undefined} label="Graph of ${flow.name}" />`;
}
