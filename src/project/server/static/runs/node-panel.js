// What a node did in a run, beside the graph.
import { DatasetList } from "../shared/dataset-list.js";
import { formatDuration, formatMilliseconds } from "../shared/format.js";
import { useNow } from "../shared/relative-time.js";
import { pathTo } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { stateFamily } from "../shared/states.js";
import { html } from "../vendor/html.js";
import { useErrorLines } from "./failures.js";
import { useMedianDuration } from "./node-history.js";
import { Traceback } from "./traceback-text.js";

/** @param {{ taskRun: TaskRun, task: Task, runId: string, group: string, isOver: boolean }} props */
export function NodePanel({ taskRun, task, runId, group, isOver }) {
  const last = taskRun.attempts.at(-1);
  useNow(last?.end === null); // the duration grows
  const median = useMedianDuration(task.name, group);
  return html`
    <p><${StateBadge} state=${taskRun.state} /></p>
    ${taskRun.state_message && html`<p class="wraps">${taskRun.state_message}</p>`}
    ${stateFamily(taskRun.state) === "failed" && html`<${Failure} runId=${runId} id=${taskRun.id} isOver=${isOver} />`}
    ${
      last &&
      html`<p class="numbers">${formatDuration(last.start, last.end)}
      ${median !== null && html` <span class="muted">median ${formatMilliseconds(median)}</span>`}</p>`
    }
    <${DatasetList} title="Inputs" datasets=${task.inputs} />
    <${DatasetList} title="Outputs" datasets=${task.outputs} />
    <p><a href=${pathTo("task-run", taskRun.id)}>Open the task run</a></p>
    <p><a href=${pathTo("task", task.id)}>Durations and failures in other runs</a></p>`;
}

/** @param {{ runId: string, id: string, isOver: boolean }} props */
function Failure({ runId, id, isOver }) {
  const { errors, banner } = useErrorLines(runId, [id], isOver);
  return html`${banner}<${Traceback} lines=${errors.get(id)} isOpen />`;
}
