// The pieces of the picture: boxes of nodes, datasets and folded namespaces, frames of open ones, and edges.
import { html, useMemo } from "../vendor/html.js";
import { family, Symbol } from "../states.js";
import { shorten } from "./boxes.js";
import { namespaceId } from "./fold.js";

const CHECKED = { all: "true", some: "mixed", none: "false" };
const MARKS = { all: "M-3.5 0 -1 2.5 3.5 -2.5", some: "M-3.5 0H3.5" };
const TEXT_AT = 34;
const LETTER = 7; // pixels, about

/** One box. Its picture is made anew only when one of these values, all of them plain, has changed. */
export function Box(props) {
  return useMemo(() => PICTURES[props.kind](props), Object.values(props));
}

const PICTURES = {
  node: (props) => framed(props, props.state ?? "no state", nodePicture(props)),
  dataset: (props) => framed(props, `dataset ${props.note}`, datasetPicture(props)),
  namespace: (props) => framed(props, `${props.note}, ${props.state ?? "no state"}, folded`, namespacePicture(props)),
};

/** What all boxes have in common: place, outline, what is said of them, and whether they are chosen. */
function framed({ id, kind, name, x, y, width, height, title, state, isLit, isCurrent, chosen, opens }, says, picture) {
  const round = kind === "dataset" ? height / 2 : 6;
  const role = roleOf(kind, chosen, opens);
  return html`<g
    class="graph-box" transform="translate(${x} ${y})"
    data-id=${id} data-kind=${kind} data-family=${state ? family(state) : "none"} data-lit=${isLit} data-selected=${chosen}
    role=${role} tabindex=${isCurrent ? 0 : -1} aria-label="${name}, ${says}"
    aria-checked=${role === "checkbox" ? CHECKED[chosen] : null} aria-expanded=${kind === "namespace" ? "false" : null}
  >
    <title>${title}</title>
    ${kind === "namespace" && html`<rect class="graph-behind" x="4" y="4" width=${width} height=${height} rx=${round} />`}
    <rect class="graph-face" width=${width} height=${height} rx=${round} />
    ${picture}
    ${MARKS[chosen] && html`<g class="graph-check" transform="translate(${width} 0)"><circle r="8" /><path d=${MARKS[chosen]} /></g>`}
  </g>`;
}

function roleOf(kind, chosen, opens) {
  if (kind === "dataset") return "img";
  if (chosen) return "checkbox";
  if (kind === "namespace") return "button";
  return opens ? "link" : "img";
}

function nodePicture({ height, prefix, label, state }) {
  return html`${stateMark(state, height, height / 2)}
    <text x=${TEXT_AT} y=${height / 2}>${prefix && html`<tspan class="graph-quiet">${prefix}</tspan>`}${label}</text>`;
}

function datasetPicture({ width, height, label, note }) {
  return html`<text class="graph-centred" x=${width / 2} y=${note ? 13 : height / 2}>${label}</text>
    <text class="graph-centred graph-small" x=${width / 2} y="26">${note}</text>`;
}

function namespacePicture({ id, width, height, label, note, state, tally }) {
  return html`${stateMark(state, height, 16)}
    <text class="graph-strong" x=${TEXT_AT} y="16">${label}</text>
    <text class="graph-small" x=${TEXT_AT} y="31">${note}</text>
    <g transform="translate(${TEXT_AT} 40)">${tallyPicture(tally, width - TEXT_AT - 12)}</g>
    <g class="graph-unfold" data-unfold=${id} transform="translate(${width - 28} 4)">
      <rect width="24" height="24" rx="4" /><path d="M8 10 12 14 16 10" />
    </g>`;
}

function stateMark(state, height, middle) {
  return html`<rect class="graph-bar" x="5" y="7" width="3" height=${height - 14} rx="1.5" />
    ${state
      ? html`<g class="graph-symbol" transform="translate(15 ${middle - 6})"><${Symbol} of=${family(state)} /></g>`
      : html`<circle class="graph-dot" cx="21" cy=${middle} r="3" />`}`;
}

/** How many nodes are in which family of states ("success:5 running:1"), as one bar. */
function tallyPicture(tally, width) {
  const parts = tally.split(" ").map((part) => part.split(":"));
  const all = parts.reduce((sum, [, number]) => sum + Number(number), 0);
  let x = 0;
  return parts.map(([name, number]) => {
    const length = (width * number) / all;
    const from = x;
    x += length;
    return html`<rect class="graph-part" data-family=${name} x=${from} width=${Math.max(length - 1, 0.5)} height="3" />`;
  });
}

/** The frame around the nodes of a namespace that is not folded. */
export function Group({ id, name, group, x, y, width, height }) {
  const inner = group ? name.slice(group.length - namespaceId("").length + 1) : name;
  const text = shorten(inner, width - TEXT_AT, (part) => part.length * LETTER);
  return html`<g class="graph-group" transform="translate(${x} ${y})" data-id=${id}>
    <rect class="graph-frame" width=${width} height=${height} rx="8" />
    <g class="graph-fold" data-fold=${name} role="button" tabindex="0" aria-expanded="true" aria-label="Fold namespace ${name}">
      <title>Fold ${name}</title>
      <rect x="4" y="3" width=${Math.min(width - 8, TEXT_AT + text.length * LETTER)} height="18" rx="4" />
      <path d="M10 14 14 10 18 14" /><text x="24" y="12">${text}</text>
    </g>
  </g>`;
}

export function Block({ x, y, width, height }) {
  return html`<rect class="graph-block" x=${x} y=${y} width=${width} height=${height} rx="8" />`;
}

export function Edge({ edge, isLit }) {
  return useMemo(
    () => html`<path class="graph-edge" d=${edge.d} data-lit=${isLit} data-ends=${edge.key} />`,
    [edge, isLit],
  );
}
