// The attempts of task runs: each stretch of running, from the state Running to the one after it.
import { query } from "../shared/api.js";

const ATTEMPTS = `query ($ids: [uuid!]!) {
  task_run_state(where: {task_run_id: {_in: $ids}}, order_by: {id: asc}) { task_run_id timestamp state }
}`;
// Pending, Running and its end make three; more versions mean that it was tried more than once.
const VERSIONS_OF_ONE_ATTEMPT = 3;

/**
 * The attempts of those task runs whose own row does not show all of them: Map(task run id -> attempts).
 * @param {TaskRunRow[]} rows
 */
export async function loadAttempts(rows) {
  const ids = rows.filter((row) => row.version > VERSIONS_OF_ONE_ATTEMPT).map((row) => row.id);
  if (!ids.length) return new Map();
  return attemptsOf((await query(ATTEMPTS, { ids })).task_run_state);
}

/**
 * The attempts in the histories of task runs: Map(task run id -> attempts).
 * @param {{ task_run_id: string, timestamp: string, state: string }[]} states
 */
export function attemptsOf(states) {
  /** @type {Map<string, Attempt[]>} */
  const attempts = new Map();
  for (const { task_run_id: id, state, timestamp } of states) {
    const list = attempts.get(id) ?? [];
    attempts.set(id, list);
    const last = list.at(-1);
    if (last && !last.end) Object.assign(last, { end: timestamp, state });
    if (state === "Running") list.push({ start: timestamp, end: null, state });
  }
  return attempts;
}

/**
 * The task runs with changed rows in place of their old ones.
 * @param {Map<string, TaskRun>} taskRuns
 * @param {TaskRunRow[]} rows
 * @param {Map<string, Attempt[]>} attempts
 * @param {(row: TaskRunRow) => TaskRun["task"]} taskOf
 */
export function withAttempts(taskRuns, rows, attempts, taskOf) {
  if (!rows.length) return taskRuns;
  const next = new Map(taskRuns);
  for (const row of rows) {
    next.set(row.id, { ...row, task: taskOf(row), attempts: attempts.get(row.id) ?? onlyAttempt(row) });
  }
  return next;
}

/**
 * The attempt that a task run's own row shows, with the first start and the last end.
 * @param {TaskRunRow} row
 * @returns {Attempt[]}
 */
function onlyAttempt({ state, start_time: start, end_time: end, state_timestamp: since }) {
  if (!start) return [];
  return [{ start, end: state === "Running" ? null : (end ?? since), state }];
}
