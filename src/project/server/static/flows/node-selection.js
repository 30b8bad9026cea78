// Selecting the nodes of a run by clicking them.
import { Graph } from "../graph/graph.js";
import { edgesAmong } from "../shared/directed-graph.js";
import { isInitTask } from "../shared/tasks.js";
import { html, useMemo } from "../vendor/html.js";
import { formatList, namesIn } from "./parameter-values.js";

/**
 * Selects nodes by clicking them, as writing their names in the field does.
 * @param {{ graph: GraphData, name: string, text: string, write: (key: string, text: string) => void }} props
 */
export function NodeSelection({ graph, name, text, write }) {
  const { nodes, edges } = useMemo(() => selectableGraph(graph), [graph]);
  const names = new Set(namesIn(text));
  const selected = new Set(nodes.filter((node) => names.has(node.name)).map(({ id }) => id));
  const select = (/** @type {Set<string>} */ ids) =>
    write(name, formatList(nodes.filter(({ id }) => ids.has(id)).map((node) => node.name)));
  const words = selected.size
    ? `Only ${selected.size} of ${nodes.length} nodes will run.`
    : "All nodes will run. Click nodes to run only those.";
  return html`<section class="node-selection">
    <h2>Nodes</h2>
    <p class="muted" role="status">${words}</p>
    <${Graph} nodes=${nodes} edges=${edges} selected=${selected} onSelect=${select} label="Nodes to run" />
  </section>`;
}

/**
 * Without the task that opens the session, which always runs, and without the states of the last run.
 * @param {GraphData} graph
 * @returns {GraphData}
 */
function selectableGraph({ nodes, edges }) {
  const selectable = nodes.filter((node) => !isInitTask(node)).map((node) => ({ ...node, state: null }));
  return { nodes: selectable, edges: edgesAmong(selectable, edges) };
}
