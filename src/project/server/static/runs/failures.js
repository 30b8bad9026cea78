// What went wrong in a run: the tasks that failed, each with its message and traceback.
import { query } from "../shared/api.js";
import { CopyButton } from "../shared/copy-button.js";
import { compareTexts, formatCount, formatTime, lastLine } from "../shared/format.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { pathTo } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { stateFamily, timesOf } from "../shared/states.js";
import { taskRunName } from "../shared/tasks.js";
import { html } from "../vendor/html.js";
import { Traceback } from "./traceback-text.js";

const MAX_SHOWN = 5;
const MAX_LINES = 200;
/** @type {Errors} */
const NO_ERRORS = new Map();
const ERROR = 'level: {_in: ["ERROR", "CRITICAL"]}';
const LAST = `order_by: {id: desc}, limit: ${MAX_LINES}`;
// The last lines of each task: one that logs a lot does not hide those of the others.
const TASK_ERRORS = `query ($ids: [uuid!]!) {
  task_run(where: {id: {_in: $ids}}) { id logs(where: {${ERROR}}, ${LAST}) { message } }
}`;
const RUN_ERRORS = `query ($id: uuid!) {
  log(where: {flow_run_id: {_eq: $id}, task_run_id: {_is_null: true}, ${ERROR}}, ${LAST}) { message }
}`;

/** @typedef {Map<string | null, string[]>} Errors */
/** @typedef {{ message: string | null }} Message */

/**
 * The failures themselves, the first one first, without those that only followed from them.
 * @param {TaskRun[]} taskRuns
 */
function causesOf(taskRuns) {
  return taskRuns
    .filter(({ state }) => stateFamily(state) === "failed")
    .sort((a, b) => compareTexts(a.state_timestamp, b.state_timestamp) || compareTexts(a.id, b.id));
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
  const { errors, banner } = useErrorLines(run.id, ids, isOver);
  if (!causes.length && !errors.size) return banner;
  const more = causes.length - shown.length;
  return html`${banner}<section class="failures" aria-labelledby="failures">
    <div class="failures-head">
      <h2 id="failures">${causes.length ? `${formatCount(causes.length, "task")} failed` : "The run failed"}</h2>
      <${CopyButton} hasWords label="Copy for a colleague" text=${() => messageFor(run, flowName, causes)} />
    </div>
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
  const time = formatTime(timesOf(run).end ?? run.start_time);
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
 * `errors` is a Map(task run id, or null -> messages); `banner` says why they could not be loaded.
 * @param {string} flowRunId
 * @param {string[]} taskRunIds
 * @param {boolean} isOver
 */
export function useErrorLines(flowRunId, taskRunIds, isOver) {
  const load = () => (taskRunIds.length ? loadTaskErrors(taskRunIds) : loadRunErrors(flowRunId));
  const { data, error } = usePolling(load, [[flowRunId, ...taskRunIds].join()], { seconds: 3, isOver: () => isOver });
  return { errors: data ?? NO_ERRORS, banner: html`<${ErrorBanner} error=${error} isPart />` };
}

/**
 * @param {string[]} ids
 * @returns {Promise<Errors>}
 */
async function loadTaskErrors(ids) {
  const rows = /** @type {{ id: string, logs: Message[] }[]} */ ((await query(TASK_ERRORS, { ids })).task_run);
  return new Map(rows.filter(({ logs }) => logs.length).map(({ id, logs }) => [id, inOrder(logs)]));
}

/**
 * @param {string} id
 * @returns {Promise<Errors>}
 */
async function loadRunErrors(id) {
  const { log } = await query(RUN_ERRORS, { id });
  return new Map(log.length ? [[null, inOrder(log)]] : []);
}

/** @param {Message[]} lines The newest first. */
function inOrder(lines) {
  return lines.map(({ message }) => message ?? "").reverse();
}
