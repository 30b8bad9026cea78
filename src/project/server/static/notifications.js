// Notifications of the browser: runs that fail, and the end of the run that this tab shows in the background.
import { query } from "./shared/api.js";
import { lastLine } from "./shared/format.js";
import { useNotify } from "./shared/notify-switch.js";
import { usePolling } from "./shared/polling.js";
import { navigate, pathTo } from "./shared/router.js";
import { isFinished, stateFamily, statesIn } from "./shared/states.js";
import { html, useRef } from "./vendor/html.js";

const MAX_RUNS = 50;
const NEWEST = "query { flow_run(order_by: {updated: desc}, limit: 1) { updated } }";
const ENDED = `query ($since: timestamptz!, $start: timestamptz!) {
  flow_run(where: {updated: {_gt: $since}, end_time: {_gt: $start}}, order_by: {updated: asc}, limit: ${MAX_RUNS}) {
    id name state state_message end_time updated flow { name }
    failed: task_runs(where: {state: {_in: ${JSON.stringify(statesIn("failed"))}}}, order_by: {state_timestamp: asc}, limit: 1) {
      state_message task { name }
    }
  }
}`;

/**
 * @typedef {{
 *   id: string, name: string, state: string, state_message: string | null, end_time: string, updated: string,
 *   flow: { name: string }, failed: { state_message: string | null, task: { name: string } }[],
 * }} EndedRun
 */
/** `start`: what ended before is no news; `notified`: by id and end. @typedef {{ start: string, since: string, notified: Set<string> }} Watch */

/** @param {{ route: Route }} props */
export function Notifications({ route }) {
  return useNotify() && html`<${Watcher} route=${route} />`;
}

/** @param {{ route: Route }} props */
function Watcher({ route }) {
  const latestRoute = useRef(route);
  latestRoute.current = route;
  usePolling((/** @type {Watch | null} */ watch) => notify(watch, latestRoute.current), [], {
    seconds: 5,
    whileHidden: true,
  });
  return null;
}

/**
 * @param {Watch | null} watch
 * @param {Route} route
 * @returns {Promise<Watch>}
 */
async function notify(watch, route) {
  if (!watch) return await startWatch();
  const { since, start } = watch;
  const runs = /** @type {EndedRun[]} */ ((await query(ENDED, { since, start })).flow_run);
  for (const run of runs) {
    const key = `${run.id} ${run.end_time}`;
    const isShown = route.id === run.id;
    const isNews = isShown ? document.hidden && isFinished(run.state) : stateFamily(run.state) === "failed";
    if (isNews && !watch.notified.has(key)) show(run);
    if (isNews) watch.notified.add(key);
  }
  return runs.length ? { ...watch, since: runs[runs.length - 1].updated } : watch;
}

/**
 * The server's own data say what is old: a clock that is ahead of the server's would hide what ends next.
 * @returns {Promise<Watch>}
 */
async function startWatch() {
  const start = (await query(NEWEST)).flow_run[0]?.updated ?? new Date(0).toISOString();
  return { start, since: start, notified: new Set() };
}

/** @param {EndedRun} run */
function show({ id, name, state, state_message: message, flow, failed: [task] }) {
  const body = task ? `${task.task.name}: ${lastLine(task.state_message)}` : lastLine(message);
  const title = `${flow.name} ${state.toLowerCase()}`;
  const notification = new Notification(title, { body: `${name}\n${body}`, tag: id }); // one for all tabs
  notification.onclick = () => {
    focus();
    navigate(pathTo("flow-run", id));
  };
}
