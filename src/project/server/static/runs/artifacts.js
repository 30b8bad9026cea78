// The artifacts that tasks have created: links and texts.
import { query } from "../shared/api.js";
import { stringifyExact } from "../shared/exact-json.js";
import { formatTime } from "../shared/format.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { pathTo } from "../shared/router.js";
import { BEFORE_ALL, latestUpdate } from "../shared/row-changes.js";
import { html, useEffect, useState } from "../vendor/html.js";

const ARTIFACTS = `query ($where: task_run_artifact_bool_exp!, $changed: task_run_artifact_bool_exp!) {
  task_run_artifact(where: $changed, order_by: {created: asc}) { id kind data created updated task_run_id }
  task_run_artifact_aggregate(where: $where) { aggregate { count } }
}`;

/** @typedef {{ byId: Map<string, Artifact>, since: string }} ArtifactData */
/** @typedef {Map<string, string>} Names The names of task runs by their ids. */

/**
 * `where`: a condition on artifacts.
 * @param {{ where: object, names: Names, isOver: boolean }} props
 */
export function Artifacts({ where, names, isOver }) {
  const load = (/** @type {ArtifactData | null} */ previous) => loadArtifacts(where, previous);
  const { data, error } = usePolling(load, [JSON.stringify(where)], { seconds: 3, isOver: () => isOver });
  return html`<${ErrorBanner} error=${error} isPart />
    ${data && html`<${List} artifacts=${[...data.byId.values()]} names=${names} />`}`;
}

/** @param {{ artifacts: Artifact[], names: Names }} props */
function List({ artifacts, names }) {
  if (!artifacts.length) return html`<p class="empty muted">No task has created an artifact.</p>`;
  return html`<ul class="artifacts">${artifacts.map(
    (artifact) => html`<li key=${artifact.id} class="panel artifact">
      <p class="muted small">
        <${TaskRunLink} names=${names} id=${artifact.task_run_id} />${artifact.kind} · ${formatTime(artifact.created)}
      </p>
      <${Content} artifact=${artifact} />
    </li>`,
  )}</ul>`;
}

/**
 * Asks for what has changed since; for all of them if the count shows that some were deleted.
 * @param {object} where
 * @param {ArtifactData | null} previous
 * @returns {Promise<ArtifactData>}
 */
async function loadArtifacts(where, previous) {
  const loaded = previous ?? { byId: new Map(), since: BEFORE_ALL };
  const variables = { where, changed: { ...where, updated: { _gt: loaded.since } } };
  const data = await query(ARTIFACTS, variables, { isExact: true });
  const rows = /** @type {Artifact[]} */ (data.task_run_artifact);
  const byId = new Map([...loaded.byId, ...rows.map((row) => /** @type {const} */ ([row.id, row]))]);
  const isComplete = byId.size === data.task_run_artifact_aggregate.aggregate.count;
  if (previous && !isComplete) return loadArtifacts(where, null);
  return rows.length ? { byId, since: latestUpdate(rows, loaded.since) } : loaded;
}

/** @param {{ names: Names, id: string }} props */
function TaskRunLink({ names, id }) {
  const name = names.get(id);
  return name && html`<a href=${pathTo("task-run", id)}>${name}</a> · `;
}

/** @param {{ artifact: Artifact }} props */
function Content({ artifact: { kind, data } }) {
  if (kind === "link" && typeof data?.link === "string") return html`<${Link} address=${data.link} />`;
  if (kind === "markdown" && typeof data?.markdown === "string") return html`<${MarkdownText} text=${data.markdown} />`;
  return html`<pre class="value">${stringifyExact(data, 2)}</pre>`;
}

/**
 * The library that reads Markdown is loaded when there is some.
 * @param {{ text: string }} props
 */
function MarkdownText({ text }) {
  const [Markdown, setMarkdown] = useState(/** @type {any} */ (null));
  useEffect(() => {
    import("./markdown.js").then(
      (module) => setMarkdown(() => module.Markdown),
      () => {}, // the text itself stays
    );
  }, []);
  return Markdown ? html`<${Markdown} text=${text} />` : html`<pre class="value">${text}</pre>`;
}

/**
 * Only addresses of the web become links: a `javascript:` one would run in this page.
 * @param {{ address: string }} props
 */
function Link({ address }) {
  if (!/^https?:\/\//i.test(address)) return html`<code class="wraps">${address}</code>`;
  return html`<a class="wraps" href=${address} target="_blank" rel="noopener noreferrer">${address}</a>`;
}
