// All flows as the page holds them: loaded once, and from then on only the runs that have changed.
import { ask } from "../api.js";
import { present, timestamp } from "../format.js";

const SHOWN_RUNS = 20;
const UPCOMING_RUNS = 2;
const VERSIONS_WITH_RUNS = 5;
const WHOLE_AGAIN_MILLISECONDS = 30_000;

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

// The flows are asked for while the browser still reads the modules that show them.
let early = /^\/[^/]*\/?$/.test(location.pathname) ? loadAll().catch(() => null) : null;

/** Returns {rows: [{flow, runs, upcoming}], since, loaded}; runs with the oldest first. */
export async function loadFlows(previous) {
  if (!previous) return first();
  if (Date.now() - previous.loaded > WHOLE_AGAIN_MILLISECONDS || previous.rows.some(isDue)) return loadAll();
  const changes = await ask(CHANGES, { since: previous.since });
  if (changes.flow.length || changes.flow_group.length) return loadAll();
  return changes.flow_run.length ? merged(previous, changes.flow_run) : previous;
}

async function first() {
  const asked = early;
  early = null;
  return (await asked) ?? loadAll();
}

async function loadAll() {
  const now = timestamp();
  const shown = { _or: [{ state: { _neq: "Scheduled" } }, { scheduled_start_time: { _lte: now } }] };
  const { flow_group: groups, ...newest } = await ask(ALL, { now, shown });
  const rows = groups.filter(({ flows }) => flows.length).map(rowOf).sort(byProjectAndName);
  const times = Object.values(newest).flat().map(({ updated }) => updated);
  return { rows, since: times.sort().at(-1) ?? now, loaded: Date.now() };
}

function rowOf({ id, schedule, flows: [{ upcoming, ...flow }], versions }) {
  const runs = versions.flatMap(({ flow_runs: each }) => each);
  return { id, flow: { ...flow, flow_group: { id, schedule } }, runs: lastOf(runs), upcoming };
}

function merged({ rows, loaded }, changed) {
  const since = changed.at(-1).updated;
  return { rows: rows.map((row) => withChanged(row, changed.filter((run) => run.flow.flow_group_id === row.id))), since, loaded };
}

function withChanged(row, changed) {
  if (!changed.length) return row;
  const ids = new Set(changed.map(({ id }) => id));
  const all = [...row.runs, ...row.upcoming].filter(({ id }) => !ids.has(id)).concat(changed);
  const upcoming = all.filter(isUpcoming).sort(byTime).slice(0, UPCOMING_RUNS);
  return { ...row, runs: lastOf(all.filter((run) => !isUpcoming(run))), upcoming };
}

function isDue({ upcoming: [next] }) {
  return next && !isUpcoming(next);
}

function isUpcoming({ state, scheduled_start_time: time }) {
  return state === "Scheduled" && new Date(time) > present();
}

function lastOf(runs) {
  return runs.sort(byTime).slice(-SHOWN_RUNS);
}

function byTime(a, b) {
  return a.scheduled_start_time < b.scheduled_start_time ? -1 : 1;
}

// By plain text: a first localeCompare takes 9 ms.
function byProjectAndName({ flow: a }, { flow: b }) {
  return compared(a.project.name.toLowerCase(), b.project.name.toLowerCase()) || compared(a.name.toLowerCase(), b.name.toLowerCase());
}

function compared(a, b) {
  return a < b ? -1 : Number(a > b);
}
