// A flow run: how far it is, what it did when, its log, and what can be done with it.
import { flowGraph } from "../graph/flow-graph.js";
import { Graph } from "../graph/graph.js";
import { query as queryApi } from "../shared/api.js";
import { CopiedId, Facts, Labels } from "../shared/facts.js";
import { formatDuration, formatMilliseconds, formatTime, millisecondsBetween, serverNow } from "../shared/format.js";
import { useNow } from "../shared/relative-time.js";
import { pathTo } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { isInProgress, stateFamily, timesOf } from "../shared/states.js";
import { Tabs } from "../shared/tabs.js";
import { taskRunName } from "../shared/tasks.js";
import { html, useEffect, useMemo, useState } from "../vendor/html.js";
import { Artifacts } from "./artifacts.js";
import { criticalPath } from "./critical-path.js";
import { Failures } from "./failures.js";
import { loadFlowRun, useIsOver, visibleTaskRuns } from "./flow-run-data.js";
import { Log } from "./log.js";
import { NodePanel } from "./node-panel.js";
import { ProgressBar } from "./progress-bar.js";
import { RunActions } from "./run-actions.js";
import { RunFrame } from "./run-frame.js";
import { RunParameters } from "./run-parameters.js";
import { StateHistory } from "./state-history.js";
import { TaskTable } from "./task-table.js";
import { lengthOf, timeScale } from "./time-scale.js";
import { Timeline } from "./timeline.js";
import { WaitingReason } from "./waiting-reason.js";

const AGENT = "query ($id: uuid!) { agent_by_pk(id: $id) { name } }";

/** @param {FlowRunData} data */
const titleOf = ({ run, flow }) => ({
  title: `${flow.name} ${run.state.toLowerCase()} · ${run.name}`,
  state: run.state,
});

/** @param {ViewProps} props */
export default function FlowRunView({ id, query }) {
  return html`<${RunFrame} id=${id} query=${query} what="flow run" load=${loadFlowRun} titleOf=${titleOf} Loaded=${LoadedRun} />`;
}

/** @param {{ data: FlowRunData, tab: string | null, onDone: () => Promise<void> }} props */
function LoadedRun({ data, tab, onDone }) {
  const { run, flow } = data;
  const taskRuns = useMemo(() => visibleTaskRuns(data), [data]);
  const names = useMemo(() => new Map(taskRuns.map((taskRun) => [taskRun.id, taskRunName(taskRun)])), [taskRuns]);
  const isOver = useIsOver(data.endSeen);
  const ofRun = { task_run: { flow_run_id: { _eq: run.id } } };
  /** @type {Tab[]} */
  const tabs = [
    { id: "timeline", title: "Timeline", panel: () => html`<${Timeline} taskRuns=${taskRuns} />` },
    { id: "graph", title: "Graph", panel: () => html`<${RunGraph} data=${data} isOver=${isOver} />` },
    { id: "tasks", title: "Tasks", count: taskRuns.length, panel: () => html`<${TaskTable} taskRuns=${taskRuns} />` },
    {
      id: "log",
      title: "Log",
      panel: () =>
        html`<${Log} flowRunId=${run.id} names=${names} name=${`${flow.name}-${run.name}`} isOver=${isOver} />`,
    },
    { id: "parameters", title: "Parameters", panel: () => html`<${RunParameters} parameters=${run.parameters} />` },
    {
      id: "artifacts",
      title: "Artifacts",
      panel: () => html`<${Artifacts} where=${ofRun} names=${names} isOver=${isOver} />`,
    },
    {
      id: "states",
      title: "States",
      count: data.states.length,
      panel: () => html`<${StateHistory} states=${data.states} />`,
    },
  ];
  return html`
    <${Header} data=${data} taskRuns=${taskRuns} onDone=${onDone} />
    ${stateFamily(run.state) === "scheduled" && html`<${WaitingReason} run=${run} />`}
    <${ProgressBar} taskRuns=${taskRuns} />
    <${Failures} run=${run} flowName=${flow.name} taskRuns=${taskRuns} isOver=${isOver} isOpen=${!tab} />
    <${Tabs} tabs=${tabs} shown=${tab} label="Flow run details" />`;
}

