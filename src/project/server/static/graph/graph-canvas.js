// The drawing of a graph, and what mouse and keyboard do in it.
import { reachable } from "../shared/directed-graph.js";
import { formatCount } from "../shared/format.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "../vendor/html.js";
import { nextBox } from "./arrow-keys.js";
import { onGraphKey } from "./keyboard.js";
import { useDrawing } from "./layout.js";
import { Minimap } from "./minimap.js";
import { namespaceId } from "./namespaces.js";
import { Block, Box, EdgePath, NamespaceFrame } from "./shapes.js";
import { attachViewport } from "./viewport.js";

/** @typedef {(namespace: string, isFolded: boolean) => void} OnFold */
/** @typedef {ReturnType<typeof useWalk>} Walk */
/** @typedef {PointerEvent & { target: Element }} GraphEvent */
/** `takesFocus`: whether it also gets the focus. @typedef {{ id: string, takesFocus: boolean }} GraphTarget */

/**
 * `selection` is missing where nodes are opened instead of selected; `toolbar(viewport, drawing)` is shown above, `aside`
 * beside the drawing. Nodes that are not `clear` are faded, if there are some; a new `target` is shown in the middle. The
 * node that a search has found is marked.
 * @param {{
 *   scene: Scene, direction: Direction, selection?: NodeSelection, onOpen?: (id: string) => void, onFold: OnFold,
 *   label: string, toolbar: (viewport: Viewport, drawing: Drawing | null) => unknown, clear: Set<string> | null,
 *   target: GraphTarget | null, foundId?: string, aside?: unknown,
 * }} props
 */
export function GraphCanvas(props) {
  const { scene, direction, selection, onOpen, onFold, label, toolbar, clear, target, foundId, aside } = props;
  const { drawing, isPending, error } = useDrawing(scene, direction);
  /** @type {Ref<SVGSVGElement>} */
  const svg = useRef();
  /** @type {Ref<SVGGElement>} */
  const layer = useRef();
  const viewport = useViewport(svg, layer, drawing);
  const [pointedId, setPointedId] = useState(/** @type {string | null} */ (null));
  const walk = useWalk(drawing, svg, viewport);
  const fold = useFolding(drawing, svg, viewport, walk, onFold);
  useTarget(target, drawing, viewport, walk);
  const actions = drawing && boxActions({ drawing, selection, onOpen, fold, walk });
  const picture = { drawing, pointedId, currentId: walk.currentId, selection, opens: Boolean(onOpen), clear, foundId };
  return html`
    ${toolbar(viewport, drawing)}
    <div class="graph-canvas" aria-busy=${isPending}>
      <svg
        ref=${svg} class="graph-svg" role="group" aria-label="${label}: arrow keys follow the edges"
        onKeyDown=${actions && onGraphKey(viewport, actions)} onClick=${actions && onGraphClick(actions)}
        onPointerOver=${(/** @type {GraphEvent} */ event) => setPointedId(idAt(event))} onPointerLeave=${() => setPointedId(null)}
        onfocusin=${(/** @type {GraphEvent} */ event) => setPointedId(walk.enter(event))} onfocusout=${() => setPointedId(null)}
      >
        <g ref=${layer}>${drawing && html`<${Picture} ...${picture} />`}</g>
      </svg>
      ${drawing && html`<${Minimap} drawing=${drawing} viewport=${viewport} />`}
      ${aside}
      <${LayoutStatus} isPending=${isPending} error=${error} count=${scene.nodes.length} />
    </div>
  `;
}

/**
 * @param {{
 *   drawing: Drawing, pointedId: string | null, currentId: string | null, selection?: NodeSelection, opens: boolean,
 *   clear: Set<string> | null, foundId?: string,
 * }} props
 */
function Picture({ drawing, pointedId, currentId, selection, opens, clear, foundId }) {
  const { nodes, boxes, layout, neighbours } = drawing;
  const lit = useMemo(() => litBy(pointedId, neighbours), [pointedId, neighbours]);
  const faded = useMemo(() => fadedIn(nodes, clear), [nodes, clear]);
  const isEdgeFaded = (/** @type {DrawnEdge} */ { ends }) =>
    ends.every(([from, to]) => faded.has(from) || faded.has(to));
  const boxProps = (/** @type {SizedNode} */ node) => ({
    ...plainValues(node),
    ...boxes.get(node.id),
    opens,
    isLit: lit.hasId(node.id),
    isFaded: faded.has(node.id),
    isCurrent: node.id === currentId,
    isFound: node.id === foundId,
    selected: selection ? selectedPart(node, selection.selected) : null,
  });
  return html`
    <g>${layout.groups.map((frame) => html`<${NamespaceFrame} key=${frame.id} ...${frame} />`)}</g>
    <g>${layout.blocks.map((block) => html`<${Block} key=${block.id} ...${block} />`)}</g>
    <g>${layout.edges.map((edge) => html`<${EdgePath} key=${edge.key} edge=${edge} isLit=${lit.hasEdge(edge)} isFaded=${isEdgeFaded(edge)} />`)}</g>
    <g>${nodes.map((node) => html`<${Box} key=${node.id} ...${boxProps(node)} />`)}</g>
  `;
}

