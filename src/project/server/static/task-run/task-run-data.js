// A task run: loaded whole once, and from then on only what has changed.
import { attemptsOf, loadAttempts, withAttempts } from "../runs/attempts.js";
import { query } from "../shared/api.js";
import { afterLast, BEFORE_ALL, includesAll, latestUpdate } from "../shared/row-changes.js";
import { isFinished } from "../shared/states.js";
import { isParameterTask } from "../shared/tasks.js";

// An edge is in `downstream_edges` of the task at its upstream end.
const FIXED = `query ($id: uuid!) {
  task_run_by_pk(id: $id) {
    id task_id map_index
    flow_run { id name flow { id name } }
    task {
      id name slug type description tags mapped max_retries retry_delay inputs outputs
      upstream: upstream_edges { task: upstream_task { id name type } }
      downstream: downstream_edges { task: downstream_task { id name type } }
    }
  }
}`;
const CHANGES = `query (
  $id: uuid!, $run: uuid!, $task: uuid!, $neighbours: [uuid!]!, $states: task_run_state_bool_exp!, $since: timestamptz!, $neighboursSince: timestamptz!
) {
  task_run_by_pk(id: $id) {
    name state state_message state_timestamp state_start_time start_time end_time heartbeat
    states(where: $states, order_by: {id: asc}) { id timestamp state message }
  }
  flow_run_by_pk(id: $run) { name state }
  neighbours: task_run(
    where: {flow_run_id: {_eq: $run}, task_id: {_in: $neighbours}, map_index: {_eq: -1}, updated: {_gt: $neighboursSince}}
  ) { id task_id state updated }
  children: task_run(where: {flow_run_id: {_eq: $run}, task_id: {_eq: $task}, map_index: {_gte: 0}, updated: {_gt: $since}}) {
    id task_id map_index name version state start_time end_time state_timestamp updated
  }
}`;

/**
 * @param {string} id
 * @param {TaskRunData | NotFound | null} previous
 * @returns {Promise<TaskRunData | NotFound>}
 */
export async function loadTaskRun(id, previous) {
  const loaded = previous && !previous.isMissing ? previous : await loadFixed(id);
  if (!loaded) return { isMissing: true };
  const changes = await query(CHANGES, {
    id,
    run: loaded.flowRun.id,
    task: loaded.task.id,
    neighbours: loaded.neighbourIds,
    states: afterLast(loaded.states),
    since: loaded.since,
    neighboursSince: loaded.neighboursSince,
  });
  if (!changes.task_run_by_pk) return { isMissing: true };
  return hasNews(loaded, changes) ? withChanges(loaded, changes, await loadAttempts(changes.children)) : loaded;
}

/**
 * @param {string} id
 * @returns {Promise<TaskRunData | null>}
 */
async function loadFixed(id) {
  const { task, flow_run: flowRun, ...taskRun } = (await query(FIXED, { id })).task_run_by_pk ?? {};
  if (!task) return null;
  const [upstream, downstream] = [neighboursIn(task.upstream), neighboursIn(task.downstream)];
  return {
    taskRun,
    task,
    flowRun,
    upstream,
    downstream,
    neighbourIds: [...upstream, ...downstream].map((neighbour) => neighbour.id),
    states: [],
    attempts: [],
    children: new Map(),
    since: BEFORE_ALL,
    neighboursSince: BEFORE_ALL,
    endSeen: null,
  };
}

/**
 * Each task once: there is one edge for each argument of a task.
 * @param {{ task: Neighbour }[]} edges
 */
function neighboursIn(edges) {
  const tasks = edges.map((edge) => edge.task).filter((task) => !isParameterTask(task));
  return [...new Map(tasks.map((task) => [task.id, task])).values()];
}

/**
 * @param {TaskRunData} loaded
 * @param {any} changes
 */
function hasNews(loaded, { task_run_by_pk: { states, ...row }, flow_run_by_pk: flowRun, neighbours, children }) {
  const isSame = includesAll(loaded.taskRun, row) && includesAll(loaded.flowRun, flowRun);
  return !isSame || [states, neighbours, children].some((rows) => rows.length);
}

/**
 * @param {TaskRunData} loaded
 * @param {any} changes
 * @param {Map<string, Attempt[]>} childAttempts
 * @returns {TaskRunData}
 */
function withChanges(loaded, changes, childAttempts) {
  const { task_run_by_pk: taskRunRow, flow_run_by_pk: flowRun, neighbours, children } = changes;
  const { states: newStates, ...row } = taskRunRow;
  /** @type {StateRow[]} */
  const states = [...loaded.states, ...newStates];
  const hasEnded = isFinished(row.state) && isFinished(flowRun.state);
  const runs = new Map(neighbours.map((/** @type {TaskRunRow} */ run) => [run.task_id, run]));
  const withRun = (/** @type {Neighbour} */ task) => ({ ...task, run: runs.get(task.id) ?? task.run });
  return {
    ...loaded,
    taskRun: { ...loaded.taskRun, ...row, task: loaded.task },
    flowRun: { ...loaded.flowRun, ...flowRun },
    states,
    attempts: attemptsOf(states.map((state) => ({ ...state, task_run_id: "" }))).get("") ?? [],
    upstream: loaded.upstream.map(withRun),
    downstream: loaded.downstream.map(withRun),
    children: withAttempts(loaded.children, children, childAttempts, () => loaded.task),
    since: latestUpdate(children, loaded.since),
    neighboursSince: latestUpdate(neighbours, loaded.neighboursSince),
    endSeen: hasEnded ? performance.now() : null,
  };
}
