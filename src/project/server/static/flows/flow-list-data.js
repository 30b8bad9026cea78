// The rows of the list of flows: loaded whole, and from then on only the runs that have changed.
import { query } from "../shared/api.js";
import { naturalKey, serverNow, timestamp } from "../shared/format.js";

const SHOWN_RUNS = 20;
const UPCOMING_RUNS = 2;
const VERSIONS_WITH_RUNS = 5;
const RELOAD_MILLISECONDS = 30_000;

const RUN = "id name state start_time end_time scheduled_start_time";
const ALL = `query ($now: timestamptz!, $shown: flow_run_bool_exp!) {
  flow_group {
    id schedule
    flows(where: {archived: {_eq: false}}, order_by: {version: desc}, limit: 1) {
      id name version schedule is_schedule_active project { name }
      upcoming: flow_runs(
        where: {state: {_eq: "Scheduled"}, scheduled_start_time: {_gt: $now}},
        order_by: {scheduled_start_time: asc}, limit: ${UPCOMING_RUNS}
      ) { ${RUN} }
    }
    versions: flows(
      where: {flow_runs: $shown}, order_by: {version: desc}, limit: ${VERSIONS_WITH_RUNS}
    ) {
      flow_runs(where: $shown, order_by: {scheduled_start_time: desc}, limit: ${SHOWN_RUNS}) { ${RUN} }
    }
  }
  flow_run(order_by: {updated: desc}, limit: 1) { updated }
  flow(order_by: {updated: desc}, limit: 1) { updated }
  latest: flow_group(order_by: {updated: desc}, limit: 1) { updated }
}`;
const CHANGES = `query ($since: timestamptz!) {
  flow_run(where: {updated: {_gt: $since}}, order_by: {updated: asc}) { ${RUN} updated flow { flow_group_id } }
  flow(where: {updated: {_gt: $since}}, limit: 1) { id }
  flow_group(where: {updated: {_gt: $since}}, limit: 1) { id }
}`;

/** @typedef {{ rows: FlowListRow[], since: string, loadedAt: number }} FlowListData */
/** @typedef {ListedRun & { updated: string, flow: { flow_group_id: string } }} ChangedRun */

// Where the page opens with this list, it is requested while the browser still loads the modules that show it.
/** @type {Promise<FlowListData | null> | null} */
let earlyRequest = /^\/[^/]*\/?$/.test(location.pathname) ? loadAll().catch(() => null) : null;

/**
 * @param {FlowListData | null} previous
 * @returns {Promise<FlowListData>}
 */
export async function loadFlowList(previous) {
  if (!previous) {
    const early = await earlyRequest;
    earlyRequest = null;
    return early ?? loadAll();
  }
  if (Date.now() - previous.loadedAt > RELOAD_MILLISECONDS || previous.rows.some(isDue)) return loadAll();
  const changes = await query(CHANGES, { since: previous.since });
  if (changes.flow.length || changes.flow_group.length) return loadAll();
  return changes.flow_run.length ? withChangedRuns(previous, changes.flow_run) : previous;
}

/** @returns {Promise<FlowListData>} */
async function loadAll() {
  const now = timestamp();
  const shown = { _or: [{ state: { _neq: "Scheduled" } }, { scheduled_start_time: { _lte: now } }] };
  const { flow_group: groups, ...newest } = await query(ALL, { now, shown });
  const rows = groups.filter((/** @type {any} */ group) => group.flows.length).map(rowOf);
  const times = /** @type {{ updated: string }[]} */ (Object.values(newest).flat()).map(({ updated }) => updated);
  return { rows: rows.sort(byProjectAndName), since: times.sort().at(-1) ?? now, loadedAt: Date.now() };
}

/**
 * @param {any} group
 * @returns {FlowListRow}
 */
function rowOf({ id, schedule, flows: [{ upcoming, ...flow }], versions }) {
  const runs = versions.flatMap((/** @type {{ flow_runs: ListedRun[] }} */ version) => version.flow_runs);
  return { id, flow: { ...flow, flow_group: { id, schedule } }, runs: lastOf(runs), upcoming };
}

/**
 * @param {FlowListData} previous
 * @param {ChangedRun[]} changed
 * @returns {FlowListData}
 */
function withChangedRuns({ rows, since, loadedAt }, changed) {
  const byGroup = Map.groupBy(changed, (run) => run.flow.flow_group_id);
  return {
    rows: rows.map((row) => withRuns(row, byGroup.get(row.id) ?? [])),
    since: changed.at(-1)?.updated ?? since,
    loadedAt,
  };
}

/**
 * @param {FlowListRow} row
 * @param {ListedRun[]} changed
 * @returns {FlowListRow}
 */
function withRuns(row, changed) {
  if (!changed.length) return row;
  const ids = new Set(changed.map(({ id }) => id));
  const all = [...row.runs, ...row.upcoming].filter(({ id }) => !ids.has(id)).concat(changed);
  const upcoming = all.filter(isUpcoming).sort(byTime).slice(0, UPCOMING_RUNS);
  return { ...row, runs: lastOf(all.filter((run) => !isUpcoming(run))), upcoming };
}

/** @param {FlowListRow} row */
function isDue({ upcoming: [next] }) {
  return Boolean(next) && !isUpcoming(next);
}

/** @param {ListedRun} run */
function isUpcoming({ state, scheduled_start_time: time }) {
  return state === "Scheduled" && Date.parse(time) > serverNow();
}

/** @param {ListedRun[]} runs */
function lastOf(runs) {
  return runs.sort(byTime).slice(-SHOWN_RUNS);
}

/**
 * @param {ListedRun} a
 * @param {ListedRun} b
 */
function byTime(a, b) {
  return a.scheduled_start_time < b.scheduled_start_time ? -1 : 1;
}

/**
 * "nightly_2" before "nightly_10", by plain text: the first localeCompare takes 9 ms.
 * @param {FlowListRow} a
 * @param {FlowListRow} b
 */
function byProjectAndName({ flow: a }, { flow: b }) {
  const keyOf = (/** @type {ListedFlow} */ flow) => naturalKey(`${flow.project.name}\n${flow.name}`);
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
