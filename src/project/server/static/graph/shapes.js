// The shapes of the graph: boxes of nodes, datasets and folded namespaces, frames of open ones, and edges.
import { StateIcon } from "../shared/state-badge.js";
import { stateFamily } from "../shared/states.js";
import { html, useMemo } from "../vendor/html.js";
import { shorten } from "./box-size.js";
import { namespaceName } from "./namespaces.js";

/** @type {Record<string, string>} */
const CHECKED = { all: "true", some: "mixed", none: "false" };
/** @type {Record<string, string>} */
const CHECK_MARKS = { all: "M-3.5 0 -1 2.5 3.5 -2.5", some: "M-3.5 0H3.5" };
const TEXT_X = 34;
const LETTER_PIXELS = 7; // about

/**
 * @typedef {Rectangle & {
 *   id: string, kind: BoxKind, name: string, prefix: string, label: string, note: string, title: string,
 *   state: string | null, tally: string, isLit: boolean, isFaded: boolean, isCurrent: boolean, isFound: boolean, opens: boolean,
 *   selected: "all" | "some" | "none" | null,
 * }} BoxProps
 */

/**
 * One box. It is drawn again only when one of these plain values has changed: a graph has thousands.
 * @param {BoxProps} props
 */
export function Box(props) {
  return useMemo(() => DRAWERS[props.kind](props), Object.values(props));
}

/** @type {Record<BoxKind, (props: BoxProps) => unknown>} */
const DRAWERS = {
  node: (props) => frame(props, props.state ?? "no state", nodeContent(props)),
  dataset: (props) => frame(props, `dataset ${props.note}`, datasetContent(props)),
  namespace: (props) => frame(props, `${props.note}, ${props.state ?? "no state"}, folded`, namespaceContent(props)),
};

/**
 * What all boxes have in common: place, outline, label for screen readers, and whether they are selected.
 * @param {BoxProps} props
 * @param {string} description
 * @param {unknown} content
 */
function frame(props, description, content) {
  const { id, kind, name, x, y, width, height, title, state, isLit, isFaded, isCurrent, isFound, selected, opens } =
    props;
  const radius = kind === "dataset" ? height / 2 : 6;
  const role = roleOf(kind, Boolean(selected), opens);
  const checkMark = selected && CHECK_MARKS[selected];
  return html`<g
    class="graph-box" transform="translate(${x} ${y})"
    data-id=${id} data-kind=${kind} data-family=${state ? stateFamily(state) : "none"} data-lit=${isLit} data-faded=${isFaded} data-found=${isFound} data-selected=${selected}
    role=${role} tabindex=${isCurrent ? 0 : -1} aria-label="${name}, ${description}"
    aria-checked=${role === "checkbox" && selected ? CHECKED[selected] : null} aria-expanded=${kind === "namespace" ? "false" : null}
  >
    <title>${title}</title>
    ${kind === "namespace" && html`<rect class="graph-behind" x="4" y="4" width=${width} height=${height} rx=${radius} />`}
    <rect class="graph-face" width=${width} height=${height} rx=${radius} />
    ${content}
    ${checkMark && html`<g class="graph-check" transform="translate(${width} 0)"><circle r="8" /><path d=${checkMark} /></g>`}
  </g>`;
}

/**
 * @param {BoxKind} kind
 * @param {boolean} isSelectable
 * @param {boolean} opens
 */
function roleOf(kind, isSelectable, opens) {
  if (kind === "dataset") return "img";
  if (isSelectable) return "checkbox";
  if (kind === "namespace") return "button";
  return opens ? "link" : "img";
}

/** @param {BoxProps} props */
function nodeContent({ height, prefix, label, state }) {
  return html`${stateMark(state, height, height / 2)}
    <text x=${TEXT_X} y=${height / 2}>${prefix && html`<tspan class="graph-quiet">${prefix}</tspan>`}${label}</text>`;
}

/** @param {BoxProps} props */
function datasetContent({ width, height, label, note }) {
  return html`<text class="graph-centred" x=${width / 2} y=${note ? 13 : height / 2}>${label}</text>
    <text class="graph-centred graph-small" x=${width / 2} y="26">${note}</text>`;
}

/** @param {BoxProps} props */
function namespaceContent({ id, width, height, label, note, state, tally }) {
  return html`${stateMark(state, height, 16)}
    <text class="graph-strong" x=${TEXT_X} y="16">${label}</text>
    <text class="graph-small" x=${TEXT_X} y="31">${note}</text>
    <g transform="translate(${TEXT_X} 40)">${tallyBar(tally, width - TEXT_X - 12)}</g>
    <g class="graph-unfold" data-unfold=${id} transform="translate(${width - 28} 4)">
      <rect width="24" height="24" rx="4" /><path d="M8 10 12 14 16 10" />
    </g>`;
}

/**
 * @param {string | null} state
 * @param {number} height
 * @param {number} middle
 */
function stateMark(state, height, middle) {
  const mark = state
    ? html`<g class="graph-symbol" transform="translate(15 ${middle - 6})"><${StateIcon} family=${stateFamily(state)} /></g>`
    : html`<circle class="graph-dot" cx="21" cy=${middle} r="3" />`;
  return html`<rect class="graph-bar" x="5" y="7" width="3" height=${height - 14} rx="1.5" />${mark}`;
}

/**
 * How many nodes are in which family of states ("success:5 running:1"), as one bar.
 * @param {string} tally
 * @param {number} width
 */
function tallyBar(tally, width) {
  const parts = tally.split(" ").map((part) => part.split(":"));
  const total = parts.reduce((sum, [, count]) => sum + Number(count), 0);
  let end = 0;
  return parts.map(([family, count]) => {
    const length = (width * Number(count)) / total;
    const x = end;
    end += length;
    return html`<rect class="graph-part" data-family=${family} x=${x} width=${Math.max(length - 1, 0.5)} height="3" />`;
  });
}

/**
 * The frame around the nodes of a namespace, or a run group, that is not folded.
 * @param {Frame} props
 */
export function NamespaceFrame({ id, name, group, x, y, width, height }) {
  const inner = group ? name.slice(namespaceName(group).length + 1) : name;
  const text = shorten(inner, width - TEXT_X, (part) => part.length * LETTER_PIXELS);
  return html`<g class="graph-group" transform="translate(${x} ${y})" data-id=${id}>
    <rect class="graph-frame" width=${width} height=${height} rx="8" />
    <g class="graph-fold" data-fold=${name} role="button" tabindex="0" aria-expanded="true" aria-label="Fold ${name}">
      <title>Fold ${name}</title>
      <rect x="4" y="3" width=${Math.min(width - 8, TEXT_X + text.length * LETTER_PIXELS)} height="18" rx="4" />
      <path d="M10 14 14 10 18 14" /><text x="24" y="12">${text}</text>
    </g>
  </g>`;
}

/** @param {Rectangle} props */
export function Block({ x, y, width, height }) {
  return html`<rect class="graph-block" x=${x} y=${y} width=${width} height=${height} rx="8" />`;
}

/** @param {{ edge: DrawnEdge, isLit: boolean, isFaded: boolean }} props */
export function EdgePath({ edge, isLit, isFaded }) {
  return useMemo(
    () => html`<path class="graph-edge" d=${edge.d} data-lit=${isLit} data-faded=${isFaded} data-ends=${edge.key} />`,
    [edge, isLit, isFaded],
  );
}
