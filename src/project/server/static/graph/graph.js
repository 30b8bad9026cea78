// A pipeline's graph: laid out, drawn, walked with the keyboard, folded, and nodes of it selected.
import { edgesAmong, neighboursOf, reachable } from "../shared/directed-graph.js";
import { html, useMemo, useState } from "../vendor/html.js";
import { hasDatasets, withDatasets } from "./dataset-nodes.js";
import { GraphCanvas } from "./graph-canvas.js";
import { fold, namespacesOf } from "./namespaces.js";
import { Toolbar } from "./toolbar.js";

const MAX_UNFOLDED = 150;
/** @type {Set<string>} */
const NONE = new Set();

/** @typedef {{ direction: Direction, hasDatasets: boolean, folded: Set<string> | null }} Choices */

/**
 * With `onSelect` nodes are selected by clicking them, with `onOpen` opened.
 * @param {GraphData & {
 *   selected?: Set<string>, onSelect?: (ids: Set<string>) => void, onOpen?: (id: string) => void, label?: string,
 * }} props
 */
export function Graph({ nodes, edges, selected = NONE, onSelect, onOpen, label = "Graph" }) {
  const [choices, setChoices] = useState(
    /** @type {Choices} */ ({ direction: "TB", hasDatasets: false, folded: null }),
  );
  const choose = (/** @type {Partial<Choices>} */ change) => setChoices((previous) => ({ ...previous, ...change }));
  const namespaces = useMemo(() => namespacesOf(nodes), [nodes]);
  const folded = useMemo(
    () => choices.folded ?? new Set(nodes.length > MAX_UNFOLDED ? namespaces.keys() : []),
    [choices.folded, namespaces],
  );
  const scene = useMemo(() => {
    const graph = { nodes, edges: edgesAmong(nodes, edges) };
    return fold(choices.hasDatasets ? withDatasets(graph) : graph, folded, namespaces);
  }, [nodes, edges, folded, choices.hasDatasets]);
  const selection = onSelect && selectionOf(edges, selected, onSelect);
  const setFolded = (/** @type {string} */ name, /** @type {boolean} */ isFolded) =>
    choose({ folded: withChange(folded, [name], isFolded) });
  const toolbar = (/** @type {Viewport} */ viewport) => html`<${Toolbar}
    viewport=${viewport} choices=${{ ...choices, folded }} choose=${choose} namespaces=${namespaces}
    canShowDatasets=${hasDatasets(nodes)} selection=${selection}
  />`;
  if (nodes.length === 0) return html`<div class="empty"><p>This flow has no tasks.</p></div>`;
  return html`<section class="graph" aria-label=${label}>
    <${GraphCanvas}
      scene=${scene} direction=${choices.direction} selection=${selection} onOpen=${onOpen} label=${label}
      onFold=${setFolded} toolbar=${toolbar}
    />
  </section>`;
}

/**
 * What is selected, and how that changes: some ids together, or by what is upstream or downstream of them.
 * @param {Edge[]} edges
 * @param {Set<string>} selected
 * @param {(ids: Set<string>) => void} onSelect
 * @returns {NodeSelection}
 */
function selectionOf(edges, selected, onSelect) {
  const grow = (/** @type {keyof Neighbours} */ way, /** @type {Iterable<string>} */ ids) =>
    onSelect(new Set([...selected, ...reachable(ids, neighboursOf(edges)[way])]));
  return {
    selected,
    toggle: (ids) => onSelect(withChange(selected, ids, !ids.every((id) => selected.has(id)))),
    addUpstream: (ids = selected) => grow("before", ids),
    addDownstream: (ids = selected) => grow("after", ids),
    clear: () => onSelect(new Set()),
  };
}

/**
 * @param {Set<string>} set
 * @param {string[]} values
 * @param {boolean} isIn
 */
function withChange(set, values, isIn) {
  const copy = new Set(set);
  for (const value of values) copy[isIn ? "add" : "delete"](value);
  return copy;
}
