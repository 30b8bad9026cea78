// A flow run: loaded whole once, and from then on only what has changed.
import { query } from "../shared/api.js";
import { ranksOf } from "../shared/directed-graph.js";
import { afterLast, BEFORE_ALL, includesAll, latestUpdate } from "../shared/row-changes.js";
import { isFinished } from "../shared/states.js";
import { isParameterTask } from "../shared/tasks.js";
import { useEffect, useState } from "../vendor/html.js";
import { loadAttempts, withAttempts } from "./attempts.js";

const FIXED = `query ($id: uuid!) {
  flow_run_by_pk(id: $id) {
    id created parameters context scheduled_start_time run_config
    flow {
      id name version flow_group_id project { name }
      tasks(order_by: {created: asc}) { id slug name type description tags mapped max_retries inputs outputs }
      edges { from: upstream_task_id to: downstream_task_id key }
    }
  }
}`;
const CHANGES = `query (
  $id: uuid!, $since: timestamptz!, $groupsSince: timestamptz!, $states: flow_run_state_bool_exp!
) {
  flow_run_by_pk(id: $id) {
    name labels state state_message state_start_time start_time end_time agent_id
    states(where: $states, order_by: {id: asc}) { id timestamp state message }
  }
  task_run(where: {flow_run_id: {_eq: $id}, updated: {_gt: $since}}) {
    id task_id map_index name version state state_message state_timestamp state_start_time start_time end_time updated
  }
  groups: task_run_artifact(
    where: {
      updated: {_gt: $groupsSince}, kind: {_eq: "markdown"}
      task_run: {flow_run_id: {_eq: $id}, task: {type: {_like: "%.InitTask"}}}
    }
    order_by: {updated: desc}, limit: 1
  ) { data updated }
}`;
const NOTHING = {
  states: [],
  taskRuns: new Map(),
  since: BEFORE_ALL,
  runGroups: { byTask: new Map(), since: BEFORE_ALL },
};
// Log lines and states of tasks may arrive after the run's own last state: it is polled a little longer.
const LAST_POLLS_MILLISECONDS = 5000;

/**
 * @param {string} id
 * @param {FlowRunData | NotFound | null} previous
 * @returns {Promise<FlowRunData | NotFound>}
 */
export async function loadFlowRun(id, previous) {
  const loaded = previous?.isMissing ? null : previous;
  const [fixed, changes] = await Promise.all([loaded ?? loadFixed(id), loadChanges(id, loaded)]);
  if (!fixed || !changes.flow_run_by_pk) return { isMissing: true };
  return withChanges(fixed, changes, await loadAttempts(changes.task_run));
}

/**
 * Whether nothing will change any more: the run has ended, and was polled for some seconds after that.
 * @param {{ isMissing?: undefined, endSeen: number | null } | NotFound | null} data
 */
export function isOver(data) {
  if (!data || data.isMissing) return Boolean(data);
  return data.endSeen !== null && performance.now() - data.endSeen > LAST_POLLS_MILLISECONDS;
}

/**
 * The same for a component: it is rendered again when the last polls are done.
 * @param {number | null} endSeen
 */
export function useIsOver(endSeen) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    setDone(isOver({ endSeen }));
    if (endSeen === null) return undefined;
    const timer = setTimeout(() => setDone(true), LAST_POLLS_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [endSeen]);
  return isDone;
}

/**
 * The task runs that users look for: those of parameters are plumbing.
 * @param {FlowRunData} data
 */
export function visibleTaskRuns(data) {
  return [...data.taskRuns.values()].filter((taskRun) => !isParameterTask(taskRun.task));
}

/**
 * @param {string} id
 * @returns {Promise<FlowRunData | null>}
 */
async function loadFixed(id) {
  const { flow, ...run } = (await query(FIXED, { id }, { isExact: true })).flow_run_by_pk ?? {};
  if (!flow) return null;
  const tasks = /** @type {Task[]} */ (flow.tasks);
  const ranks = ranksOf(
    tasks.map((task) => task.id),
    flow.edges,
  );
  const ranked = new Map(tasks.map((task) => [task.id, { ...task, rank: ranks.get(task.id) ?? 0 }]));
  return { ...NOTHING, run, flow: { ...flow, tasks: ranked }, endSeen: null };
}

/**
 * @param {string} id
 * @param {FlowRunData | null} loaded
 */
function loadChanges(id, loaded) {
  const { states, since, runGroups } = loaded ?? NOTHING;
  return query(CHANGES, { id, since, groupsSince: runGroups.since, states: afterLast(states) });
}

/**
 * @param {FlowRunData} loaded
 * @param {any} changes
 * @param {Map<string, Attempt[]>} attempts
 * @returns {FlowRunData}
 */
function withChanges(loaded, changes, attempts) {
  const { flow_run_by_pk: flowRun, task_run: rows, groups } = changes;
  const { states: newStates, ...run } = flowRun;
  const lists = [newStates, rows, groups];
  if (includesAll(loaded.run, run) && lists.every((list) => !list.length)) return loaded;
  return {
    ...loaded,
    run: { ...loaded.run, ...run },
    states: [...loaded.states, ...newStates],
    taskRuns: withAttempts(loaded.taskRuns, rows, attempts, (row) => loaded.flow.tasks.get(row.task_id)),
    since: latestUpdate(rows, loaded.since),
    runGroups: groups.length ? runGroupsIn(groups[0]) : loaded.runGroups,
    endSeen: isFinished(run.state) ? performance.now() : null,
  };
}

/**
 * Which group each task ran in; groups are a run's own, and reported when it begins.
 * @param {{ data: { groups?: { name: string, nodes: string[] }[] } | null, updated: string }} artifact
 */
function runGroupsIn({ data, updated }) {
  const pairs = (data?.groups ?? []).flatMap(({ name, nodes }) =>
    nodes.map((node) => /** @type {const} */ ([node, name])),
  );
  return { byTask: new Map(pairs), since: updated };
}