/** @param {{ data: FlowRunData, taskRuns: TaskRun[], onDone: () => Promise<void> }} props */
function Header({ data, taskRuns, onDone }) {
  const { run, flow } = data;
  return html`<header class="run-head">
    <nav class="crumbs" aria-label="Breadcrumb">
      <a href=${pathTo()}>Flows</a><span aria-hidden="true">/</span><a href=${pathTo("flow", flow.id)}>${flow.name}</a>
    </nav>
    <div class="run-title">
      <h1>${run.name}</h1>
      <span role="status"><${StateBadge} state=${run.state} /></span>
      <${RunActions} data=${data} onDone=${onDone} />
    </div>
    ${run.state_message && html`<p class="run-message muted">${run.state_message}</p>`}
    <${RunFacts} run=${run} flow=${flow} taskRuns=${taskRuns} />
  </header>`;
}

/** @param {{ run: FlowRun, flow: RunFlow, taskRuns: TaskRun[] }} props */
function RunFacts({ run, flow, taskRuns }) {
  useNow(isInProgress(run.state)); // the duration grows
  const agent = useAgentName(run.agent_id);
  const facts = [
    ["Project", flow.project.name],
    ["Version", flow.version],
    run.start_time
      ? ["Started", formatTime(run.start_time)]
      : ["Scheduled for", formatTime(run.state_start_time ?? run.scheduled_start_time)],
    ["Duration", durationInWords(run, pausesIn(taskRuns))],
    ["Labels", run.labels.length ? html`<${Labels} labels=${run.labels} />` : null],
    ["Agent", agent],
    ["Run id", html`<${CopiedId} id=${run.id} label="Copy run id" />`],
  ];
  return html`<${Facts} facts=${facts} />`;
}

/**
 * The time for which nothing ran, in milliseconds.
 * @param {TaskRun[]} taskRuns
 */
function pausesIn(taskRuns) {
  const { pauses } = timeScale(
    taskRuns.flatMap(({ attempts }) => attempts),
    serverNow(),
  );
  return pauses.reduce((sum, pause) => sum + lengthOf(pause), 0);
}

/**
 * @param {FlowRun} run
 * @param {number} paused
 */
function durationInWords(run, paused) {
  const { start, end } = timesOf(run);
  if (!start) return null;
  const elapsed = formatDuration(start, end);
  if (!paused) return elapsed;
  const worked = Math.max(0, millisecondsBetween(start, end) - paused);
  return html`${formatMilliseconds(worked)} <span class="muted">of work in ${elapsed}</span>`;
}

/**
 * An agent's name; its id if it has none, or is not in the database any more.
 * @param {string | null} id
 */
function useAgentName(id) {
  const [name, setName] = useState("");
  useEffect(() => {
    if (!id) return;
    queryApi(AGENT, { id }).then(
      ({ agent_by_pk: agent }) => setName(agent?.name ?? id),
      () => setName(id),
    );
  }, [id]);
  return name;
}

/** @param {{ data: FlowRunData, isOver: boolean }} props */
function RunGraph({ data: { run, flow, taskRuns, runGroups }, isOver }) {
  const { nodes, edges, runOfTask } = useMemo(
    () => flowGraph(flow, taskRuns, runGroups.byTask),
    [flow, taskRuns, runGroups],
  );
  const critical = useMemo(() => criticalPath([...taskRuns.values()], edges), [taskRuns, edges]);
  const panel = (/** @type {string} */ taskId) => {
    const taskRun = taskRuns.get(runOfTask.get(taskId) ?? "");
    const task = flow.tasks.get(taskId);
    return (
      taskRun &&
      task &&
      html`<${NodePanel} taskRun=${taskRun} task=${task} runId=${run.id} group=${flow.flow_group_id} isOver=${isOver} />`
    );
  };
  return html`<${Graph} nodes=${nodes} edges=${edges} panel=${panel} critical=${critical} label="Graph of ${flow.name}" />`;
}
