// A task run: its states, its log, what the node reads and writes, and what is around it.
import { html, useMemo } from "../vendor/html.js";
import { pathTo } from "../router.js";
import { State, family, isFinished } from "../states.js";
import { ago, duration, moment } from "../format.js";
import { TaskRunActions } from "../parts/actions.js";
import { Artifacts } from "../parts/artifacts.js";
import { useNow } from "../parts/time.js";
import { Datasets } from "../parts/datasets-table.js";
import { Facts, Labels } from "../parts/facts.js";
import { Traceback, useErrors } from "../parts/failures.js";
import { History } from "../parts/history.js";
import { Log } from "../parts/log.js";
import { nameOf, useIsOver } from "../parts/run-data.js";
import { RunView } from "../parts/run-view.js";
import { loadTaskRun } from "../parts/task-run-data.js";
import { Tabs } from "../parts/tabs.js";
import { TaskTable } from "../parts/task-table.js";

const titleOf = ({ taskRun }) => `${nameOf(taskRun)} · ${taskRun.state}`;

export default function TaskRun({ id, query }) {
  return html`<${RunView} id=${id} query=${query} what="task run" load=${loadTaskRun} titleOf=${titleOf} Loaded=${Loaded} />`;
}

function Loaded({ data, shown, onDone }) {
  const { taskRun, task } = data;
  return html`
    <${Head} data=${data} onDone=${onDone} />
    ${family(taskRun.state) === "failed" && html`<${Failure} data=${data} />`}
    <div class="with-aside">
      <div><${Panels} data=${data} shown=${shown} /></div>
      <aside aria-label="The node">
        <${Datasets} title="Inputs" datasets=${task.inputs} />
        <${Datasets} title="Outputs" datasets=${task.outputs} />
        <${Near} title="Upstream" tasks=${data.before} />
        <${Near} title="Downstream" tasks=${data.after} />
      </aside>
    </div>`;
}

function Panels({ data, shown }) {
  const { taskRun, flowRun, states } = data;
  const children = useMemo(() => [...data.children.values()], [data.children]);
  const names = useMemo(() => new Map(), []);
  const over = useIsOver(data);
  const ofThis = { task_run_id: { _eq: taskRun.id } };
  const tabs = [
    { id: "log", title: "Log", panel: () => html`<${Log} flowRunId=${flowRun.id} taskRunId=${taskRun.id} names=${names} isOver=${over} />` },
    { id: "states", title: "States", count: states.length, panel: () => html`<${History} states=${states} />` },
    { id: "artifacts", title: "Artifacts", panel: () => html`<${Artifacts} where=${ofThis} names=${names} isOver=${over} />` },
  ];
  const table = () => html`<${TaskTable} taskRuns=${children} label="Mapped task runs" />`;
  const mapped = { id: "mapped", title: "Mapped", count: children.length, panel: table };
  return html`<${Tabs} tabs=${children.length ? [mapped, ...tabs] : tabs} shown=${shown} label="What to see of the task run" />`;
}

function Head({ data: { taskRun, task, flowRun, attempts }, onDone }) {
  return html`<header class="run-head">
    <nav class="crumbs" aria-label="Where this is">
      <a href=${pathTo()}>Flows</a><span aria-hidden="true">/</span>
      <a href=${pathTo("flow", flowRun.flow.id)}>${flowRun.flow.name}</a><span aria-hidden="true">/</span>
      <a href=${pathTo("flow-run", flowRun.id)}>${flowRun.name}</a>
    </nav>
    <div class="run-title">
      <h1>${nameOf(taskRun)}</h1>
      <span role="status"><${State} state=${taskRun.state} /></span>
      <${TaskRunActions} taskRun=${taskRun} onDone=${onDone} />
    </div>
    ${taskRun.state_message && html`<p class="run-message muted">${taskRun.state_message}</p>`}
    <${TaskFacts} taskRun=${taskRun} task=${task} attempts=${attempts} />
  </header>`;
}

function TaskFacts({ taskRun, task, attempts }) {
  const last = attempts.at(-1);
  const isGoing = Boolean(last) && !last.end;
  const now = useNow(isGoing);
  const facts = [
    ["Code", html`<code class="wraps">${task.description ?? task.type}</code>`],
    ["Started", last && moment(last.start)],
    ["Duration", last && duration(last.start, last.end)],
    ["Next attempt", taskRun.state_start_time && ago(taskRun.state_start_time, now)],
    ["Attempts", attempts.length || null],
    ["Retries at most", task.max_retries || null],
    ["Place in mapping", taskRun.map_index >= 0 ? taskRun.map_index : null],
    ["Heartbeat", !isFinished(taskRun.state) && taskRun.heartbeat && ago(taskRun.heartbeat, now)],
    ["Tags", task.tags?.length ? html`<${Labels} labels=${task.tags} />` : null],
    ["Task run id", html`<code>${taskRun.id}</code>`],
  ];
  return html`<${Facts} facts=${facts.filter(([, value]) => value !== false)} />`;
}

function Failure({ data }) {
  const { errors, problem } = useErrors(data.flowRun.id, [data.taskRun.id], useIsOver(data));
  const texts = errors.get(data.taskRun.id);
  if (!texts && !problem) return null;
  return html`<section class="failures" aria-label="Failure">
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <${Traceback} texts=${texts} isOpen />
  </section>`;
}

function Near({ title, tasks }) {
  if (!tasks.length) return null;
  return html`<section class="aside-part">
    <h2>${title}</h2>
    <ul class="near">${tasks.map(({ id, name, run }) => html`<li key=${id}>
      ${run ? html`<a class="wraps" href=${pathTo("task-run", run.id)}>${name}</a> <${State} state=${run.state} />` : name}
    </li>`)}</ul>
  </section>`;
}
