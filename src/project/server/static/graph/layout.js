// Where everything is drawn: laid out in a worker, and kept for as long as the structure stays the same.
import { useEffect, useMemo, useRef, useState } from "../vendor/html.js";
import { boxMaker } from "./boxes.js";
import { namespaceId } from "./fold.js";
import { neighboursOf } from "./paths.js";

const KEPT = 20;
const kept = new Map();

/** The newest scene that has been laid out; the one before while another is being laid out. */
export function useDrawing(scene, direction) {
  const make = useMemo(boxMaker, []);
  const sized = useMemo(() => ({ ...scene, nodes: scene.nodes.map((node) => ({ ...node, ...make(node) })) }), [scene]);
  const request = useMemo(() => requestOf(sized, direction), [sized, direction]);
  const { layout, error } = useLayout(request);
  const maps = useMemo(() => layout && mapsOf(layout, direction), [layout]);
  const drawing = useRef(null);
  if (layout) drawing.current = { layout, ...maps, nodes: inReadingOrder(sized.nodes, maps.boxes) };
  return { drawing: drawing.current, isPending: !layout && !error, error };
}

function requestOf({ nodes, edges, groups }, direction) {
  const idOf = (group) => group && namespaceId(group);
  return {
    nodes: nodes.map(({ id, width, height, group }) => ({ id, width, height, group: idOf(group) })),
    groups: groups.map(({ id, name, parent }) => ({ id, name, group: idOf(parent) })),
    edges: inOrderOf(nodes, edges),
    direction,
  };
}

/** Sorted, so that the same graph always looks the same. */
function inOrderOf(nodes, edges) {
  const place = new Map(nodes.map(({ id }, index) => [id, index]));
  const keyed = edges.map((edge) => ({ edge, key: place.get(edge.from) * nodes.length + place.get(edge.to) }));
  return keyed.sort((one, other) => one.key - other.key).map(({ edge }) => edge);
}

function inReadingOrder(nodes, boxes) {
  const found = new Map(nodes.map((node) => [node.id, node]));
  return [...boxes.keys()].map((id) => found.get(id));
}

/** What is looked up in a layout; its boxes layer by layer. */
function mapsOf({ nodes, groups, edges, width, height }, direction) {
  const [along, across] = direction === "TB" ? ["y", "x"] : ["x", "y"];
  const middle = (box) => box[along] + box[along === "y" ? "height" : "width"] / 2;
  const layered = nodes.sort((one, other) => middle(one) - middle(other) || one[across] - other[across]);
  return {
    direction,
    boxes: new Map(layered.map(({ id, ...box }) => [id, box])),
    frames: new Map(groups.map((group) => [group.id, group])),
    neighbours: neighboursOf(edges.flatMap(({ ends }) => ends).map(([from, to]) => ({ from, to }))),
    extent: { width, height, first: layered[0] },
  };
}

/** The layout of a request, or the error that there was instead; neither while it is being made. */
function useLayout(request) {
  const key = useMemo(() => JSON.stringify(request), [request]);
  const [answer, setAnswer] = useState({});
  useEffect(() => {
    const show = (layout) => setAnswer({ key, layout });
    if (kept.has(key)) return show(kept.get(key));
    return ask(request, (layout) => show(keep(key, layout)), (error) => setAnswer({ key, error }));
  }, [key]);
  return answer.key === key ? answer : { layout: kept.get(key) };
}

/** Lays out in a worker of its own, so that a request that nobody waits for any more can be ended. */
function ask(request, done, failed) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => {
    worker.terminate();
    done(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    failed(event.message || "the worker did not start");
  };
  worker.postMessage(request);
  return () => worker.terminate();
}

function keep(key, layout) {
  kept.set(key, layout);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return layout;
}
