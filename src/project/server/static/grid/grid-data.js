// The last runs of a flow, and what each of its tasks did in them: some runs at a time, the newest first, and after that
// only what has changed.
import { query } from "../shared/api.js";
import { timestamp } from "../shared/format.js";
import { BEFORE_ALL, latestUpdate } from "../shared/row-changes.js";
import { isFinished, isSuccessful, mostSevere, timesOf } from "../shared/states.js";

const SHOWN_RUNS = 30;
const ROWS_AT_ONCE = 6000;
// States of tasks may arrive after the run's own last state.
const LAST_POLLS_MILLISECONDS = 5000;

const LAST_RUNS = `query ($where: flow_run_bool_exp!) {
  flow_run(where: $where, order_by: [{scheduled_start_time: desc}, {id: desc}], limit: ${SHOWN_RUNS}) {
    id name state start_time end_time scheduled_start_time updated flow_id
  }
}`;
const TASKS = "query ($flows: [uuid!]!) { task(where: {flow_id: {_in: $flows}}) { id slug flow_id } }";
const TASK_RUN = "id flow_run_id task_id map_index state state_timestamp start_time end_time updated";
const TASK_RUNS = `query ($new: [uuid!]!, $open: [task_run_bool_exp!]!) {
  fresh: task_run(where: {flow_run_id: {_in: $new}}) { ${TASK_RUN} }
  changed: task_run(where: {_or: $open}) { ${TASK_RUN} }
}`;

/**
 * @typedef {{
 *   id: string, flow_run_id: string, task_id: string, map_index: number, state: string, state_timestamp: string,
 *   start_time: string | null, end_time: string | null, updated: string,
 * }} GridTaskRun
 */
/** @typedef {{ id: string, state: string, start: string | null, end: string | null }} Cell `id`: of the task run. */
/** @typedef {ListedRun & { updated: string, flow_id: string }} GridRun */
/**
 * One run: `cells` by the slugs of tasks, which are the same in all versions; null until they are loaded.
 * @typedef {{
 *   run: GridRun, cells: Map<string, Cell> | null, taskRuns: Map<string, GridTaskRun>, since: string, endSeen: number | null,
 * }} Column
 */
/**
 * `columns`: the oldest run first; `slugs`: the slugs of tasks by their ids; `serialized`: the rows of the runs.
 * @typedef {{ columns: Column[], slugs: Map<string, string>, flows: Set<string>, serialized: string }} GridData
 */

/**
 * @param {string} group
 * @param {number} taskCount
 * @param {GridData | null} previous
 * @returns {Promise<GridData>}
 */
export async function loadGrid(group, taskCount, previous) {
  const upcoming = { state: { _eq: "Scheduled" }, scheduled_start_time: { _gt: timestamp() } };
  const where = { flow: { flow_group_id: { _eq: group } }, _not: upcoming };
  const runs = /** @type {GridRun[]} */ ((await query(LAST_RUNS, { where })).flow_run.reverse());
  const known = new Map(previous?.columns.map((column) => [column.run.id, column]));
  const columns = runs.map((run) => withRun(known.get(run.id), run));
  const open = columns.filter(isOpen);
  const missing = columns.filter(({ cells }) => !cells).slice(-Math.max(1, Math.floor(ROWS_AT_ONCE / taskCount)));
  const serialized = JSON.stringify(runs);
  if (previous?.serialized === serialized && !open.length && !missing.length) return previous;
  const slugs = await loadSlugs(runs, previous);
  const { fresh, changed } = await query(TASK_RUNS, {
    new: missing.map(({ run }) => run.id),
    open: open.map(({ run, since }) => ({ flow_run_id: { _eq: run.id }, updated: { _gt: since } })),
  });
  if (previous?.serialized === serialized && !missing.length && !changed.length) return previous;
  const rows = Map.groupBy(/** @type {GridTaskRun[]} */ ([...fresh, ...changed]), (row) => row.flow_run_id);
  const loaded = new Set(missing);
  return {
    ...slugs,
    serialized,
    columns: columns.map((column) =>
      loaded.has(column) || rows.has(column.run.id)
        ? withTaskRuns(column, rows.get(column.run.id) ?? [], slugs.slugs)
        : column,
    ),
  };
}

/** @param {GridData | null} data */
export function isComplete(data) {
  return data?.columns.every(({ cells }) => cells) ?? false;
}

/**
 * @param {Column | undefined} column
 * @param {GridRun} run
 * @returns {Column}
 */
function withRun(column, run) {
  if (!column) return { run, cells: null, taskRuns: new Map(), since: BEFORE_ALL, endSeen: null };
  if (column.run.updated === run.updated) return column;
  return { ...column, run, endSeen: isFinished(run.state) ? performance.now() : null };
}

/**
 * Whether the task runs of a loaded column may change.
 * @param {Column} column
 */
function isOpen({ run, cells, endSeen }) {
  const hasJustEnded = endSeen !== null && performance.now() - endSeen < LAST_POLLS_MILLISECONDS;
  return cells !== null && (!isFinished(run.state) || hasJustEnded);
}

/**
 * @param {GridRun[]} runs
 * @param {GridData | null} previous
 */
async function loadSlugs(runs, previous) {
  const { slugs = new Map(), flows = new Set() } = previous ?? {};
  const missing = [...new Set(runs.map((run) => run.flow_id))].filter((id) => !flows.has(id));
  if (!missing.length) return { slugs, flows };
  const { task: tasks } = await query(TASKS, { flows: missing });
  /** @type {[string, string][]} */
  const pairs = tasks.map((/** @type {{ id: string, slug: string }} */ { id, slug }) => [id, slug]);
  return { slugs: new Map([...slugs, ...pairs]), flows: new Set([...flows, ...missing]) };
}

/**
 * @param {Column} column
 * @param {GridTaskRun[]} rows
 * @param {Map<string, string>} slugs
 * @returns {Column}
 */
function withTaskRuns(column, rows, slugs) {
  const taskRuns = new Map(column.taskRuns);
  for (const row of rows) taskRuns.set(row.id, row);
  const byTask = Map.groupBy(taskRuns.values(), (row) => row.task_id);
  const isOver = isFinished(column.run.state);
  const cells = new Map([...byTask].map(([id, group]) => [slugs.get(id) ?? id, cellOf(group, isOver)]));
  return { ...column, taskRuns, cells, since: latestUpdate(rows, column.since) };
}

/**
 * A mapped task shows the worst of its children.
 * @param {GridTaskRun[]} rows
 * @param {boolean} isOver Whether the run has ended, and with it children that did not.
 * @returns {Cell}
 */
function cellOf(rows, isOver) {
  const parent = rows.find((row) => row.map_index < 0) ?? rows[0];
  const worst =
    parent.state === "Mapped" ? mostSevere(rows.filter((row) => row !== parent).map(({ state }) => state)) : null;
  const state = worst && !isSuccessful(worst) ? worst : parent.state;
  const { start, end } = timesOf(parent);
  const ends = rows.map((row) => timesOf(row).end);
  // Children of a mapped task go on after it.
  const goesOn = !isOver && ends.includes(null);
  const lastEnd = ends.filter((each) => each !== null).sort();
  return { id: parent.id, state, start, end: goesOn ? null : (lastEnd.at(-1) ?? end) };
}
