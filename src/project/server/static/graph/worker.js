// Lays a graph out in layers, away from the page's own thread.
import dagre from "../vendor/dagre.esm.js";
import { bandsOf } from "./bands.js";
import { edgePath } from "./edge-path.js";
import { framesOf } from "./frames.js";
import { withBlocks } from "./twins.js";

const SPACE = { nodesep: 20, edgesep: 12, ranksep: 34, marginx: 16, marginy: 16 };
const MOST_FOR_BEST_RANKS = 150; // dagre's best ranker takes 20 s for 1,000 nodes, the other one second
const MOST_ATTEMPTS = 8;
const COST = 200; // boxes and edges that may be laid out, in all attempts, for the sake of looks
const COST_OF_FRAMES = 2000; // and for frames that say what is true

onmessage = ({ data }) => postMessage(layOut(data));

/**
 * The best of some layouts: dagre's depends on the order of what it is given, and with groups may go wrong.
 * Boxes have their corner at x, y. One path stands for all edges between two blocks: `ends` names them.
 */
function layOut(request) {
  const plan = withBlocks(request);
  const cost = plan.nodes.length + plan.edges.length;
  let best = null;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    if (best && attempt * cost >= (best.strangers ? COST_OF_FRAMES : COST)) break;
    const found = layOutOnce(plan, request.direction, attempt);
    if (!best || found.badness < best.badness) best = found;
  }
  return answer(request, plan, best);
}

function layOutOnce(plan, direction, attempt) {
  const graphs = bandsOf(plan).map((band) => asDagre({ ...band, groups: around(band.nodes, plan.groups) }, direction, attempt));
  for (const graph of graphs) dagre.layout(graph);
  const picture = stacked(graphs, direction);
  const boxes = plan.nodes.map((node) => ({ ...node, ...picture.boxes.get(node.id) }));
  const groups = plan.groups.map((group) => ({ ...group, ...picture.boxes.get(group.id) }));
  const { frames, strangers } = framesOf(groups, boxes);
  return { ...picture, frames, strangers, badness: strangers * 1e6 + detours(picture.points.values(), direction) };
}

function asDagre({ nodes, edges, groups }, direction, attempt) {
  const graph = new dagre.graphlib.Graph({ compound: groups.length > 0 });
  const ranker = nodes.length > MOST_FOR_BEST_RANKS ? "tight-tree" : "network-simplex";
  graph.setGraph({ ...SPACE, rankdir: direction, ranker });
  for (const { id } of groups) graph.setNode(id, {});
  for (const { id, width, height } of shuffled(nodes, attempt)) graph.setNode(id, { width, height });
  for (const { id, group } of [...groups, ...nodes]) if (group) graph.setParent(id, group);
  for (const { from, to } of shuffled(edges, attempt)) graph.setEdge(from, to, {});
  return graph;
}

/** The groups, outer ones first, that have some of the nodes. */
function around(nodes, groups) {
  const used = new Set(nodes.map(({ group }) => group));
  for (const { id, group } of [...groups].reverse()) if (used.has(id)) used.add(group);
  return groups.filter(({ id }) => used.has(id));
}

/** The layouts of bands one after the other, their middles in line: boxes by id, points by "from to". */
function stacked(graphs, direction) {
  const isDown = direction === "TB";
  const sizes = graphs.map((graph) => graph.graph());
  const most = { width: Math.max(...sizes.map(({ width }) => width)), height: Math.max(...sizes.map(({ height }) => height)) };
  const picture = { boxes: new Map(), points: new Map(), width: isDown ? most.width : 0, height: isDown ? 0 : most.height };
  graphs.forEach((graph, index) => {
    const { width, height } = sizes[index];
    const dx = isDown ? (most.width - width) / 2 : picture.width;
    const dy = isDown ? picture.height : (most.height - height) / 2;
    const moved = (place) => ({ ...place, x: place.x + dx, y: place.y + dy });
    for (const id of graph.nodes()) picture.boxes.set(id, cornered(moved(graph.node(id))));
    for (const edge of graph.edges()) picture.points.set(`${edge.v} ${edge.w}`, graph.edge(edge).points.map(moved));
    if (isDown) picture.height += height;
    else picture.width += width;
  });
  return picture;
}

/** The list itself the first time, and then always the same other orders. */
function shuffled(list, attempt) {
  if (attempt === 0) return list;
  const keyed = list.map((value, index) => ({ value, key: ((index + 1) * 7919 * (attempt + 1)) % 1009 }));
  return keyed.sort((one, other) => one.key - other.key).map(({ value }) => value);
}

/** How far the edges go astray, in all. */
function detours(lines, direction) {
  const side = direction === "TB" ? "x" : "y";
  const of = (points) => points.slice(1).reduce((sum, point, index) => sum + Math.abs(point[side] - points[index][side]), 0);
  return [...lines].reduce((sum, points) => sum + of(points), 0);
}

function cornered({ x, y, width, height }) {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function answer({ edges, direction }, plan, { boxes, points, frames, width, height }) {
  const pathOf = (from, to) => edgePath(points.get(`${from} ${to}`) ?? [], boxes.get(from), boxes.get(to), direction);
  const blocks = plan.nodes.filter(({ twins }) => twins).map(({ id }) => ({ id, ...boxes.get(id) }));
  return { width, height, nodes: placesOf(plan.nodes, boxes), blocks, groups: frames, edges: edgesOf(edges, plan, pathOf) };
}

function placesOf(nodes, boxes) {
  return nodes.flatMap(({ id, twins }) => {
    const box = boxes.get(id);
    if (!twins) return [{ id, ...box }];
    return twins.map((twin) => ({ ...twin, x: box.x + twin.x, y: box.y + twin.y }));
  });
}

function edgesOf(edges, { idOf }, pathOf) {
  const found = new Map();
  for (const { from, to } of edges) {
    const [start, end] = [idOf(from), idOf(to)];
    const key = `${start} ${end}`;
    if (!found.has(key)) found.set(key, { key, ends: [], d: pathOf(start, end) });
    found.get(key).ends.push([from, to]);
  }
  return [...found.values()];
}
