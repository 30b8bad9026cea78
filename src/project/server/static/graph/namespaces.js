// Namespaces and run groups: which nodes belong to which, and what is drawn when some are folded into one box each.
import { mostSevere, stateFamily, tally } from "../shared/states.js";

/** @typedef {Map<string, { members: string[], outer: string | null }>} Namespaces The ids of the nodes of each, outer ones first. */
/** @typedef {{ id: string, group: string | null }} Place Of which box a node is part, and in which open namespace. */

/** A graph or a grid with more nodes begins with its namespaces folded. */
export const MAX_UNFOLDED = 150;
const NAMESPACED = /^([\p{L}\p{N}_.-]+)\.[^.(\s]+(?:$|\()/u;
const NAMESPACE_PREFIX = "namespace:";

/**
 * "delay_model" of "delay_model.train([x]) -> [y]"; null of a name without namespace.
 * @param {string} name
 */
export function namespaceOf(name) {
  return NAMESPACED.exec(name)?.[1] ?? null;
}

/**
 * Every namespace that holds two nodes or more.
 * @param {GraphNode[]} nodes
 * @returns {Namespaces}
 */
export function namespacesOf(nodes) {
  const places = nodes.flatMap((node) =>
    levelsOf(node).map((name, depth, levels) => ({ name, depth, outer: levels[depth - 1] ?? null, id: node.id })),
  );
  const groups = [...Map.groupBy(places, ({ name }) => name).values()].filter((members) => members.length > 1);
  groups.sort(([a], [b]) => a.depth - b.depth);
  return new Map(
    groups.map((members) => [members[0].name, { members: members.map(({ id }) => id), outer: members[0].outer }]),
  );
}

/** @param {string} namespace */
export function namespaceId(namespace) {
  return NAMESPACE_PREFIX + namespace;
}

/** @param {string} id */
export function namespaceName(id) {
  return id.slice(NAMESPACE_PREFIX.length);
}

/**
 * What to draw of a graph: its nodes and datasets outside of folded namespaces, one box for each folded namespace
 * that no other folded one holds, and the others as groups. Nodes keep their order.
 * @param {GraphData} graph
 * @param {Set<string>} folded
 * @param {Namespaces} namespaces
 * @returns {Scene}
 */
export function fold({ nodes, edges }, folded, namespaces = namespacesOf(nodes.filter(isNode))) {
  const places = new Map(nodes.map((node) => [node.id, placeOf(node, folded, namespaces)]));
  const hidden = innerDatasets(nodes, edges, places);
  /** @type {Map<string, SceneNode>} */
  const boxes = new Map();
  for (const node of nodes) {
    if (!hidden.has(node.id)) addToBox(boxes, node, placeIn(places, node.id));
  }
  for (const box of boxes.values()) if (box.members) Object.assign(box, summaryOf(box.members));
  return {
    nodes: [...boxes.values()],
    edges: edgesBetween(edges, places, hidden),
    groups: groupsOf(boxes, namespaces),
  };
}

/** @param {GraphNode} node */
function isNode(node) {
  return node.kind !== "dataset";
}

/**
 * The frames around a node, outer ones first: its own, or "a", "a.b" and "a.b.c" if its namespace is "a.b.c".
 * @param {GraphNode} node
 */
function levelsOf({ name, frames }) {
  const parts = namespaceOf(name)?.split(".") ?? [];
  return frames ?? parts.map((_, index) => parts.slice(0, index + 1).join("."));
}

/**
 * @param {GraphNode} node
 * @param {Set<string>} folded
 * @param {Namespaces} namespaces
 * @returns {Place}
 */
function placeOf(node, folded, namespaces) {
  const around = levelsOf(node).filter((namespace) => namespaces.has(namespace));
  const outerFolded = around.findIndex((namespace) => folded.has(namespace));
  const open = outerFolded < 0 ? around : around.slice(0, outerFolded);
  const isFolded = outerFolded >= 0 && isNode(node);
  return { id: isFolded ? namespaceId(around[outerFolded]) : node.id, group: open.at(-1) ?? null };
}

/**
 * @param {Map<string, Place>} places
 * @param {string} id
 */
function placeIn(places, id) {
  return /** @type {Place} */ (places.get(id));
}

/**
 * The datasets that are written and read within one folded namespace alone.
 * @param {GraphNode[]} nodes
 * @param {Edge[]} edges
 * @param {Map<string, Place>} places
 */
function innerDatasets(nodes, edges, places) {
  const writers = Map.groupBy(edges, ({ to }) => to);
  const readers = Map.groupBy(edges, ({ from }) => from);
  const isInner = (/** @type {GraphNode} */ { id }) => {
    const from = (writers.get(id) ?? []).map((edge) => placeIn(places, edge.from).id);
    const to = (readers.get(id) ?? []).map((edge) => placeIn(places, edge.to).id);
    const [box, ...others] = new Set([...from, ...to]);
    return from.length > 0 && to.length > 0 && others.length === 0 && box.startsWith(NAMESPACE_PREFIX);
  };
  return new Set(nodes.filter((node) => !isNode(node) && isInner(node)).map(({ id }) => id));
}

/**
 * @param {Map<string, SceneNode>} boxes
 * @param {GraphNode} node
 * @param {Place} place
 */
function addToBox(boxes, node, { id, group }) {
  const box = boxes.get(id);
  if (id === node.id) boxes.set(id, { kind: "node", ...node, group });
  else if (box) box.members?.push(node);
  else {
    boxes.set(id, { kind: "namespace", id, name: namespaceName(id), state: null, group, members: [node] });
  }
}

/** @param {GraphNode[]} members */
function summaryOf(members) {
  const states = members.map(({ state }) => state);
  return { state: mostSevere(states), tally: [...tally(states.map((state) => (state ? stateFamily(state) : "none")))] };
}

/**
 * @param {Edge[]} edges
 * @param {Map<string, Place>} places
 * @param {Set<string>} hidden
 */
function edgesBetween(edges, places, hidden) {
  /** @type {Map<string, Edge>} */
  const between = new Map();
  for (const { from, to } of edges) {
    if (hidden.has(from) || hidden.has(to)) continue;
    const [start, end] = [placeIn(places, from).id, placeIn(places, to).id];
    if (start !== end) between.set(`${start} ${end}`, { from: start, to: end });
  }
  return [...between.values()];
}

/**
 * @param {Map<string, SceneNode>} boxes
 * @param {Namespaces} namespaces
 * @returns {SceneGroup[]}
 */
function groupsOf(boxes, namespaces) {
  /** @type {Set<string>} */
  const open = new Set();
  for (const box of boxes.values()) {
    for (let name = box.group; name !== null; name = namespaces.get(name)?.outer ?? null) open.add(name);
  }
  return [...namespaces]
    .filter(([name]) => open.has(name))
    .map(([name, { outer }]) => ({ id: namespaceId(name), name, parent: outer }));
}
