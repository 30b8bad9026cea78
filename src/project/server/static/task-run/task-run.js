// A task run: its states, its log, what the node reads and writes, and its neighbours.
import { Artifacts } from "../runs/artifacts.js";
import { useErrorLines } from "../runs/failures.js";
import { useIsOver } from "../runs/flow-run-data.js";
import { Log } from "../runs/log.js";
import { TaskRunActions } from "../runs/run-actions.js";
import { RunFrame } from "../runs/run-frame.js";
import { StateHistory } from "../runs/state-history.js";
import { TaskTable } from "../runs/task-table.js";
import { Traceback } from "../runs/traceback-text.js";
import { DatasetList } from "../shared/dataset-list.js";
import { CopiedId, Facts, Labels } from "../shared/facts.js";
import { formatDuration, formatRelativeTime, formatTime } from "../shared/format.js";
import { useNow } from "../shared/relative-time.js";
import { pathTo } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { isFinished, stateFamily } from "../shared/states.js";
import { Tabs } from "../shared/tabs.js";
import { taskRunName } from "../shared/tasks.js";
import { html, useMemo } from "../vendor/html.js";

import { loadTaskRun } from "./task-run-data.js";

const NO_NAMES = new Map();

/** @param {TaskRunData} data */
const titleOf = ({ taskRun, flowRun }) => ({
  title: `${taskRunName(taskRun)} ${taskRun.state.toLowerCase()} · ${flowRun.flow.name}`,
  state: taskRun.state,
});

/** @param {ViewProps} props */
export default function TaskRunView({ id, query }) {
  return html`<${RunFrame} id=${id} query=${query} what="task run" load=${loadTaskRun} titleOf=${titleOf} Loaded=${LoadedTaskRun} />`;
}

/** @param {{ data: TaskRunData, tab: string | null, onDone: () => Promise<void> }} props */
function LoadedTaskRun({ data, tab, onDone }) {
  const { taskRun, task } = data;
  return html`
    <${Header} data=${data} onDone=${onDone} />
    ${stateFamily(taskRun.state) === "failed" && html`<${Failure} data=${data} />`}
    <div class="with-aside">
      <div><${Panels} data=${data} tab=${tab} /></div>
      <aside aria-label="Node">
        <${DatasetList} title="Inputs" datasets=${task.inputs} />
        <${DatasetList} title="Outputs" datasets=${task.outputs} />
        <${NeighbourList} title="Upstream" tasks=${data.upstream} />
        <${NeighbourList} title="Downstream" tasks=${data.downstream} />
      </aside>
    </div>`;
}

/** @param {{ data: TaskRunData, onDone: () => Promise<void> }} props */
function Header({ data: { taskRun, task, flowRun, attempts }, onDone }) {
  return html`<header class="run-head">
    <nav class="crumbs" aria-label="Breadcrumb">
      <a href=${pathTo()}>Flows</a><span aria-hidden="true">/</span>
      <a href=${pathTo("flow", flowRun.flow.id)}>${flowRun.flow.name}</a><span aria-hidden="true">/</span>
      <a href=${pathTo("flow-run", flowRun.id)}>${flowRun.name}</a>
    </nav>
    <div class="run-title">
      <h1>${taskRunName(taskRun)}</h1>
      <span role="status"><${StateBadge} state=${taskRun.state} /></span>
      <${TaskRunActions} taskRun=${taskRun} onDone=${onDone} />
    </div>
    ${taskRun.state_message && html`<p class="run-message muted">${taskRun.state_message}</p>`}
    <${TaskRunFacts} taskRun=${taskRun} task=${task} attempts=${attempts} />
  </header>`;
}

/** @param {{ taskRun: TaskRun, task: Task, attempts: Attempt[] }} props */
function TaskRunFacts({ taskRun, task, attempts }) {
  const last = attempts.at(-1);
  const now = useNow(!isFinished(taskRun.state));
  const facts = [
    ["Code", html`<code class="wraps">${task.description ?? task.type}</code>`],
    ["Started", last && formatTime(last.start)],
    ["Duration", last && formatDuration(last.start, last.end)],
    ["Next attempt", taskRun.state_start_time && formatRelativeTime(taskRun.state_start_time, now)],
    ["Attempts", attempts.length || null],
    ["Max retries", task.max_retries || null],
    ["Map index", taskRun.map_index >= 0 ? taskRun.map_index : null],
    ["Heartbeat", !isFinished(taskRun.state) && taskRun.heartbeat ? formatRelativeTime(taskRun.heartbeat, now) : null],
    ["Other runs", html`<a href=${pathTo("task", task.id)}>Durations and failures</a>`],
    ["Tags", task.tags?.length ? html`<${Labels} labels=${task.tags} />` : null],
    ["Task run id", html`<${CopiedId} id=${taskRun.id} label="Copy task run id" />`],
  ];
  return html`<${Facts} facts=${facts} />`;
}

/** @param {{ data: TaskRunData }} props */
function Failure({ data }) {
  const { errors, banner } = useErrorLines(data.flowRun.id, [data.taskRun.id], useIsOver(data.endSeen));
  const lines = errors.get(data.taskRun.id);
  return html`${banner}${lines && html`<section class="failures" aria-label="Failure"><${Traceback} lines=${lines} isOpen /></section>`}`;
}

/** @param {{ data: TaskRunData, tab: string | null }} props */
function Panels({ data, tab }) {
  const { taskRun, flowRun, states } = data;
  const children = useMemo(() => [...data.children.values()], [data.children]);
  const isOver = useIsOver(data.endSeen);
  const ofTaskRun = { task_run_id: { _eq: taskRun.id } };
  const log = {
    flowRunId: flowRun.id,
    taskRunId: taskRun.id,
    names: NO_NAMES,
    name: `${flowRun.name}-${taskRunName(taskRun)}`,
    isOver,
  };
  const artifacts = { where: ofTaskRun, names: NO_NAMES, isOver };
  /** @type {Tab[]} */
  const tabs = [
    { id: "log", title: "Log", panel: () => html`<${Log} ...${log} />` },
    { id: "states", title: "States", count: states.length, panel: () => html`<${StateHistory} states=${states} />` },
    { id: "artifacts", title: "Artifacts", panel: () => html`<${Artifacts} ...${artifacts} />` },
  ];
  if (children.length) {
    const panel = () => html`<${TaskTable} taskRuns=${children} label="Mapped task runs" />`;
    tabs.unshift({ id: "mapped", title: "Mapped", count: children.length, panel });
  }
  return html`<${Tabs} tabs=${tabs} shown=${tab} label="Task run details" />`;
}

/** @param {{ title: string, tasks: Neighbour[] }} props */
function NeighbourList({ title, tasks }) {
  if (!tasks.length) return null;
  return html`<section class="aside-part">
    <h2>${title}</h2>
    <ul class="near">${tasks.map(
      ({ id, name, run }) => html`<li key=${id}>
      ${run ? html`<a class="wraps" href=${pathTo("task-run", run.id)}>${name}</a> <${StateBadge} state=${run.state} />` : name}
    </li>`,
    )}</ul>
  </section>`;
}
