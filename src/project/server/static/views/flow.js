// One flow: its graph, its runs, its versions, what it takes, and starting it.
import { html, useMemo, useRef, useState } from "../vendor/html.js";
import { Graph } from "../graph/graph.js";
import { moment } from "../format.js";
import { useLive } from "../live.js";
import { pathTo, useTitle } from "../router.js";
import { State } from "../states.js";
import { Ago } from "../parts/time.js";
import { Facts, Labels } from "../parts/facts.js";
import { loadFlow } from "../parts/flow-data.js";
import { labelsOf } from "../parts/flow-defaults.js";
import { FlowDetails } from "../parts/flow-details.js";
import { FlowParameters } from "../parts/flow-parameters.js";
import { FlowRuns } from "../parts/flow-runs.js";
import { QuickRun, RunLink } from "../parts/quick-run.js";
import { graphOf } from "../parts/run-graph.js";
import { RunForm } from "../parts/run-form.js";
import { ScheduleSwitch, scheduleInWords, scheduleOf } from "../parts/schedule.js";
import { Tabs } from "../parts/tabs.js";
import { Missing, Trouble } from "../parts/trouble.js";
import { Versions } from "../parts/versions.js";

const NEW_RUN = "run";

export default function FlowView({ id, query }) {
  const { data, error, refresh } = useLive((previous) => loadFlow(id, previous), [id], { seconds: 2 });
  useTitle(data?.flow?.name);
  if (data?.isMissing) return html`<${Missing} what="flow" id=${id} />`;
  return html`
    <${Trouble} error=${error} />
    ${data && html`<${Loaded} data=${data} query=${query} onChange=${refresh} />`}`;
}

function Loaded({ data, query, onChange }) {
  const { flow } = data;
  const graph = useMemo(() => graphOf(data), [flow.tasks, flow.edges, data.taskRuns]);
  // Who is filling in the form while a newer version comes keeps what is typed; the server's refusal is told there.
  const wasArchived = useRef(flow.archived);
  const isFillingIn = query.get("tab") === NEW_RUN && !wasArchived.current;
  const newRun = { id: NEW_RUN, title: "New run", panel: () => html`<${RunForm} flow=${flow} graph=${graph} />` };
  const tabs = [
    { id: "graph", title: "Graph", panel: () => html`<${LastGraph} graph=${graph} data=${data} />` },
    { id: "runs", title: "Runs", panel: () => html`<${FlowRuns} flow=${flow} query=${query} />` },
    { id: "parameters", title: "Parameters", panel: () => html`<${FlowParameters} flow=${flow} />` },
    { id: "versions", title: "Versions", panel: () => html`<${Versions} flow=${flow} />` },
    { id: "details", title: "Details", panel: () => html`<${FlowDetails} flow=${flow} />` },
    ...(flow.archived && !isFillingIn ? [] : [newRun]),
  ];
  return html`
    <${Head} data=${data} onChange=${onChange} />
    <${Tabs} tabs=${tabs} shown=${query.get("tab")} label="What to see of the flow" />`;
}

function Head({ data: { flow, upcoming, last }, onChange }) {
  const [problem, setProblem] = useState(null);
  const facts = [
    ["Project", flow.project.name],
    ["Version", flow.version],
    ["Registered", html`<${Ago} time=${flow.created} />`],
    ["Last run", last && html`<a class="last-run" href=${pathTo("flow-run", last.id)} title=${last.name}><${State} state=${last.state} /></a>`],
    ["Schedule", scheduleFact(flow, onChange)],
    ["Next run", upcoming && html`<time datetime=${upcoming.scheduled_start_time}>${moment(upcoming.scheduled_start_time)}</time>`],
    ["Labels", labelsOf(flow).length ? html`<${Labels} labels=${labelsOf(flow)} />` : null],
  ];
  return html`<header class="run-head">
    <nav class="crumbs" aria-label="Where this is"><a href=${pathTo()}>Flows</a></nav>
    <div class="run-title">
      <h1>${flow.name}</h1>
      ${!flow.archived && html`<div class="actions"><${QuickRun} flow=${flow} onProblem=${setProblem} /><${RunLink} flow=${flow} /></div>`}
    </div>
    ${problem && html`<p class="trouble" role="alert">${problem}</p>`}
    <${Outdated} flow=${flow} />
    <${Facts} facts=${facts} />
  </header>`;
}

function scheduleFact(flow, onChange) {
  const words = scheduleInWords(scheduleOf(flow));
  return words && html`${words}${!flow.archived && html` <${ScheduleSwitch} flow=${flow} onChange=${onChange} />`}`;
}

function Outdated({ flow }) {
  const newest = flow.flow_group.flows.find((each) => !each.archived);
  if (!flow.archived && newest?.id === flow.id) return null;
  return html`<p class="notice">This is ${flow.archived ? "an archived" : "an older"} version.
    ${newest && html` <a href=${pathTo("flow", newest.id)}>The newest is version ${newest.version}.</a>`}</p>`;
}

function LastGraph({ graph, data: { flow, last } }) {
  return html`
    <p class="muted small graph-note">${last
      ? html`As in the last run, <a href=${pathTo("flow-run", last.id)}>${last.name}</a>, <${Ago} time=${last.start_time} />`
      : "Not run yet"}</p>
    <${Graph} nodes=${graph.nodes} edges=${graph.edges} label="Graph of ${flow.name}" />`;
}
