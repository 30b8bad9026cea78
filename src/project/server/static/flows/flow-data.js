// One flow: its contents are loaded once, and from then on its schedule and its last runs.
import { query } from "../shared/api.js";
import { timestamp } from "../shared/format.js";
import { BEFORE_ALL, latestUpdate } from "../shared/row-changes.js";

export const SHOWN_VERSIONS = 50;

/**
 * `last` and `taskRuns`: of this version; `lastOfAll`: of all versions.
 * @typedef {FlowData & { lastOfAll: Pick<ListedRun, "id" | "name" | "state"> | null }} LoadedFlow
 */

// The id may be that of a flow group: then its newest version is shown.
const CONTENTS = `query ($id: uuid!) {
  flow_by_pk(id: $id) { ...contents }
  flow_group_by_pk(id: $id) { flows(order_by: [{archived: asc}, {version: desc}], limit: 1) { ...contents } }
}
fragment contents on flow {
  id name version description created core_version parameters storage run_config
  project { name }
  tasks(order_by: {created: asc}) { id slug name type description tags mapped inputs outputs }
  edges { from: upstream_task_id to: downstream_task_id key }
}`;
const CHANGES = `query ($id: uuid!, $now: timestamptz!, $since: timestamptz!, $versions: Int!) {
  flow_by_pk(id: $id) {
    archived schedule is_schedule_active
    flow_group {
      id labels default_parameters schedule run_config
      flows(order_by: {version: desc}, limit: $versions) { id version archived }
      lastRun: flows(
        where: {flow_runs: {start_time: {_is_null: false}}}
        order_by: {flow_runs_aggregate: {max: {start_time: desc}}}, limit: 1
      ) { flow_runs(where: {start_time: {_is_null: false}}, order_by: {start_time: desc}, limit: 1) { id name state } }
    }
    upcoming: flow_runs(
      where: {state: {_eq: "Scheduled"}, scheduled_start_time: {_gt: $now}},
      order_by: {scheduled_start_time: asc}, limit: 1
    ) { scheduled_start_time }
    last: flow_runs(where: {start_time: {_is_null: false}}, order_by: {start_time: desc}, limit: 1) {
      id name state start_time end_time
      task_runs(where: {updated: {_gt: $since}}) { id task_id map_index state updated }
    }
  }
}`;

/**
 * @param {string} id
 * @param {LoadedFlow | NotFound | null} previous
 * @returns {Promise<LoadedFlow | NotFound>}
 */
export async function loadFlow(id, previous) {
  const loaded = previous?.isMissing ? null : previous;
  const contents = loaded?.flow ?? (await loadContents(id));
  const changes = contents && (await loadChanges(contents.id, loaded?.since ?? BEFORE_ALL));
  if (!changes) return { isMissing: true };
  const isOtherRun = loaded && loaded.last?.id !== changes.last[0]?.id;
  return isOtherRun
    ? withChanges(contents, await loadChanges(contents.id, BEFORE_ALL), null)
    : withChanges(contents, changes, loaded);
}

/** @param {string} id */
async function loadContents(id) {
  const { flow_by_pk: flow, flow_group_by_pk: group } = await query(CONTENTS, { id }, { isExact: true });
  const contents = flow ?? group?.flows[0];
  if (!contents) return null;
  return { ...contents, tasks: new Map(contents.tasks.map((/** @type {Task} */ task) => [task.id, task])) };
}

/**
 * @param {string} id
 * @param {string} since
 */
async function loadChanges(id, since) {
  const variables = { id, now: timestamp(), since, versions: SHOWN_VERSIONS };
  return (await query(CHANGES, variables, { isExact: true })).flow_by_pk;
}

/**
 * @param {Flow} contents
 * @param {any} changes
 * @param {LoadedFlow | null} previous
 * @returns {LoadedFlow}
 */
function withChanges(contents, { upcoming: [upcoming = null], last: [run], flow_group, ...more }, previous) {
  const {
    lastRun: [version],
    ...group
  } = flow_group;
  const { task_runs: changedRows = [], ...last } = run ?? {};
  const changed = /** @type {TaskRunRow[]} */ (changedRows);
  const serialized = JSON.stringify([upcoming, last, flow_group, more]);
  const isSame = previous?.serialized === serialized;
  if (isSame && !changed.length) return previous;
  return {
    serialized,
    flow: isSame ? previous.flow : { ...contents, ...more, flow_group: group },
    upcoming,
    last: run ? last : null,
    lastOfAll: version?.flow_runs[0] ?? null,
    taskRuns: new Map([...(previous?.taskRuns ?? []), ...changed.map((row) => /** @type {const} */ ([row.id, row]))]),
    since: latestUpdate(changed, previous?.since ?? BEFORE_ALL),
  };
}
