// How large a node's box is, and how much of its name fits in.
import { formatCount } from "../shared/format.js";
import { shortType } from "./dataset-nodes.js";
import { namespaceOf } from "./namespaces.js";

const MAX_TEXT_WIDTH = 200;
const MIN_PREFIX_WIDTH = 48;
/** @type {Record<BoxKind, number>} */
const HEIGHTS = { node: 32, dataset: 36, namespace: 48 };
/** @type {Record<BoxKind, number>} */
const WIDTH_AROUND_TEXT = { node: 46, dataset: 28, namespace: 74 };
const FONT_SIZES = { text: "13px", small: "11px" };

/** @typedef {(text: string, size: keyof typeof FONT_SIZES) => number} Measure */

/**
 * A function that gives a node its texts, and the width and height of its box.
 * @returns {(node: SceneNode) => SizedNode}
 */
export function boxSizer() {
  const measure = textMeasure();
  return (node) => {
    const texts = textsOf(node, measure);
    const textWidth = Math.max(measure(texts.prefix + texts.label, "text"), measure(texts.note, "small"));
    const size = { width: Math.ceil(textWidth + WIDTH_AROUND_TEXT[node.kind]), height: HEIGHTS[node.kind] };
    return { ...node, ...texts, ...size, title: titleOf(node), tally: tallyText(node) };
  };
}

/**
 * A text without its middle, if it is too wide.
 * @param {string} text
 * @param {number} maxWidth
 * @param {(text: string) => number} widthOf
 */
export function shorten(text, maxWidth, widthOf) {
  const width = widthOf(text);
  if (width <= maxWidth) return text;
  let kept = Math.floor((text.length * maxWidth) / width);
  while (kept > 2 && widthOf(withoutMiddle(text, kept)) > maxWidth) kept -= 1;
  return withoutMiddle(text, kept);
}

/**
 * @param {string} text
 * @param {number} kept
 */
function withoutMiddle(text, kept) {
  return `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
}

/**
 * The name within the node's frame, its namespace apart.
 * @param {SceneNode} node
 * @param {Measure} measure
 */
function textsOf(node, measure) {
  const { name, kind, group } = node;
  const inner = group && name.startsWith(`${group}.`) ? name.slice(group.length + 1) : name;
  const namespace = kind === "node" ? namespaceOf(inner) : null;
  const start = namespace ? namespace.length + 1 : 0;
  const widthOf = (/** @type {string} */ text) => measure(text, "text");
  const label = shorten(inner.slice(start), MAX_TEXT_WIDTH, widthOf);
  const prefixWidth = Math.max(MAX_TEXT_WIDTH - widthOf(label), MIN_PREFIX_WIDTH);
  const prefix = shorten(inner.slice(0, start), prefixWidth, widthOf);
  return { prefix, label, note: noteOf(node) };
}

/** @param {SceneNode} node */
function noteOf({ kind, members = [], types = [] }) {
  if (kind === "namespace") return formatCount(members.length, "node");
  return kind === "dataset" ? types.map(shortType).join(", ") : "";
}

/** @param {SceneNode} node */
function titleOf({ kind, name, state, description, tags, types = [] }) {
  const lines = kind === "dataset" ? types : [state, description, tags?.join(", ")];
  return [name, ...lines].filter(Boolean).join("\n");
}

/**
 * "success:5 running:1": a plain value, as all props of a box are.
 * @param {SceneNode} node
 */
function tallyText({ tally = [] }) {
  return tally.map((pair) => pair.join(":")).join(" ");
}

/** @returns {Measure} */
function textMeasure() {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  const fontFamily = getComputedStyle(document.documentElement).getPropertyValue("--sans");
  /** @type {Map<string, number>} */
  const widths = new Map();
  return (text, size) => {
    const key = size + text;
    let width = widths.get(key);
    if (width === undefined) {
      context.font = `${FONT_SIZES[size]} ${fontFamily}`;
      width = context.measureText(text).width;
      widths.set(key, width);
    }
    return width;
  };
}
