// What went wrong in a run: the tasks that failed, each with its message and traceback.
import { query } from "../shared/api.js";
import { CopyButton } from "../shared/copy-button.js";
import { formatCount, formatTime, lastLine } from "../shared/format.js";
import { usePolling } from "../shared/polling.js";
import { pathTo } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { stateFamily } from "../shared/states.js";
import { taskRunName } from "../shared/tasks.js";
import { html } from "../vendor/html.js";
import { Traceback } from "./traceback-text.js";

const MAX_SHOWN = 5;
const MAX_LINES = 200;
const NO_ERRORS = new Map();
const ERRORS = `query ($where: log_bool_exp!, $limit: Int!) {
  log(where: $where, order_by: {id: desc}, limit: $limit) { id task_run_id message }
}`;

/**
 * The failures themselves, the first one first, without those that only followed from them.
 * @param {TaskRun[]} taskRuns
 */
function causesOf(taskRuns) {
  return taskRuns
    .filter(({ state }) => stateFamily(state) === "failed")
    .sort((a, b) => (a.state_timestamp < b.state_timestamp ? -1 : 1));
}

/**
 * `isOpen`: whether the first traceback is unfolded.
 * @param {{ run: FlowRun, flowName: string, taskRuns: TaskRun[], isOver: boolean, isOpen: boolean }} props
 */
export function Failures({ run, flowName, taskRuns, isOver, isOpen }) {
  const causes = causesOf(taskRuns);
  if (stateFamily(run.state) !== "failed" && !causes.length) return null;
  return html`<${FailurePanel} run=${run} flowName=${flowName} causes=${causes} isOver=${isOver} isOpen=${isOpen} />`;
}

/** @param {{ run: FlowRun, flowName: string, causes: TaskRun[], isOver: boolean, isOpen: boolean }} props */
function FailurePanel({ run, flowName, causes, isOver, isOpen }) {
  const shown = causes.slice(0, MAX_SHOWN);
  const ids = shown.map((taskRun) => taskRun.id);
  const { errors, problem } = useErrorLines(run.id, ids, isOver);
  if (!causes.length && !errors.size && !problem) return null;
  const more = causes.length - shown.length;
  return html`<section class="failures" aria-labelledby="failures">
    <div class="failures-head">
      <h2 id="failures">${causes.length ? `${formatCount(causes.length, "task")} failed` : "The run failed"}</h2>
      <${CopyButton} hasWords label="Copy for a colleague" text=${() => messageFor(run, flowName, causes)} />
    </div>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${shown.map((taskRun, index) => {
      const lines = errors.get(taskRun.id);
      return html`<${Failure} key=${taskRun.id} taskRun=${taskRun} lines=${lines} isOpen=${isOpen && index === 0} />`;
    })}
    ${more > 0 && html`<p class="muted">${formatCount(more, "more task")} failed: see the Tasks tab.</p>`}
    ${!causes.length && html`<${Traceback} lines=${errors.get(null)} isOpen=${isOpen} />`}
  </section>`;
}

/**
 * What a colleague needs: what failed, the last line of each error, and the address.
 * @param {FlowRun} run
 * @param {string} flowName
 * @param {TaskRun[]} causes
 */
function messageFor(run, flowName, causes) {
  const errors = causes.slice(0, MAX_SHOWN).map((cause) => `${taskRunName(cause)}: ${lastLine(cause.state_message)}`);
  const time = formatTime(run.end_time ?? run.start_time);
  return [
    `${flowName} ${run.state.toLowerCase()}: ${run.name}, ${time}`,
    ...(errors.length ? errors : [lastLine(run.state_message)]),
    location.origin + pathTo("flow-run", run.id),
  ].join("\n");
}

/** @param {{ taskRun: TaskRun, lines: string[] | undefined, isOpen: boolean }} props */
function Failure({ taskRun, lines, isOpen }) {
  return html`<article class="failure">
    <h3><a href=${pathTo("task-run", taskRun.id)}>${taskRunName(taskRun)}</a> <${StateBadge} state=${taskRun.state} /></h3>
    <p class="failure-message">${taskRun.state_message}</p>
    <${Traceback} lines=${lines} isOpen=${isOpen} />
  </article>`;
}

/**
 * The error messages in the log of some task runs, or of the flow run itself if there are none:
 * `errors` is a Map(task run id, or null -> messages).
 * @param {string} flowRunId
 * @param {string[]} taskRunIds
 * @param {boolean} isOver
 */
export function useErrorLines(flowRunId, taskRunIds, isOver) {
  const ofTaskRuns = taskRunIds.length ? { _in: taskRunIds } : { _is_null: true };
  const where = { flow_run_id: { _eq: flowRunId }, level: { _in: ["ERROR", "CRITICAL"] }, task_run_id: ofTaskRuns };
  const load = async () => {
    const lines = /** @type {LogLine[]} */ ((await query(ERRORS, { where, limit: MAX_LINES })).log.reverse());
    const byTaskRun = Map.groupBy(lines, (line) => line.task_run_id);
    return new Map([...byTaskRun].map(([id, group]) => [id, group.map((line) => line.message ?? "")]));
  };
  const { data, error } = usePolling(load, [JSON.stringify(where)], { seconds: 3, isOver: () => isOver });
  return { errors: data ?? NO_ERRORS, problem: error?.message };
}
