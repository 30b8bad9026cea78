// A flow run as the page holds it: loaded once, and from then on only what has changed.
import { ask } from "../api.js";
import { useEffect, useState } from "../vendor/html.js";
import { family, isFinished } from "../states.js";
import { ranksOf } from "./order.js";

const FIXED = `query ($id: uuid!) {
  flow_run_by_pk(id: $id) {
    id created parameters context labels scheduled_start_time run_config
    flow {
      id name version version_group_id archived project { name }
      tasks(order_by: {created: asc}) { id slug name type description tags mapped max_retries inputs outputs }
      edges { upstream_task_id downstream_task_id key }
    }
  }
}`;
const CHANGES = `query ($id: uuid!, $since: timestamptz!, $state: Int!) {
  flow_run_by_pk(id: $id) {
    name state state_message state_start_time start_time end_time agent_id
    states(where: {id: {_gt: $state}}, order_by: {id: asc}) { id timestamp state message }
  }
  task_run(where: {flow_run_id: {_eq: $id}, updated: {_gt: $since}}) {
    id task_id map_index name version state state_message state_timestamp state_start_time start_time end_time updated
  }
}`;
const ATTEMPTS = `query ($ids: [uuid!]!) {
  task_run_state(where: {task_run_id: {_in: $ids}}, order_by: {id: asc}) { task_run_id timestamp state }
}`;
export const BEFORE_ALL = "0001-01-01T00:00:00+00:00";
const NOTHING = { run: {}, states: [], taskRuns: new Map(), since: BEFORE_ALL };
// Pending, Running and its end make three; more versions mean that it was tried more than once.
const VERSIONS_OF_ONE_ATTEMPT = 3;
const LAST_LOOKS_MILLISECONDS = 5000;

/** Returns {run, flow, states, taskRuns, since}, or {isMissing} when there is no such run. */
export async function loadRun(id, previous) {
  const [known, changes] = await Promise.all([previous?.flow ? previous : loadFixed(id), loadChanges(id, previous)]);
  if (!known || !changes.flow_run_by_pk) return { isMissing: true };
  const attempts = await loadAttempts(changes.task_run);
  return merged(known, changes, attempts);
}

/** Whether nothing will change any more: the run has ended, and a last look was taken after it. */
export function isOver(data) {
  if (!data || data.isMissing) return Boolean(data);
  return data.endSeen !== null && performance.now() - data.endSeen > LAST_LOOKS_MILLISECONDS;
}

/** The same for what is drawn: true as soon as the last looks have been taken. */
export function useIsOver(data) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    setDone(isOver(data));
    if (data.endSeen === null) return undefined;
    const timer = setTimeout(() => setDone(true), LAST_LOOKS_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [data.endSeen]);
  return isDone;
}

export function isParameter(task) {
  return Boolean(task?.type?.startsWith("prefect.core.parameter."));
}

export function isInit(task) {
  return Boolean(task?.type?.endsWith(".InitTask"));
}

/** Whether a task's inputs or outputs are datasets with their types: Prefect's own tasks give a text. */
export function isCatalog(datasets) {
  return datasets !== null && typeof datasets === "object";
}

/** What a task run is called: its own name, or its task's with the place in a mapping. */
export function nameOf(taskRun) {
  if (taskRun.name) return taskRun.name;
  const name = taskRun.task?.name ?? taskRun.task_id;
  return taskRun.map_index >= 0 ? `${name}[${taskRun.map_index}]` : name;
}

/** As people count: "node_2" comes before "node_10". */
export const ALPHABETICALLY = new Intl.Collator(undefined, { numeric: true });

export function byName(a, b) {
  return ALPHABETICALLY.compare(nameOf(a), nameOf(b));
}

/** The task runs that people look for: those of parameters are plumbing. */
export function shownTaskRuns(data) {
  return [...data.taskRuns.values()].filter((each) => !isParameter(each.task));
}

/** How many of some runs are in each family of states: Map(family -> number). */
export function tally(taskRuns) {
  const counts = new Map();
  for (const { state } of taskRuns) counts.set(family(state), (counts.get(family(state)) ?? 0) + 1);
  return counts;
}

async function loadFixed(id) {
  const { flow, ...run } = (await ask(FIXED, { id })).flow_run_by_pk ?? {};
  if (!flow) return null;
  const byId = new Map(flow.tasks.map((task) => [task.id, task]));
  const ranks = ranksOf(byId, flow.edges);
  const tasks = new Map(flow.tasks.map((task) => [task.id, { ...task, rank: ranks.get(task.id) }]));
  return { ...NOTHING, run, flow: { ...flow, tasks }, endSeen: null };
}

function loadChanges(id, previous) {
  const { states, since } = previous?.flow ? previous : NOTHING;
  return ask(CHANGES, { id, since, state: states.at(-1)?.id ?? 0 });
}

/** The attempts of those task runs whose own row does not tell of all: Map(id -> [{start, end, state}]). */
export async function loadAttempts(taskRuns) {
  const ids = taskRuns.filter((each) => each.version > VERSIONS_OF_ONE_ATTEMPT).map((each) => each.id);
  if (!ids.length) return new Map();
  return attemptsOf((await ask(ATTEMPTS, { ids })).task_run_state);
}

/** The stretches of running in the histories of task runs: Map(id -> [{start, end, state}]). */
export function attemptsOf(states) {
  const attempts = new Map();
  for (const { task_run_id: id, state, timestamp } of states) {
    const known = attempts.get(id) ?? attempts.set(id, []).get(id);
    const last = known.at(-1);
    if (last && !last.end) Object.assign(last, { end: timestamp, state });
    if (state === "Running") known.push({ start: timestamp, end: null, state });
  }
  return attempts;
}

function merged(known, changes, attempts) {
  const { states: newStates, ...row } = changes.flow_run_by_pk;
  if (isKnown(row, known.run) && !newStates.length && !changes.task_run.length) return known;
  return {
    ...known,
    run: { ...known.run, ...row },
    states: [...known.states, ...newStates],
    taskRuns: withChanged(known, changes.task_run, attempts),
    since: latest(changes.task_run, known.since),
    endSeen: isFinished(row.state) ? performance.now() : null,
  };
}

/** Whether a row says nothing new. */
export function isKnown(row, known) {
  return Object.keys(row).every((key) => known[key] === row[key]);
}

function withChanged({ flow, taskRuns }, rows, attempts) {
  if (!rows.length) return taskRuns;
  const next = new Map(taskRuns);
  for (const row of rows) {
    const task = flow.tasks.get(row.task_id);
    next.set(row.id, { ...row, task, attempts: attempts.get(row.id) ?? onlyAttempt(row) });
  }
  return next;
}

/** As far as a task run's own row tells, which keeps its first start and its last end. */
export function onlyAttempt({ state, start_time: start, end_time: end, state_timestamp: since }) {
  if (!start) return [];
  return [{ start, end: state === "Running" ? null : (end ?? since), state }];
}

/** When the newest of some rows was updated. */
export function latest(rows, since) {
  return rows.reduce((last, { updated }) => (updated > last ? updated : last), since);
}
