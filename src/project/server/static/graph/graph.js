// A pipeline's graph: laid out, drawn, walked with the keyboard, folded, and nodes of it selected.
import { edgesAmong, neighboursOf, reachable } from "../shared/directed-graph.js";
import { saveFile } from "../shared/save-file.js";
import { html, useMemo, useRef, useState } from "../vendor/html.js";
import { hasDatasets, withDatasets } from "./dataset-nodes.js";
import { culpritsIn, emphasised, NO_FOCUS } from "./emphasis.js";
import { mermaidText, svgText } from "./export.js";
import { FindTools } from "./find-tools.js";
import { GraphCanvas } from "./graph-canvas.js";
import { GraphPanel } from "./graph-panel.js";
import { fold, MAX_UNFOLDED, namespacesOf } from "./namespaces.js";
import { Toolbar } from "./toolbar.js";

/** @type {Set<string>} */
const NONE = new Set();

/** @import { GraphFocus } from "./emphasis.js" */
/** @import { GraphTarget } from "./graph-canvas.js" */
/** @typedef {{ direction: Direction, hasDatasets: boolean, hasRunGroups: boolean, folded: Set<string> | null }} Choices */

/**
 * With `onSelect` nodes are selected by clicking them, with `onOpen` opened; with `panel(id)` its result is shown beside
 * the graph. `critical`: the ids of the nodes on the critical path.
 * @param {GraphData & {
 *   selected?: Set<string>, onSelect?: (ids: Set<string>) => void, onOpen?: (id: string) => void, label?: string,
 *   panel?: (id: string) => unknown, critical?: Set<string>,
 * }} props
 */
export function Graph({ nodes, edges, selected = NONE, onSelect, onOpen, panel, critical = NONE, label = "Graph" }) {
  const [choices, setChoices] = useState(
    /** @type {Choices} */ ({ direction: "TB", hasDatasets: false, hasRunGroups: true, folded: null }),
  );
  const choose = (/** @type {Partial<Choices>} */ change) => setChoices((previous) => ({ ...previous, ...change }));
  const framed = useMemo(() => (choices.hasRunGroups ? inRunGroups(nodes) : nodes), [nodes, choices.hasRunGroups]);
  const namespaces = useMemo(() => namespacesOf(framed), [framed]);
  const folded = useMemo(
    () => choices.folded ?? new Set(nodes.length > MAX_UNFOLDED ? namespaces.keys() : []),
    [choices.folded, namespaces],
  );
  const scene = useMemo(() => {
    const graph = { nodes: framed, edges: edgesAmong(nodes, edges) };
    return fold(choices.hasDatasets ? withDatasets(graph) : graph, folded, namespaces);
  }, [framed, edges, folded, choices.hasDatasets]);
  const selection = onSelect && selectionOf(edges, selected, onSelect);
  const setFolded = (/** @type {string} */ name, /** @type {boolean} */ isFolded) =>
    choose({ folded: withChange(folded, [name], isFolded) });
  const [focus, setFocus] = useState(NO_FOCUS);
  const [target, setTarget] = useState(/** @type {GraphTarget | null} */ (null));
  const changeFocus = (/** @type {Partial<GraphFocus>} */ change) => {
    setFocus((previous) => ({ ...previous, ...change }));
    if ("text" in change) setTarget(null); // another search begins with its first match
  };
  const clear = useMemo(() => emphasised({ nodes, edges }, focus, critical), [nodes, edges, focus, critical]);
  const goTo = (/** @type {GraphTarget} */ next) => {
    const around = [...namespaces].filter(([, { members }]) => members.includes(next.id)).map(([name]) => name);
    if (around.some((name) => folded.has(name))) choose({ folded: withChange(folded, around, false) });
    setTarget(next);
  };
  const matches = [...(clear ?? [])];
  const searchedId = target && !target.takesFocus ? target.id : "";
  const goToNextMatch = () => {
    const id = nextOf(matches, searchedId);
    if (id) goTo({ id, takesFocus: false });
  };
  const lastCulprit = useRef("");
  const showFailure = () => {
    changeFocus({ isFailure: !focus.isFailure });
    const id = focus.isFailure ? undefined : nextOf(culpritsIn(nodes), lastCulprit.current);
    if (!id) return;
    lastCulprit.current = id;
    goTo({ id, takesFocus: true });
  };
  const [openId, setOpenId] = useState(/** @type {string | null} */ (null));
  const opened = nodes.find(({ id }) => id === openId);
  const save = (/** @type {Drawing | null} */ drawing) => (/** @type {"svg" | "mermaid"} */ format) => {
    if (format === "mermaid") saveFile(`${label}.mmd`, mermaidText(scene, choices.direction), "text/plain");
    else if (drawing) saveFile(`${label}.svg`, svgText(drawing), "image/svg+xml");
  };
  const toolbar = (/** @type {Viewport} */ viewport, /** @type {Drawing | null} */ drawing) => html`<div>
    <${Toolbar}
      viewport=${viewport} choices=${{ ...choices, folded }} choose=${choose} namespaces=${namespaces}
      canShowDatasets=${hasDatasets(nodes)} canShowRunGroups=${nodes.some(isInRunGroup)} selection=${selection}
    />
    <${FindTools} nodes=${nodes} focus=${focus} setFocus=${changeFocus} matches=${matches} found=${matches.indexOf(searchedId)}
      onNext=${goToNextMatch} onFailure=${showFailure} hasCriticalPath=${critical.size > 0} onExport=${save(drawing)} />
  </div>`;
  const aside =
    panel &&
    opened &&
    html`<${GraphPanel} key=${openId} id=${openId} title=${opened.name} onClose=${() => setOpenId(null)}>${panel(opened.id)}<//>`;
  if (nodes.length === 0) return html`<div class="empty"><p>This flow has no tasks.</p></div>`;
  return html`<section class="graph" aria-label=${label}>
    <${GraphCanvas}
      scene=${scene} direction=${choices.direction} selection=${selection} onOpen=${panel ? setOpenId : onOpen} label=${label}
      onFold=${setFolded} toolbar=${toolbar} clear=${clear} target=${target} foundId=${matches.includes(searchedId) ? searchedId : undefined} aside=${aside}
    />
  </section>`;
}

/**
 * The id after another one, or the first; undefined without ids.
 * @param {string[]} ids
 * @param {string} id
 * @returns {string | undefined}
 */
function nextOf(ids, id) {
  return ids[(ids.indexOf(id) + 1) % ids.length];
}

/** @param {GraphNode} node */
function isInRunGroup({ runGroup }) {
  return runGroup !== undefined;
}

/**
 * The nodes with their run groups in place of their namespaces, if there are such groups.
 * @param {GraphNode[]} nodes
 */
function inRunGroups(nodes) {
  if (!nodes.some(isInRunGroup)) return nodes;
  return nodes.map((node) => ({ ...node, frames: node.runGroup === undefined ? [] : [node.runGroup] }));
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