/**
 * A box is drawn again only when one of its props changes: all of them are plain values.
 * @param {SizedNode} node
 */
function plainValues({ id, kind, name, prefix, label, note, state, tally, title }) {
  return { id, kind, name, prefix, label, note, title, state: state ?? null, tally };
}

/**
 * @param {SizedNode} node
 * @param {Set<string>} selected
 */
function selectedPart(node, selected) {
  if (node.kind === "dataset") return null;
  const ids = memberIds(node);
  const count = ids.filter((id) => selected.has(id)).length;
  if (count === 0) return "none";
  return count === ids.length ? "all" : "some";
}

/** @param {SizedNode} node */
function memberIds(node) {
  return (node.members ?? [node]).map(({ id }) => id);
}

/**
 * The boxes to fade: those without any node that is to be clear.
 * @param {SizedNode[]} nodes
 * @param {Set<string> | null} clear
 */
function fadedIn(nodes, clear) {
  const isFaded = (/** @type {SizedNode} */ node) => clear !== null && !memberIds(node).some((id) => clear.has(id));
  return new Set(nodes.filter(isFaded).map(({ id }) => id));
}

/**
 * Moves to a new target once it is drawn.
 * @param {GraphTarget | null} target
 * @param {Drawing | null} drawing
 * @param {Viewport} viewport
 * @param {Walk} walk
 */
function useTarget(target, drawing, viewport, walk) {
  /** @type {Ref<GraphTarget | null>} */
  const reached = useRef(null);
  useLayoutEffect(() => {
    const box = target && drawing?.boxes.get(target.id);
    if (!box || reached.current === target) return;
    reached.current = target;
    viewport.centre(box);
    if (target.takesFocus) walk.go(target.id);
    else walk.stopAt(target.id);
  }, [target, drawing?.layout]);
}

/**
 * All edges and boxes on the way to a box and from it.
 * @param {string | null} id
 * @param {Neighbours} neighbours
 */
function litBy(id, { before, after }) {
  const ways = id ? [reachable([id], before), reachable([id], after)] : [];
  return {
    hasEdge: (/** @type {DrawnEdge} */ { ends }) =>
      ways.some((way) => ends.some(([from, to]) => way.has(from) && way.has(to))),
    hasId: (/** @type {string} */ other) => ways.some((way) => way.has(other)),
  };
}

/** @param {{ isPending: boolean, error: string | undefined, count: number }} props */
function LayoutStatus({ isPending, error, count }) {
  if (error) return html`<p class="graph-message" role="alert">The graph could not be laid out: ${error}</p>`;
  return html`<p class="graph-message" role="status">
    ${isPending && html`<span class="graph-late">Laying out ${formatCount(count, "node")}…</span>`}
  </p>`;
}

/**
 * What moves the picture; always the same object, filled when the canvas is drawn.
 * @param {Ref<SVGSVGElement>} svg
 * @param {Ref<SVGGElement>} layer
 * @param {Drawing | null} drawing
 * @returns {Viewport}
 */
function useViewport(svg, layer, drawing) {
  const viewport = useRef(/** @type {Viewport} */ ({}));
  /** @type {Ref<Drawing | null>} */
  const latest = useRef();
  latest.current = drawing;
  useLayoutEffect(() => {
    Object.assign(
      viewport.current,
      attachViewport(svg.current, layer.current, () => latest.current?.extent),
    );
    return () => viewport.current.detach();
  }, []);
  return viewport.current;
}

/**
 * The one box where the Tab key stops, and how arrow keys move on from it.
 * @param {Drawing | null} drawing
 * @param {Ref<SVGSVGElement>} svg
 * @param {Viewport} viewport
 */
