// What tasks left to be shown: links and texts.
import { ask } from "../api.js";
import { html } from "../vendor/html.js";
import { useLive } from "../live.js";
import { pathTo } from "../router.js";
import { moment } from "../format.js";
import { BEFORE_ALL, latest } from "./run-data.js";

const ARTIFACTS = `query ($where: task_run_artifact_bool_exp!, $news: task_run_artifact_bool_exp!) {
  task_run_artifact(where: $news, order_by: {created: asc}) { id kind data created updated task_run_id }
  task_run_artifact_aggregate(where: $where) { aggregate { count } }
}`;
const NOTHING = { byId: new Map(), since: BEFORE_ALL };

/** `where`: a condition on artifacts; `names`: Map(task run id -> name). */
export function Artifacts({ where, names, isOver }) {
  const load = (previous) => loadArtifacts(where, previous);
  const { data, error } = useLive(load, [JSON.stringify(where)], { seconds: 3, isOver: () => isOver });
  if (error) return html`<p class="problem" role="alert">${error.message}</p>`;
  if (!data) return null;
  if (!data.byId.size) return html`<p class="empty muted">No task has left an artifact.</p>`;
  return html`<ul class="artifacts">${[...data.byId.values()].map((each) => html`<li key=${each.id} class="panel artifact">
    <p class="muted small"><${Source} name=${names.get(each.task_run_id)} id=${each.task_run_id} />${each.kind} · ${moment(each.created)}</p>
    <${Content} artifact=${each} />
  </li>`)}</ul>`;
}

/** Asks for what was written since, and for all when some of what is known was removed. */
async function loadArtifacts(where, previous) {
  const known = previous ?? NOTHING;
  const news = { ...where, updated: { _gt: known.since } };
  const { task_run_artifact: found, task_run_artifact_aggregate: { aggregate } } = await ask(ARTIFACTS, { where, news });
  const artifacts = found.length ? withFound(known, found) : known;
  const isWhole = artifacts.byId.size === aggregate.count;
  return isWhole || !previous ? artifacts : loadArtifacts(where, null);
}

function withFound({ byId, since }, found) {
  const added = found.map((each) => [each.id, each]);
  return { byId: new Map([...byId, ...added]), since: latest(found, since) };
}

function Source({ name, id }) {
  return name && html`<a href=${pathTo("task-run", id)}>${name}</a> · `;
}

function Content({ artifact: { kind, data } }) {
  if (kind === "link" && typeof data?.link === "string") return html`<${Link} address=${data.link} />`;
  const text = kind === "markdown" && typeof data?.markdown === "string" ? data.markdown : JSON.stringify(data, null, 2);
  return html`<pre class="value">${text}</pre>`;
}

/** Only addresses of the web become links: a `javascript:` one would run in this page. */
function Link({ address }) {
  if (!/^https?:\/\//i.test(address)) return html`<code class="wraps">${address}</code>`;
  return html`<a class="wraps" href=${address} target="_blank" rel="noopener noreferrer">${address}</a>`;
}
