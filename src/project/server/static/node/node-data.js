// A node over the runs of all versions of its flow: loaded whole, and from then on only what has changed.
import { query } from "../shared/api.js";
import { compareTexts } from "../shared/format.js";
import { BEFORE_ALL, latestUpdate } from "../shared/row-changes.js";

export const SHOWN_RUNS = 50;
const RELOAD_MILLISECONDS = 30_000; // what was deleted is noticed then

const TASK = `query ($id: uuid!) {
  task_by_pk(id: $id) {
    id slug name type description tags inputs outputs flow { id name version flow_group_id }
  }
}`;
// A run that is to come has task runs already, which are pending.
const RUNS = `query ($slug: String!, $group: uuid!, $since: timestamptz!) {
  task(where: {slug: {_eq: $slug}, flow: {flow_group_id: {_eq: $group}}}) {
    task_runs(
      where: {map_index: {_eq: -1}, state: {_neq: "Pending"}, updated: {_gt: $since}},
      order_by: [{created: desc}, {id: desc}], limit: ${SHOWN_RUNS}
    ) { id state state_message state_timestamp start_time end_time created updated flow_run { id name } }
  }
}`;

/**
 * @typedef {{
 *   id: string, state: string, state_message: string | null, state_timestamp: string, start_time: string | null,
 *   end_time: string | null, created: string, updated: string, flow_run: { id: string, name: string },
 * }} NodeRun
 */
/** @typedef {Task & { slug: string, flow: { id: string, name: string, version: number, flow_group_id: string } }} NodeTask */
/** @typedef {{ isMissing?: undefined, task: NodeTask, runs: NodeRun[], since: string, loadedAt: number }} NodeData `runs`: the newest first. */

/**
 * @param {string} id
 * @param {NodeData | NotFound | null} previous
 * @returns {Promise<NodeData | NotFound>}
 */
export async function loadNode(id, previous) {
  const isRecent = previous && !previous.isMissing && Date.now() - previous.loadedAt < RELOAD_MILLISECONDS;
  const loaded = isRecent ? previous : null;
  /** @type {NodeTask | null} */
  const task = loaded?.task ?? (await query(TASK, { id })).task_by_pk;
  if (!task) return { isMissing: true };
  const since = loaded?.since ?? BEFORE_ALL;
  const { task: versions } = await query(RUNS, { slug: task.slug, group: task.flow.flow_group_id, since });
  const rows = /** @type {NodeRun[]} */ (
    versions.flatMap((/** @type {{ task_runs: NodeRun[] }} */ version) => version.task_runs)
  );
  if (loaded && !rows.length) return loaded;
  const byId = new Map([...(loaded?.runs ?? []), ...rows].map((row) => [row.id, row]));
  const runs = [...byId.values()]
    .sort((a, b) => compareTexts(b.created, a.created) || compareTexts(b.id, a.id))
    .slice(0, SHOWN_RUNS);
  return { task, runs, since: latestUpdate(rows, since), loadedAt: loaded?.loadedAt ?? Date.now() };
}
