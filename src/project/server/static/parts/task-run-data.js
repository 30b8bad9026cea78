// A task run as the page holds it: loaded once, and from then on only what changes.
import { ask } from "../api.js";
import { isFinished } from "../states.js";
import { BEFORE_ALL, attemptsOf, isKnown, isParameter, latest, loadAttempts, onlyAttempt } from "./run-data.js";

const FIXED = `query ($id: uuid!) {
  task_run_by_pk(id: $id) {
    id task_id map_index
    flow_run { id name flow { id name } }
    task {
      id name slug type description tags mapped max_retries retry_delay inputs outputs
      before: downstream_edges { task: upstream_task { id name type } }
      after: upstream_edges { task: downstream_task { id name type } }
    }
  }
}`;
const CHANGES = `query (
  $id: uuid!, $run: uuid!, $task: uuid!, $near: [uuid!]!, $state: Int!, $since: timestamptz!, $nearSince: timestamptz!
) {
  task_run_by_pk(id: $id) {
    name state state_message state_timestamp state_start_time start_time end_time heartbeat
    states(where: {id: {_gt: $state}}, order_by: {id: asc}) { id timestamp state message }
  }
  flow_run_by_pk(id: $run) { state }
  near: task_run(where: {flow_run_id: {_eq: $run}, task_id: {_in: $near}, map_index: {_eq: -1}, updated: {_gt: $nearSince}}) {
    id task_id state updated
  }
  children: task_run(where: {flow_run_id: {_eq: $run}, task_id: {_eq: $task}, map_index: {_gte: 0}, updated: {_gt: $since}}) {
    id task_id map_index name version state start_time end_time state_timestamp updated
  }
}`;
const NOTHING = { states: [], children: new Map(), since: BEFORE_ALL, nearSince: BEFORE_ALL, endSeen: null };

/** Returns {taskRun, task, flowRun, states, attempts, before, after, children, endSeen}, or {isMissing}. */
export async function loadTaskRun(id, previous) {
  const known = previous?.task ? previous : await loadFixed(id);
  if (!known) return { isMissing: true };
  const changes = await ask(CHANGES, {
    id, run: known.flowRun.id, task: known.task.id, near: known.near,
    state: known.states.at(-1)?.id ?? 0, since: known.since, nearSince: known.nearSince,
  });
  if (!changes.task_run_by_pk) return { isMissing: true };
  return isNews(known, changes) ? merged(known, changes, await loadAttempts(changes.children)) : known;
}

async function loadFixed(id) {
  const { task, flow_run: flowRun, ...taskRun } = (await ask(FIXED, { id })).task_run_by_pk ?? {};
  if (!task) return null;
  const [before, after] = [tasksOf(task.before), tasksOf(task.after)];
  const near = [...before, ...after].map((each) => each.id);
  return { taskRun, task, flowRun, before, after, near, ...NOTHING };
}

function tasksOf(edges) {
  const tasks = edges.map((edge) => edge.task).filter((task) => !isParameter(task));
  return [...new Map(tasks.map((task) => [task.id, task])).values()];
}

function isNews(known, { task_run_by_pk: { states, ...row }, flow_run_by_pk: flowRun, near, children }) {
  const isSame = isKnown(row, known.taskRun) && isKnown(flowRun, known.flowRun);
  return !isSame || [states, near, children].some((rows) => rows.length);
}

function merged(known, { task_run_by_pk: { states: news, ...row }, flow_run_by_pk: flowRun, near, children }, attempts) {
  const states = [...known.states, ...news];
  const runs = new Map(near.map((each) => [each.task_id, each]));
  const hasEnded = isFinished(row.state) && isFinished(flowRun.state);
  const withRun = (task) => ({ ...task, run: runs.get(task.id) ?? task.run });
  return {
    ...known,
    taskRun: { ...known.taskRun, ...row, task: known.task },
    flowRun: { ...known.flowRun, ...flowRun },
    states,
    endSeen: hasEnded ? performance.now() : null,
    attempts: attemptsIn(known.taskRun.id, states),
    before: known.before.map(withRun),
    after: known.after.map(withRun),
    children: withChildren(known, children, attempts),
    since: latest(children, known.since),
    nearSince: latest(near, known.nearSince),
  };
}

function attemptsIn(id, states) {
  return attemptsOf(states.map((each) => ({ ...each, task_run_id: id }))).get(id) ?? [];
}

function withChildren({ task, children }, rows, attempts) {
  if (!rows.length) return children;
  const next = new Map(children);
  for (const row of rows) next.set(row.id, { ...row, task, attempts: attempts.get(row.id) ?? onlyAttempt(row) });
  return next;
}