function useWalk(drawing, svg, viewport) {
  const [visitedId, setVisitedId] = useState(/** @type {string | null} */ (null));
  const isDrawn = visitedId !== null && drawing?.boxes.has(visitedId);
  const currentId = isDrawn ? visitedId : (drawing?.nodes[0].id ?? null);
  const go = (/** @type {string | null | undefined} */ id) => {
    if (!id) return;
    setVisitedId(id);
    const box = svg.current.querySelector(`.graph-box[data-id="${CSS.escape(id)}"]`);
    /** @type {SVGElement | null} */ (box)?.focus({ preventScroll: true });
  };
  const enter = (/** @type {GraphEvent} */ event) => {
    const id = idAt(event);
    const box = id && drawing?.boxes.get(id);
    if (box && event.target.matches(":focus-visible")) viewport.reveal(box);
    if (id) setVisitedId(id);
    return id;
  };
  return { currentId, go, stopAt: setVisitedId, enter };
}

/**
 * Folds and unfolds so that what was clicked stays where it was, and keeps the focus.
 * @param {Drawing | null} drawing
 * @param {Ref<SVGSVGElement>} svg
 * @param {Viewport} viewport
 * @param {Walk} walk
 * @param {OnFold} onFold
 * @returns {OnFold}
 */
function useFolding(drawing, svg, viewport, walk, onFold) {
  /** @type {Ref<{ name: string, place: Rectangle | undefined, hasFocus: boolean } | null>} */
  const anchor = useRef(null);
  useLayoutEffect(() => {
    if (!drawing) return;
    const { name, place, hasFocus } = anchor.current ?? {};
    const newPlace = name && placeOf(name, drawing);
    if (place && newPlace && viewport.isMoved()) viewport.keep(place, newPlace);
    else viewport.start();
    if (name && hasFocus) walk.go(boxFor(name, drawing));
    anchor.current = null;
  }, [drawing?.layout]);
  return (name, isFolded) => {
    const hasFocus = svg.current.contains(document.activeElement);
    anchor.current = { name, place: drawing ? placeOf(name, drawing) : undefined, hasFocus };
    onFold(name, isFolded);
  };
}

/**
 * Where a namespace is drawn: as a box if it is folded, or else as a frame.
 * @param {string} namespace
 * @param {Drawing} drawing
 */
function placeOf(namespace, { boxes, frames }) {
  const id = namespaceId(namespace);
  return boxes.get(id) ?? frames.get(id);
}

/**
 * @param {string} namespace
 * @param {Drawing} drawing
 */
function boxFor(namespace, { boxes, nodes }) {
  const id = namespaceId(namespace);
  if (boxes.has(id)) return id;
  return nodes.find(({ group }) => group === namespace || group?.startsWith(`${namespace}.`))?.id;
}

/**
 * What can be done with the boxes.
 * @param {{ drawing: Drawing, selection?: NodeSelection, onOpen?: (id: string) => void, fold: OnFold, walk: Walk }} graph
 * @returns {BoxActions}
 */
function boxActions({ drawing, selection, onOpen, fold, walk }) {
  const nodeOf = (/** @type {string} */ id) => drawing.nodes.find((node) => node.id === id);
  return {
    fold: (namespace) => fold(namespace, true),
    foldAround(id) {
      const group = nodeOf(id)?.group;
      if (group) fold(group, true);
    },
    unfold(id) {
      const node = nodeOf(id);
      if (node) fold(node.name, false);
    },
    step: (key, id) => walk.go(nextBox(key, id, drawing)),
    /** Selects a box, or everything upstream of it as well; opens it where nothing can be selected. */
    use(id, { isGrowing = false, isEnter = false } = {}) {
      const node = nodeOf(id);
      if (!node || node.kind === "dataset") return;
      if (node.kind === "namespace" && (isEnter || !selection)) fold(node.name, false);
      else if (!selection) onOpen?.(id);
      else if (isGrowing) selection.addUpstream(memberIds(node));
      else selection.toggle(memberIds(node));
    },
  };
}

/**
 * @param {BoxActions} actions
 * @returns {(event: GraphEvent) => void}
 */
function onGraphClick(actions) {
  return (event) => {
    const control = /** @type {SVGElement | null} */ (event.target.closest("[data-unfold], [data-fold]"));
    const { unfold, fold } = control?.dataset ?? {};
    const id = idAt(event);
    if (unfold) actions.unfold(unfold);
    else if (fold) actions.fold(fold);
    else if (id) actions.use(id, { isGrowing: event.shiftKey });
  };
}

/** @param {{ target: Element }} event */
function idAt({ target }) {
  const box = /** @type {SVGElement | null} */ (target.closest(".graph-box"));
  return box?.dataset.id ?? null;
}
