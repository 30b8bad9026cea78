// The rows of the list of flows: loaded whole, and from then on only the runs that have changed.
import { query } from "../shared/api.js";
import { compareTexts, naturalKey, serverNow, timestamp } from "../shared/format.js";

const SHOWN_RUNS = 20;
const UPCOMING_RUNS = 2;
const FIRST_VERSIONS = 5;
// Each of the last runs may be of another version; a version with runs to come takes a place as well.
const MAX_VERSIONS = SHOWN_RUNS + 10;
const RELOAD_MILLISECONDS = 30_000;

const RUN = "id name state start_time end_time scheduled_start_time";
const ALL = `query ($now: timestamptz!, $shown: flow_run_bool_exp!, $groups: flow_group_bool_exp!, $versions: Int!) {
  flow_group(where: $groups) {
    id schedule
    flows(where: {archived: {_eq: false}}, order_by: {version: desc}, limit: 1) {
      id name version schedule is_schedule_active project { name }
      upcoming: flow_runs(
        where: {state: {_eq: "Scheduled"}, scheduled_start_time: {_gt: $now}},
        order_by: [{scheduled_start_time: asc}, {id: asc}], limit: ${UPCOMING_RUNS}
      ) { ${RUN} }
    }
    versions: flows(
      where: {flow_runs: $shown}, order_by: {flow_runs_aggregate: {max: {scheduled_start_time: desc}}}, limit: $versions
    ) {
      newest: flow_runs(order_by: {scheduled_start_time: desc}, limit: 1) { scheduled_start_time }
      flow_runs(where: $shown, order_by: [{scheduled_start_time: desc}, {id: desc}], limit: ${SHOWN_RUNS}) { ${RUN} }
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
/**
 * `flows`: its newest version; `versions`: those with the newest runs.
 * @typedef {{
 *   id: string, schedule: Schedule | null, flows: (Omit<ListedFlow, "flow_group"> & { upcoming: ListedRun[] })[],
 *   versions: { newest: { scheduled_start_time: string }[], flow_runs: ListedRun[] }[],
 * }} FlowGroup
 */
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
  const data = previous.rows.some(isDue) ? { ...previous, rows: previous.rows.map(withoutDue) } : previous;
  // Of the runs to come only the next ones are known.
  const hasNoneLeft = data.rows.some(({ upcoming }, index) => previous.rows[index].upcoming.length && !upcoming.length);
  if (hasNoneLeft || Date.now() - previous.loadedAt > RELOAD_MILLISECONDS) return loadAll();
  const changes = await query(CHANGES, { since: previous.since });
  if (changes.flow.length || changes.flow_group.length) return loadAll();
  return changes.flow_run.length ? withChangedRuns(data, changes.flow_run) : data;
}

/** @returns {Promise<FlowListData>} */
async function loadAll() {
  const now = timestamp();
  const shown = { _or: [{ state: { _neq: "Scheduled" } }, { scheduled_start_time: { _lte: now } }] };
  const load = (/** @type {object} */ groups, /** @type {number} */ versions) =>
    query(ALL, { now, shown, groups, versions });
  const { flow_group: first, ...newest } = await load({}, FIRST_VERSIONS);
  const groups = /** @type {FlowGroup[]} */ (first).filter(({ flows }) => flows.length);
  const ids = groups.filter(mayLackRuns).map(({ id }) => id);
  /** @type {FlowGroup[]} */
  const whole = ids.length ? (await load({ id: { _in: ids } }, MAX_VERSIONS)).flow_group : [];
  const wholeById = new Map(whole.map((group) => [group.id, group]));
  const rows = groups.map((group) => rowOf(wholeById.get(group.id) ?? group));
  const times = /** @type {{ updated: string }[]} */ (Object.values(newest).flat()).map(({ updated }) => updated);
  return { rows: rows.sort(byProjectAndName), since: times.sort().at(-1) ?? now, loadedAt: Date.now() };
}

/**
 * @param {FlowGroup} group
 * @returns {FlowListRow}
 */
function rowOf({ id, schedule, flows: [{ upcoming, ...flow }], versions }) {
  return { id, flow: { ...flow, flow_group: { id, schedule } }, runs: lastRuns(versions), upcoming };
}

/**
 * Whether versions that were not asked for may have some of the last runs of the flow: theirs are not newer than the
 * newest of the last version that was asked for.
 * @param {FlowGroup} group
 */
function mayLackRuns({ versions }) {
  if (versions.length < FIRST_VERSIONS) return false;
  const runs = lastRuns(versions);
  const [{ scheduled_start_time: newest }] = versions[versions.length - 1].newest;
  return runs.length < SHOWN_RUNS || runs[0].scheduled_start_time < newest;
}

/** @param {FlowGroup["versions"]} versions */
function lastRuns(versions) {
  return lastOf(versions.flatMap((version) => version.flow_runs));
}

/**
 * @param {FlowListData} previous
 * @param {ChangedRun[]} changed
 * @returns {FlowListData}
 */
function withChangedRuns({ rows, since, loadedAt }, changed) {
  const byGroup = Map.groupBy(changed, (run) => run.flow.flow_group_id);
  return {
    rows: rows.map((row) => (byGroup.has(row.id) ? withRuns(row, byGroup.get(row.id) ?? []) : row)),
    since: changed.at(-1)?.updated ?? since,
    loadedAt,
  };
}

/**
 * The row with its runs that are due among the last ones; rows without such runs stay as they are.
 * @param {FlowListRow} row
 */
function withoutDue(row) {
  return isDue(row) ? withRuns(row, []) : row;
}

/**
 * @param {FlowListRow} row
 * @param {ListedRun[]} changed
 * @returns {FlowListRow}
 */
function withRuns(row, changed) {
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
  return compareTexts(a.scheduled_start_time, b.scheduled_start_time) || compareTexts(a.id, b.id);
}

/**
 * "nightly_2" before "nightly_10", by plain text: the first localeCompare takes 9 ms.
 * @param {FlowListRow} a
 * @param {FlowListRow} b
 */
function byProjectAndName(a, b) {
  const keyOf = (/** @type {FlowListRow} */ { flow }) => naturalKey(`${flow.project.name}\n${flow.name}`);
  return compareTexts(keyOf(a), keyOf(b)) || compareTexts(a.id, b.id);
}
