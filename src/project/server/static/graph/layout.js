// Where everything is drawn: laid out in a worker, and kept for as long as the structure stays the same.
import { neighboursOf } from "../shared/directed-graph.js";
import { useEffect, useMemo, useRef, useState } from "../vendor/html.js";
import { boxSizer } from "./box-size.js";
import { namespaceId } from "./namespaces.js";

const MAX_CACHED = 20;
/** @type {Map<string, Layout>} */
const cache = new Map();

/**
 * The drawing of a scene; that of the scene before while a layout is being made.
 * @param {Scene} scene
 * @param {Direction} direction
 */
export function useDrawing(scene, direction) {
  const sizeBox = useMemo(boxSizer, []);
  const nodes = useMemo(() => scene.nodes.map(sizeBox), [scene]);
  const request = useMemo(() => requestOf(nodes, scene, direction), [nodes, direction]);
  const { layout, error } = useLayout(request);
  const lookups = useMemo(() => layout && lookupsIn(layout, direction), [layout]);
  /** @type {Ref<Drawing | null>} */
  const drawing = useRef(null);
  if (layout && lookups) drawing.current = { layout, ...lookups, nodes: inReadingOrder(nodes, lookups.boxes) };
  return { drawing: drawing.current, isPending: !layout && !error, error };
}

/**
 * @param {SizedNode[]} nodes
 * @param {Scene} scene
 * @param {Direction} direction
 * @returns {LayoutRequest}
 */
function requestOf(nodes, { edges, groups }, direction) {
  const idOf = (/** @type {string | null} */ namespace) => (namespace === null ? null : namespaceId(namespace));
  return {
    nodes: nodes.map(({ id, width, height, group }) => ({ id, width, height, group: idOf(group) })),
    groups: groups.map(({ id, name, parent }) => ({ id, name, group: idOf(parent) })),
    edges: inOrderOf(nodes, edges),
    direction,
  };
}

/**
 * Sorted, so that the same graph always looks the same.
 * @param {SizedNode[]} nodes
 * @param {Edge[]} edges
 */
function inOrderOf(nodes, edges) {
  const places = new Map(nodes.map(({ id }, index) => [id, index]));
  const placeOf = (/** @type {string} */ id) => places.get(id) ?? 0;
  const keyed = edges.map(({ from, to }) => ({ edge: { from, to }, key: placeOf(from) * nodes.length + placeOf(to) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ edge }) => edge);
}

/**
 * @param {SizedNode[]} nodes
 * @param {Map<string, Rectangle>} boxes
 */
function inReadingOrder(nodes, boxes) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return [...boxes.keys()].map((id) => /** @type {SizedNode} */ (byId.get(id)));
}

/**
 * What is looked up in a layout; its boxes layer by layer.
 * @param {Layout} layout
 * @param {Direction} direction
 * @returns {Omit<Drawing, "layout" | "nodes">}
 */
function lookupsIn({ nodes, groups, edges, width, height }, direction) {
  const isDown = direction === "TB";
  const middle = (/** @type {Rectangle} */ box) => (isDown ? box.y + box.height / 2 : box.x + box.width / 2);
  const across = (/** @type {Rectangle} */ box) => (isDown ? box.x : box.y);
  const layered = nodes.sort((a, b) => middle(a) - middle(b) || across(a) - across(b));
  return {
    direction,
    boxes: new Map(layered.map(({ id, ...box }) => [id, box])),
    frames: new Map(groups.map((frame) => [frame.id, frame])),
    neighbours: neighboursOf(edges.flatMap(({ ends }) => ends).map(([from, to]) => ({ from, to }))),
    extent: { width, height, first: layered[0] },
  };
}

/**
 * The layout of a request, or the error that there was instead; neither while it is being made.
 * @param {LayoutRequest} request
 * @returns {{ layout?: Layout, error?: string }}
 */
function useLayout(request) {
  const key = useMemo(() => JSON.stringify(request), [request]);
  const [outcome, setOutcome] = useState(/** @type {{ key?: string, layout?: Layout, error?: string }} */ ({}));
  useEffect(() => {
    const cached = cache.get(key);
    if (cached) {
      setOutcome({ key, layout: cached });
      return undefined;
    }
    const done = (/** @type {Layout} */ layout) => {
      addToCache(key, layout);
      setOutcome({ key, layout });
    };
    return layOutInWorker(request, done, (error) => setOutcome({ key, error }));
  }, [key]);
  return outcome.key === key ? outcome : { layout: cache.get(key) };
}

/**
 * Starts a worker for this request, so that the returned function can end it when nobody waits for it any more.
 * @param {LayoutRequest} request
 * @param {(layout: Layout) => void} done
 * @param {(message: string) => void} failed
 */
function layOutInWorker(request, done, failed) {
  const worker = new Worker(new URL("./layout-worker.js", import.meta.url), { type: "module" });
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

/**
 * @param {string} key
 * @param {Layout} layout
 */
function addToCache(key, layout) {
  cache.set(key, layout);
  const [oldest] = cache.keys();
  if (cache.size > MAX_CACHED) cache.delete(oldest);
}
