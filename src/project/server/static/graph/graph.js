// A pipeline's graph: laid out, drawn, walked with the keyboard, folded, and nodes of it chosen.
import { html, useMemo, useState } from "../vendor/html.js";
import { withDatasets, haveDatasets } from "./datasets.js";
import { fold, namespacesOf } from "./fold.js";
import { GraphCanvas } from "./canvas.js";
import { neighboursOf, reach } from "./paths.js";
import { GraphTools } from "./tools.js";

const MOST_UNFOLDED = 150;

/**
 * Draws `nodes` [{id, name, state, tags, description, inputs, outputs}] and those of `edges` [{from, to}] between them.
 * With `onSelect` nodes are chosen by clicking them, with `onOpen` opened.
 */
export function Graph({ nodes, edges, selected = NONE, onSelect, onOpen, label = "Graph" }) {
  const [choices, setChoices] = useState({ direction: "TB", hasDatasets: false, folded: null });
  const choose = (change) => setChoices((old) => ({ ...old, ...change }));
  const namespaces = useMemo(() => namespacesOf(nodes), [nodes]);
  const folded = useMemo(
    () => choices.folded ?? new Set(nodes.length > MOST_UNFOLDED ? namespaces.keys() : []),
    [choices.folded, namespaces],
  );
  const scene = useMemo(() => {
    const given = { nodes, edges: among(nodes, edges) };
    return fold(choices.hasDatasets ? withDatasets(given) : given, folded, namespaces);
  }, [nodes, edges, folded, choices.hasDatasets]);
  const selection = onSelect && selectionOf(edges, selected, onSelect);
  if (nodes.length === 0) return html`<div class="empty"><p>This flow has no tasks to draw.</p></div>`;
  return html`<section class="graph" aria-label=${label}>
    <${GraphCanvas}
      scene=${scene} direction=${choices.direction} selection=${selection} onOpen=${onOpen} label=${label}
      onFold=${(name, isFolded) => choose({ folded: changed(folded, [name], isFolded) })}
      tools=${(view) => html`<${GraphTools}
        view=${view} choices=${{ ...choices, folded }} choose=${choose} namespaces=${namespaces}
        hasTypes=${haveDatasets(nodes)} selection=${selection}
      />`}
    />
  </section>`;
}

const NONE = new Set();

function among(nodes, edges) {
  const ids = new Set(nodes.map(({ id }) => id));
  return edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
}

/** Who is chosen, and how that changes: for some ids together, or by what comes before or after them. */
function selectionOf(edges, selected, onSelect) {
  const grow = (way, ids) => onSelect(new Set([...selected, ...reach(ids, neighboursOf(edges)[way])]));
  return {
    selected,
    toggle: (ids) => onSelect(changed(selected, ids, !ids.every((id) => selected.has(id)))),
    addBefore: (ids = selected) => grow("before", ids),
    addAfter: (ids = selected) => grow("after", ids),
    clear: () => onSelect(new Set()),
  };
}

function changed(set, values, isIn) {
  const copy = new Set(set);
  for (const value of values) copy[isIn ? "add" : "delete"](value);
  return copy;
}
