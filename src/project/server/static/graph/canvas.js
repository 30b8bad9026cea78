// The picture of a graph, and what mouse and keyboard do in it.
import { html, useLayoutEffect, useMemo, useRef, useState } from "../vendor/html.js";
import { count } from "../format.js";
import { Block, Box, Edge, Group } from "./drawing.js";
import { useDrawing } from "./layout.js";
import { keyActions } from "./keys.js";
import { reach, step } from "./paths.js";
import { attachViewport } from "./viewport.js";
import { namespaceId } from "./fold.js";

/** `selection` is null where nodes are opened instead of chosen; `tools(view)` are drawn above. */
export function GraphCanvas({ scene, direction, selection, onOpen, onFold, label, tools }) {
  const { drawing, isPending, error } = useDrawing(scene, direction);
  const refs = { svg: useRef(), layer: useRef() };
  const view = useViewport(refs, drawing);
  const [pointed, setPointed] = useState(null);
  const walk = useWalk(drawing, refs.svg, view);
  const fold = useFolding(drawing, refs.svg, view, walk, onFold);
  const act = actionsOf({ drawing, selection, onOpen, fold, walk });
  return html`
    ${tools(view)}
    <div class="graph-canvas" aria-busy=${isPending}>
      <svg
        ref=${refs.svg} class="graph-svg" role="group" aria-label="${label}: arrow keys follow the edges"
        onKeyDown=${keyActions(view, act)} onClick=${clickAction(act)}
        onPointerOver=${(event) => setPointed(idAt(event))} onPointerLeave=${() => setPointed(null)}
        onfocusin=${(event) => setPointed(walk.enter(event))} onfocusout=${() => setPointed(null)}
      >
        <g ref=${refs.layer}>
          ${drawing && html`<${Picture} ...${{ drawing, pointed, current: walk.current, selection, opens: Boolean(onOpen) }} />`}
        </g>
      </svg>
      <${Progress} isPending=${isPending} error=${error} size=${scene.nodes.length} />
    </div>
  `;
}

function Picture({ drawing, pointed, current, selection, opens }) {
  const { nodes, boxes, layout } = drawing;
  const lit = useMemo(() => litBy(pointed, drawing.neighbours), [pointed, drawing.neighbours]);
  return html`
    <g>${layout.groups.map((group) => html`<${Group} key=${group.id} ...${group} />`)}</g>
    <g>${layout.blocks.map((block) => html`<${Block} key=${block.id} ...${block} />`)}</g>
    <g>${layout.edges.map((edge) => html`<${Edge} key=${edge.key} edge=${edge} isLit=${lit.has(edge)} />`)}</g>
    <g>${nodes.map((node) => html`<${Box}
      key=${node.id} ...${plain(node)} ...${boxes.get(node.id)} opens=${opens}
      isLit=${lit.hasId(node.id)} isCurrent=${node.id === current} chosen=${selection && chosen(node, selection.selected)}
    />`)}</g>
  `;
}

function plain({ id, kind, name, prefix, label, note, state, tally, title }) {
  return { id, kind, name, prefix, label, note, title, state: state ?? null, tally: tally ?? null };
}

function chosen({ id, kind, members = [{ id }] }, selected) {
  if (kind === "dataset") return null;
  const number = members.filter((member) => selected.has(member.id)).length;
  if (number === 0) return "none";
  return number === members.length ? "all" : "some";
}

/** All edges and boxes on the way to a box and from it. */
function litBy(id, { before, after }) {
  const ways = id ? [reach([id], before), reach([id], after)] : [];
  return {
    has: ({ ends }) => ways.some((way) => ends.some(([from, to]) => way.has(from) && way.has(to))),
    hasId: (other) => ways.some((way) => way.has(other)),
  };
}

function Progress({ isPending, error, size }) {
  if (error) return html`<p class="graph-message" role="alert">The graph could not be laid out: ${error}</p>`;
  return html`<p class="graph-message" role="status">
    ${isPending && html`<span class="graph-late">Laying out ${count(size, "node")}…</span>`}
  </p>`;
}

