// The rows of the list of runs: a page of them loaded whole, and from then on only the runs that have changed.
import { containing, query } from "../shared/api.js";
import { compareTexts, timestamp } from "../shared/format.js";
import { statesIn } from "../shared/states.js";
import { conditionOf, isName, isUpcoming } from "./run-filter.js";

/** @import { RunFilter } from "./run-filter.js" */

export const PAGE_SIZE = 50;
export const MAX_MATCHING_TASKS = 500;
const RELOAD_MILLISECONDS = 30_000; // what was deleted, or became late, is noticed then

const FAILED = JSON.stringify(statesIn("failed"));
// The first failure of a run is its cause; the others often follow from it.
const ROW = `id name state state_message start_time end_time scheduled_start_time updated
  flow { id name }
  failed: task_runs(where: {state: {_in: ${FAILED}}}, order_by: {state_timestamp: asc}, limit: 1) {
    id state_message task { name }
  }`;
const PAGE = `query ($where: flow_run_bool_exp!, $order: [flow_run_order_by!], $limit: Int!, $offset: Int!) {
  flow_run(where: $where, order_by: $order, limit: $limit, offset: $offset) { ${ROW} }
  newest: flow_run(order_by: {updated: desc}, limit: 1) { updated }
}`;
const CHANGES = `query ($changed: flow_run_bool_exp!, $gone: flow_run_bool_exp!, $since: timestamptz!, $limit: Int!) {
  changed: flow_run(where: $changed, limit: $limit) { ${ROW} }
  gone: flow_run(where: $gone) { id }
  newest: flow_run(where: {updated: {_gt: $since}}, order_by: {updated: desc}, limit: 1) { updated }
}`;
const NO_STATE = { states: [] };
const COUNT = `query ($where: flow_run_bool_exp!) { flow_run_aggregate(where: $where) { aggregate { count } } }`;
const FAILED_TASKS = `query ($name: String!) {
  task_run(
    where: {state: {_in: ${FAILED}}, task: {name: {_ilike: $name}}},
    order_by: {state_timestamp: desc}, limit: ${MAX_MATCHING_TASKS}
  ) { flow_run_id }
}`;
const IDS = `query ($where: flow_run_bool_exp!, $order: [flow_run_order_by!], $limit: Int!) {
  flow_run(where: $where, order_by: $order, limit: $limit) { id name state flow { name } }
}`;

/**
 * @typedef {{
 *   id: string, name: string, state: string, state_message: string | null, start_time: string | null,
 *   end_time: string | null, scheduled_start_time: string, updated: string, flow: { id: string, name: string },
 *   failed: { id: string, state_message: string | null, task: { name: string } }[],
 * }} RunListRow
 */
/** @typedef {{ id: string, name: string, state: string, flow: { name: string } }} SelectedRun */
/**
 * `isSearchCut`: more tasks have failed whose names match the text than were looked for.
 * @typedef {{ rows: RunListRow[], since: string, loadedAt: number, isSearchCut: boolean }} RunListData
 */

/**
 * @param {RunFilter} filter
 * @param {RunListData | null} previous
 * @returns {Promise<RunListData>}
 */
export async function loadRunList(filter, previous) {
  if (!previous || Date.now() - previous.loadedAt > RELOAD_MILLISECONDS) return loadPage(filter);
  const where = conditionOf(filter, runsOf(await failedTasks(filter)));
  const changedSince = { updated: { _gt: previous.since } };
  const shown = { id: { _in: previous.rows.map(({ id }) => id) } };
  const data = await query(CHANGES, {
    changed: { _and: [where, changedSince] },
    gone: { _and: [shown, changedSince, { _not: where }] },
    since: previous.since,
    limit: PAGE_SIZE,
  });
  if (!data.newest.length) return previous;
  const since = data.newest[0].updated;
  if (!data.changed.length && !data.gone.length) return { ...previous, since };
  // On later pages, rows that come or go move all others; and more may have changed than were asked for.
  if (filter.page > 1 || data.gone.length || data.changed.length === PAGE_SIZE) return loadPage(filter);
  return { ...previous, rows: withChanged(previous.rows, data.changed, filter), since };
}

/**
 * How many runs match a filter. Apart from the rows, which can be shown before all runs are counted.
 * @param {RunFilter} filter
 * @returns {Promise<number>}
 */
export async function countMatching(filter) {
  const where = conditionOf(filter, runsOf(await failedTasks(filter)));
  return (await query(COUNT, { where })).flow_run_aggregate.aggregate.count;
}

/**
 * The runs that match a filter, for what is done with all of them.
 * @param {RunFilter} filter
 * @param {number} limit
 * @returns {Promise<SelectedRun[]>}
 */
export async function loadMatching(filter, limit) {
  const where = conditionOf(filter, runsOf(await failedTasks(filter)));
  return (await query(IDS, { where, order: orderOf(filter), limit })).flow_run;
}

/**
 * The runs as they are now; those that were deleted are missing.
 * @param {string[]} ids
 * @returns {Promise<SelectedRun[]>}
 */
export async function loadRuns(ids) {
  const where = { id: { _in: ids } };
  return (await query(IDS, { where, order: orderOf(NO_STATE), limit: ids.length })).flow_run;
}

/**
 * @param {RunFilter} filter
 * @returns {Promise<RunListData>}
 */
async function loadPage(filter) {
  const tasks = await failedTasks(filter);
  const where = conditionOf(filter, runsOf(tasks));
  const offset = (filter.page - 1) * PAGE_SIZE;
  const data = await query(PAGE, { where, order: orderOf(filter), limit: PAGE_SIZE, offset });
  return {
    rows: data.flow_run,
    since: data.newest[0]?.updated ?? timestamp(),
    loadedAt: Date.now(),
    isSearchCut: tasks.length === MAX_MATCHING_TASKS,
  };
}

/**
 * The latest task runs that failed and whose task's name has the text of the filter.
 * @param {RunFilter} filter
 * @returns {Promise<{ flow_run_id: string }[]>}
 */
async function failedTasks({ text }) {
  return isName(text) ? (await query(FAILED_TASKS, { name: containing(text.trim()) })).task_run : [];
}

/** @param {{ flow_run_id: string }[]} taskRuns */
function runsOf(taskRuns) {
  return [...new Set(taskRuns.map(({ flow_run_id: id }) => id))];
}

/** @param {Pick<RunFilter, "states">} filter */
function orderOf(filter) {
  const direction = isUpcoming(filter) ? "asc" : "desc";
  return [{ scheduled_start_time: direction }, { id: direction }];
}

/**
 * In the order in which the server sorts a page.
 * @param {RunListRow[]} rows
 * @param {RunListRow[]} changed
 * @param {RunFilter} filter
 */
export function withChanged(rows, changed, filter) {
  const sign = isUpcoming(filter) ? 1 : -1;
  const ids = new Set(changed.map(({ id }) => id));
  return [...rows.filter(({ id }) => !ids.has(id)), ...changed]
    .sort((a, b) => sign * (compareTexts(a.scheduled_start_time, b.scheduled_start_time) || compareTexts(a.id, b.id)))
    .slice(0, PAGE_SIZE);
}
