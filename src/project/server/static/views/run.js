// A flow run: how far it is, what it did when, what it says, and what can be done with it.
import { ask } from "../api.js";
import { html, useEffect, useMemo, useState } from "../vendor/html.js";
import { Graph } from "../graph/graph.js";
import { navigate, pathTo } from "../router.js";
import { State, family } from "../states.js";
import { duration, moment } from "../format.js";
import { RunActions } from "../parts/actions.js";
import { Artifacts } from "../parts/artifacts.js";
import { useNow } from "../parts/time.js";
import { Facts, Labels } from "../parts/facts.js";
import { Failures } from "../parts/failures.js";
import { graphOf } from "../parts/run-graph.js";
import { History } from "../parts/history.js";
import { Log } from "../parts/log.js";
import { Parameters } from "../parts/parameters.js";
import { Progress } from "../parts/progress.js";
import { loadRun, nameOf, shownTaskRuns, useIsOver } from "../parts/run-data.js";
import { RunView } from "../parts/run-view.js";
import { Tabs } from "../parts/tabs.js";
import { TaskTable } from "../parts/task-table.js";
import { Timeline } from "../parts/timeline.js";
import { Waiting } from "../parts/waiting.js";

const GOING = new Set(["Running", "Cancelling"]);
const AGENT = "query ($id: uuid!) { agent_by_pk(id: $id) { name } }";

const titleOf = ({ run }) => `${run.name} · ${run.state}`;

export default function Run({ id, query }) {
  return html`<${RunView} id=${id} query=${query} what="flow run" load=${loadRun} titleOf=${titleOf} Loaded=${Loaded} />`;
}

function Loaded({ data, shown, onDone }) {
  const { run } = data;
  const taskRuns = useMemo(() => shownTaskRuns(data), [data]);
  const names = useMemo(() => new Map(taskRuns.map((each) => [each.id, nameOf(each)])), [taskRuns]);
  const over = useIsOver(data);
  const inRun = { task_run: { flow_run_id: { _eq: run.id } } };
  const tabs = [
    { id: "timeline", title: "Timeline", panel: () => html`<${Timeline} taskRuns=${taskRuns} />` },
    { id: "graph", title: "Graph", panel: () => html`<${RunGraph} data=${data} />` },
    { id: "tasks", title: "Tasks", count: taskRuns.length, panel: () => html`<${TaskTable} taskRuns=${taskRuns} />` },
    { id: "log", title: "Log", panel: () => html`<${Log} flowRunId=${run.id} names=${names} isOver=${over} />` },
    { id: "parameters", title: "Parameters", panel: () => html`<${Parameters} parameters=${run.parameters} />` },
    { id: "artifacts", title: "Artifacts", panel: () => html`<${Artifacts} where=${inRun} names=${names} isOver=${over} />` },
    { id: "states", title: "States", count: data.states.length, panel: () => html`<${History} states=${data.states} />` },
  ];
  return html`
    <${Head} data=${data} onDone=${onDone} />
    ${family(run.state) === "scheduled" && html`<${Waiting} run=${run} />`}
    <${Progress} taskRuns=${taskRuns} />
    <${Failures} run=${run} taskRuns=${taskRuns} isOver=${over} isOpen=${!shown} />
    <${Tabs} tabs=${tabs} shown=${shown} label="What to see of the run" />`;
}

function Head({ data, onDone }) {
  const { run, flow } = data;
  return html`<header class="run-head">
    <nav class="crumbs" aria-label="Where this is">
      <a href=${pathTo()}>Flows</a><span aria-hidden="true">/</span><a href=${pathTo("flow", flow.id)}>${flow.name}</a>
    </nav>
    <div class="run-title">
      <h1>${run.name}</h1>
      <span role="status"><${State} state=${run.state} /></span>
      <${RunActions} data=${data} onDone=${onDone} />
    </div>
    ${run.state_message && html`<p class="run-message muted">${run.state_message}</p>`}
    <${RunFacts} run=${run} flow=${flow} />
  </header>`;
}

function RunFacts({ run, flow }) {
  const isGoing = GOING.has(run.state);
  useNow(isGoing);
  const agent = useAgent(run.agent_id);
  const facts = [
    ["Project", flow.project.name],
    ["Version", flow.version],
    run.start_time ? ["Started", moment(run.start_time)] : ["Scheduled for", moment(run.state_start_time ?? run.scheduled_start_time)],
    ["Duration", run.start_time ? duration(run.start_time, isGoing ? null : run.end_time) : null],
    ["Labels", run.labels.length ? html`<${Labels} labels=${run.labels} />` : null],
    ["Agent", agent],
    ["Run id", html`<code>${run.id}</code>`],
  ];
  return html`<${Facts} facts=${facts} />`;
}

function useAgent(id) {
  const [name, setName] = useState(null);
  useEffect(() => {
    if (id) ask(AGENT, { id }).then(({ agent_by_pk: agent }) => setName(agent?.name ?? id), () => setName(id));
  }, [id]);
  return name;
}

function RunGraph({ data }) {
  const { nodes, edges, runOf } = useMemo(() => graphOf(data), [data.flow, data.taskRuns]);
  const open = (taskId) => runOf.has(taskId) && navigate(pathTo("task-run", runOf.get(taskId)));
  return html`<${Graph} nodes=${nodes} edges=${edges} onOpen=${open} label="Graph of ${data.flow.name}" />`;
}
