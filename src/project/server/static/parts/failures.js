// What went wrong in a run: the tasks that failed, each with its message and traceback.
import { ask } from "../api.js";
import { html } from "../vendor/html.js";
import { useLive } from "../live.js";
import { pathTo } from "../router.js";
import { State, family } from "../states.js";
import { count } from "../format.js";
import { nameOf } from "./run-data.js";

const MOST_SHOWN = 5;
const MOST_LINES = 200;
const NONE = new Map();
const ERRORS = `query ($where: log_bool_exp!, $limit: Int!) {
  log(where: $where, order_by: {id: desc}, limit: $limit) { id task_run_id message }
}`;

/** The failures themselves, without those that only followed from them. */
export function failuresOf(taskRuns) {
  return taskRuns
    .filter((each) => family(each.state) === "failed" && each.state !== "TriggerFailed")
    .sort((a, b) => (a.state_timestamp < b.state_timestamp ? -1 : 1));
}

/** `isOpen`: whether the first traceback is unfolded. */
export function Failures({ run, taskRuns, isOver, isOpen }) {
  const failures = failuresOf(taskRuns);
  if (family(run.state) !== "failed" && !failures.length) return null;
  return html`<${FailurePanel} run=${run} failures=${failures} isOver=${isOver} isOpen=${isOpen} />`;
}

function FailurePanel({ run, failures, isOver, isOpen }) {
  const shown = failures.slice(0, MOST_SHOWN);
  const { errors, problem } = useErrors(run.id, shown.map((each) => each.id), isOver);
  if (!failures.length && !errors.size && !problem) return null;
  return html`<section class="failures" aria-labelledby="failures">
    <h2 id="failures">${failures.length ? `${count(failures.length, "task")} failed` : "The run failed"}</h2>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${shown.map((each, place) => html`<${Failure} key=${each.id} taskRun=${each} texts=${errors.get(each.id)} isOpen=${isOpen && place === 0} />`)}
    ${failures.length > MOST_SHOWN && html`<p class="muted">And ${count(failures.length - MOST_SHOWN, "more task")}: see Tasks.</p>`}
    ${!failures.length && html`<${Traceback} texts=${errors.get(null)} isOpen=${isOpen} />`}
  </section>`;
}

function Failure({ taskRun, texts, isOpen }) {
  return html`<article class="failure">
    <h3><a href=${pathTo("task-run", taskRun.id)}>${nameOf(taskRun)}</a> <${State} state=${taskRun.state} /></h3>
    <p class="failure-message">${taskRun.state_message}</p>
    <${Traceback} texts=${texts} isOpen=${isOpen} />
  </article>`;
}

export function Traceback({ texts, isOpen }) {
  if (!texts?.length) return null;
  return html`<details class="traceback" open=${isOpen}>
    <summary>Traceback</summary>
    <pre tabindex="0">${texts.join("\n")}</pre>
  </details>`;
}

/** The error lines of a flow run and of some task runs, live: {errors: Map(task run id or null -> [text]), problem}. */
export function useErrors(flowRunId, taskRunIds, isOver) {
  const ofTasks = taskRunIds.length ? { _in: taskRunIds } : { _is_null: true };
  const where = { flow_run_id: { _eq: flowRunId }, level: { _in: ["ERROR", "CRITICAL"] }, task_run_id: ofTasks };
  const load = async () => grouped((await ask(ERRORS, { where, limit: MOST_LINES })).log.reverse());
  const { data, error } = useLive(load, [JSON.stringify(where)], { seconds: 3, isOver: () => isOver });
  return { errors: data ?? NONE, problem: error?.message };
}

function grouped(lines) {
  const texts = new Map();
  for (const { task_run_id: id, message } of lines) texts.set(id, [...(texts.get(id) ?? []), message]);
  return texts;
}