/** What moves the picture; always the same object. */
function useViewport({ svg, layer }, drawing) {
  const view = useRef({});
  const latest = useRef();
  latest.current = drawing;
  useLayoutEffect(() => {
    Object.assign(view.current, attachViewport(svg.current, layer.current, () => latest.current?.extent));
    return () => view.current.detach();
  }, []);
  return view.current;
}

/** The box that Tab leads to, and how arrow keys go on from it. */
function useWalk(drawing, svg, view) {
  const [asked, setAsked] = useState(null);
  const current = drawing?.boxes.has(asked) ? asked : (drawing?.nodes[0].id ?? null);
  const go = (id) => {
    if (!id) return;
    setAsked(id);
    elementOf(svg.current, id)?.focus({ preventScroll: true });
  };
  const enter = (event) => {
    const id = idAt(event);
    if (id && event.target.matches(":focus-visible")) view.reveal(drawing.boxes.get(id));
    if (id) setAsked(id);
    return id;
  };
  return { current, go, enter, step: (key, id) => go(step(key, id, drawing)) };
}

/** Folds and unfolds so that what was clicked stays where it was, and the focus with it. */
function useFolding(drawing, svg, view, walk, onFold) {
  const anchor = useRef(null);
  useLayoutEffect(() => {
    if (!drawing) return;
    const { name, was, hasFocus } = anchor.current ?? {};
    const is = name && placeOf(drawing, namespaceId(name));
    if (is && view.isMoved()) view.keep(was, is);
    else view.start();
    if (hasFocus) walk.go(boxOf(name, drawing));
    anchor.current = null;
  }, [drawing?.layout]);
  return (name, isFolded) => {
    const hasFocus = svg.current.contains(document.activeElement);
    anchor.current = { name, was: placeOf(drawing, namespaceId(name)), hasFocus };
    onFold(name, isFolded);
  };
}

function placeOf({ boxes, frames }, id) {
  return boxes.get(id) ?? frames.get(id);
}

function boxOf(namespace, { boxes, nodes }) {
  const id = namespaceId(namespace);
  if (boxes.has(id)) return id;
  return nodes.find(({ group }) => group === namespace || group?.startsWith(`${namespace}.`))?.id;
}

/** What can be done with the boxes; `id` is always that of a box that is drawn. */
function actionsOf({ drawing, selection, onOpen, fold, walk }) {
  const find = (id) => drawing.nodes.find((node) => node.id === id);
  const membersOf = ({ id, members = [{ id }] }) => members.map((member) => member.id);
  return {
    fold: (name) => fold(name, true),
    foldAround: (id) => find(id).group && fold(find(id).group, true),
    unfold: (id) => fold(find(id).name, false),
    step: walk.step,
    /** Chooses a box, or all before it as well; opens it where nothing is chosen. */
    use(id, { isGrowing = false, isEnter = false } = {}) {
      const node = find(id);
      if (node.kind === "dataset") return;
      if (node.kind === "namespace" && (isEnter || !selection)) fold(node.name, false);
      else if (!selection) onOpen?.(id);
      else if (isGrowing) selection.addBefore(membersOf(node));
      else selection.toggle(membersOf(node));
    },
  };
}

function clickAction(act) {
  return (event) => {
    const { unfold, fold } = event.target.closest("[data-unfold], [data-fold]")?.dataset ?? {};
    const id = idAt(event);
    if (unfold) act.unfold(unfold);
    else if (fold) act.fold(fold);
    else if (id) act.use(id, { isGrowing: event.shiftKey });
  };
}

function idAt({ target }) {
  return target.closest(".graph-box")?.dataset.id ?? null;
}

function elementOf(svg, id) {
  return svg.querySelector(`.graph-box[data-id="${CSS.escape(id)}"]`);
}
