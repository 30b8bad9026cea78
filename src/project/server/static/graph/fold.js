// Namespaces: which node belongs to which, and what is drawn when some of them are folded into one node each.
import { family } from "../states.js";

const NAMESPACED = /^([\p{L}\p{N}_.-]+)\.[^.(\s]+(?:$|\()/u;
const WORST_FIRST = ["failed", "cancelled", "retrying", "running", "scheduled", "pending", "skipped", "success"];

/** "delay_model" of "delay_model.train([x]) -> [y]"; null of a name without namespace. */
export function namespaceOf(name) {
  return NAMESPACED.exec(name)?.[1] ?? null;
}

/** Every namespace that holds two nodes or more, outer ones first, with the ids of its nodes. */
export function namespacesOf(nodes) {
  const pairs = nodes.flatMap(({ id, name }) => levels(namespaceOf(name)).map((namespace) => ({ namespace, id })));
  const members = [...Map.groupBy(pairs, ({ namespace }) => namespace)].filter(([, found]) => found.length > 1);
  return new Map(
    members
      .map(([namespace, found]) => [namespace, found.map(({ id }) => id)])
      .sort(([a], [b]) => levels(a).length - levels(b).length),
  );
}

export function namespaceId(namespace) {
  return `namespace:${namespace}`;
}

/**
 * What to draw of a graph: its nodes and datasets outside of folded namespaces, one node for each folded namespace
 * that no other folded one holds, and as groups the others. Nodes keep their order.
 */
export function fold({ nodes, edges }, folded, namespaces = namespacesOf(nodes.filter(isNode))) {
  const place = places(nodes, folded, namespaces);
  const hidden = inside(nodes, edges, place);
  const drawn = new Map();
  for (const node of nodes) {
    if (!hidden.has(node.id)) draw(drawn, node, place.get(node.id));
  }
  for (const box of drawn.values()) if (box.kind === "namespace") Object.assign(box, summary(box.members));
  return { nodes: [...drawn.values()], edges: between(edges, place, hidden), groups: groupsOf(drawn, namespaces) };
}

/** The state to show for many: the one that most wants to be seen. */
function worst(states) {
  const rank = (state) => (state ? WORST_FIRST.indexOf(family(state)) : WORST_FIRST.length);
  return states.reduce((found, state) => (rank(state) < rank(found) ? state : found), null);
}

function isNode(node) {
  return node.kind !== "dataset";
}

function levels(namespace) {
  const parts = namespace?.split(".") ?? [];
  return parts.map((_, index) => parts.slice(0, index + 1).join("."));
}

function places(nodes, folded, namespaces) {
  return new Map(nodes.map((node) => [node.id, placeOf(node, folded, namespaces)]));
}

/** Where a node is drawn: `id` is its own or its folded namespace's, `group` the open namespace around that. */
function placeOf(node, folded, namespaces) {
  const around = levels(namespaceOf(node.name)).filter((namespace) => namespaces.has(namespace));
  const outer = around.findIndex((namespace) => folded.has(namespace));
  const open = outer < 0 ? around : around.slice(0, outer);
  const isFolded = outer >= 0 && isNode(node);
  return { id: isFolded ? namespaceId(around[outer]) : node.id, group: open.at(-1) ?? null };
}

/** The datasets that nobody outside of one folded namespace writes or reads. */
function inside(nodes, edges, place) {
  const ends = new Map(nodes.filter((node) => !isNode(node)).map(({ id }) => [id, { from: [], to: [] }]));
  for (const { from, to } of edges) {
    ends.get(to)?.from.push(place.get(from).id);
    ends.get(from)?.to.push(place.get(to).id);
  }
  return new Set([...ends].filter(([, { from, to }]) => isWithin(from, to)).map(([id]) => id));
}

function isWithin(from, to) {
  const around = new Set([...from, ...to]);
  return from.length > 0 && to.length > 0 && around.size === 1 && [...around][0].startsWith(namespaceId(""));
}

function draw(drawn, node, { id, group }) {
  if (id === node.id) return drawn.set(id, { kind: "node", ...node, group });
  if (!drawn.has(id)) drawn.set(id, { kind: "namespace", id, name: id.slice(namespaceId("").length), group, members: [] });
  return drawn.get(id).members.push(node);
}

function summary(members) {
  const tally = new Map();
  for (const { state } of members) {
    const name = state ? family(state) : "none";
    tally.set(name, (tally.get(name) ?? 0) + 1);
  }
  return { state: worst(members.map(({ state }) => state)), tally: [...tally] };
}

function between(edges, place, hidden) {
  const found = new Map();
  for (const { from, to } of edges) {
    if (hidden.has(from) || hidden.has(to)) continue;
    const [start, end] = [place.get(from).id, place.get(to).id];
    if (start !== end) found.set(`${start} ${end}`, { from: start, to: end });
  }
  return [...found.values()];
}

function groupsOf(drawn, namespaces) {
  const open = new Set([...drawn.values()].flatMap(({ group }) => levels(group)));
  return [...namespaces.keys()].filter((name) => open.has(name)).map((name) => ({
    id: namespaceId(name),
    name,
    parent: levels(name).slice(0, -1).filter((outer) => namespaces.has(outer)).at(-1) ?? null,
  }));
}
