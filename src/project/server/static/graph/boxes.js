// How large a node's box is, and how much of its name fits in.
import { shortType } from "./datasets.js";
import { namespaceOf } from "./fold.js";
import { count } from "../format.js";

const MOST = 200;
const LEAST = 48;
const HEIGHTS = { node: 32, dataset: 36, namespace: 48 };
const ROOM = { node: 46, dataset: 28, namespace: 74 };
const SIZES = { text: "13px", small: "11px" };

/** A function that gives a node the texts that are drawn of it, and the width and height of its box. */
export function boxMaker() {
  const measure = textMeasure();
  return (node) => {
    const texts = textsOf(node, measure);
    const text = Math.max(measure(texts.prefix + texts.label, "text"), measure(texts.note, "small"));
    const size = { width: Math.ceil(text + ROOM[node.kind]), height: HEIGHTS[node.kind] };
    return { ...texts, ...size, title: titleOf(node), tally: tallyOf(node) };
  };
}

/** A text without its middle, if that is what makes it fit. */
export function shorten(text, most, widthOf) {
  const width = widthOf(text);
  if (width <= most) return text;
  let kept = Math.floor((text.length * most) / width);
  while (kept > 2 && widthOf(cut(text, kept)) > most) kept -= 1;
  return cut(text, kept);
}

function cut(text, kept) {
  return `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
}

function textsOf({ name, kind, group, members, types }, measure) {
  const inner = group && name.startsWith(`${group}.`) ? name.slice(group.length + 1) : name;
  const namespace = kind === "node" ? namespaceOf(inner) : null;
  const start = namespace ? namespace.length + 1 : 0;
  const widthOf = (text) => measure(text, "text");
  const label = shorten(inner.slice(start), MOST, widthOf);
  const prefix = shorten(inner.slice(0, start), Math.max(MOST - widthOf(label), LEAST), widthOf);
  return { prefix, label, note: noteOf(kind, members, types) };
}

function noteOf(kind, members, types) {
  if (kind === "namespace") return count(members.length, "node");
  return kind === "dataset" ? types.map(shortType).join(", ") : "";
}

function titleOf({ kind, name, state, description, tags, types }) {
  const lines = kind === "dataset" ? types : [state, description, tags?.join(", ")];
  return [name, ...lines].filter(Boolean).join("\n");
}

/** "success:5 running:1" */
function tallyOf({ tally = [] }) {
  return tally.map((part) => part.join(":")).join(" ");
}

function textMeasure() {
  const pen = document.createElement("canvas").getContext("2d");
  const family = getComputedStyle(document.documentElement).getPropertyValue("--sans");
  const widths = new Map();
  return (text, size) => {
    const key = size + text;
    if (!widths.has(key)) {
      pen.font = `${SIZES[size]} ${family}`;
      widths.set(key, pen.measureText(text).width);
    }
    return widths.get(key);
  };
}
