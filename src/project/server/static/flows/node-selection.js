// Selecting the nodes of a run by clicking them, and what the run would do.
import { Graph } from "../graph/graph.js";
import { formatCount } from "../shared/format.js";
import { html } from "../vendor/html.js";
import { formatList, namesIn } from "./parameter-values.js";

/** @import { NodePreview } from "./node-filter.js" */

const MAX_NAMED = 6;

/**
 * `name` and `text`: of the field with the names of nodes. `graph` is that of the nodes that can be selected.
 * @param {{
 *   graph: GraphData, preview: NodePreview, name: string, text: string,
 *   write: (key: string, text: string) => void,
 * }} props
 */
export function NodeSelection({ graph: { nodes, edges }, preview, name, text, write }) {
  const names = new Set(namesIn(text));
  const selected = new Set(nodes.filter((node) => names.has(node.name)).map(({ id }) => id));
  const select = (/** @type {Set<string>} */ ids) =>
    write(name, formatList(nodes.filter(({ id }) => ids.has(id)).map((node) => node.name)));
  return html`<section class="node-selection">
    <h2>Nodes</h2>
    <${Preview} preview=${preview} count=${nodes.length} />
    <${Graph} nodes=${nodes} edges=${edges} selected=${selected} onSelect=${select} label="Nodes to run" />
  </section>`;
}

/** @param {{ preview: NodePreview, count: number }} props */
function Preview({ preview: { ids, unknown, reads, writes, lost }, count }) {
  const isAll = ids.size === count;
  const words = isAll ? "All nodes will run." : `Only ${ids.size} of ${formatCount(count, "node")} will run.`;
  return html`<div role="status" class="preview">
    <p>${words} ${isAll && html`<span class="muted">Click nodes to run only those.</span>`}</p>
    ${reads.length > 0 && html`<p class="muted small">Reads ${listInWords(reads)}</p>`}
    ${writes.length > 0 && html`<p class="muted small">Writes ${listInWords(writes)}</p>`}
    ${unknown.length > 0 && html`<p class="problem">The pipeline does not have ${listInWords(unknown)}.</p>`}
    ${
      lost.length > 0 &&
      html`<p class="problem">Needs ${listInWords(lost)}, which only other nodes put in memory: run those as well.</p>`
    }
  </div>`;
}

/** @param {string[]} names */
function listInWords(names) {
  const more = names.length - MAX_NAMED;
  return names.slice(0, MAX_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
