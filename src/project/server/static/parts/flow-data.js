// One flow as the page holds it: its contents once, and from then on its schedule and its last run.
import { ask } from "../api.js";
import { timestamp } from "../format.js";

const SHOWN_VERSIONS = 50;

const CONTENTS = `query ($id: uuid!) {
  flow_by_pk(id: $id) { ...contents }
  flow_group_by_pk(id: $id) { flows(order_by: [{archived: asc}, {version: desc}], limit: 1) { ...contents } }
}
fragment contents on flow {
  id name version description created core_version parameters storage run_config
  project { name }
  tasks(order_by: {created: asc}) { id slug name type description tags mapped inputs outputs }
  edges { upstream_task_id downstream_task_id key }
}`;
const CHANGES = `query ($id: uuid!, $now: timestamptz!, $since: timestamptz!, $versions: Int!) {
  flow_by_pk(id: $id) {
    archived schedule is_schedule_active
    flow_group {
      id labels default_parameters schedule run_config
      flows(order_by: {version: desc}, limit: $versions) { id version archived }
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
const BEFORE_ALL = "0001-01-01T00:00:00+00:00";

/** Returns {flow, upcoming, last, taskRuns}, or {isMissing}: `id` is that of a flow or of a flow group. */
export async function loadFlow(id, previous) {
  const known = previous?.flow ?? (await loadContents(id));
  if (!known) return { isMissing: true };
  const changes = await loadChanges(known.id, previous?.since ?? BEFORE_ALL);
  if (!changes) return { isMissing: true };
  const isOtherRun = previous && previous.last?.id !== changes.last[0]?.id;
  return isOtherRun ? merged(known, await loadChanges(known.id, BEFORE_ALL), null) : merged(known, changes, previous);
}

async function loadContents(id) {
  const { flow_by_pk: flow, flow_group_by_pk: group } = await ask(CONTENTS, { id });
  const found = flow ?? group?.flows[0];
  return found && { ...found, tasks: new Map(found.tasks.map((task) => [task.id, task])) };
}

async function loadChanges(id, since) {
  const now = timestamp();
  return (await ask(CHANGES, { id, now, since, versions: SHOWN_VERSIONS })).flow_by_pk;
}

function merged(known, { upcoming: [upcoming = null], last: [run], ...more }, previous) {
  const { task_runs: changed = [], ...last } = run ?? {};
  const text = JSON.stringify([upcoming, last, more]);
  const isSame = previous?.text === text;
  if (isSame && !changed.length) return previous;
  return {
    text,
    flow: isSame ? previous.flow : { ...known, ...more },
    upcoming,
    last: run ? last : null,
    taskRuns: new Map([...(previous?.taskRuns ?? []), ...changed.map((each) => [each.id, each])]),
    since: changed.reduce((latest, { updated }) => (updated > latest ? updated : latest), previous?.since ?? BEFORE_ALL),
  };
}
