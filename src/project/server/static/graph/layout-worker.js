// Lays a graph out in layers, away from the page's own thread.
import dagre from "../vendor/dagre.esm.js";
import { bandsOf } from "./bands.js";
import { edgePath } from "./edge-path.js";
import { framesOf } from "./namespace-frames.js";
import { withBlocks } from "./node-blocks.js";

const SPACING = { nodesep: 20, edgesep: 12, ranksep: 34, marginx: 16, marginy: 16 };
const MAX_NODES_FOR_BEST_RANKS = 150; // dagre's best ranker takes 20 s for 1,000 nodes, the other one second
const MAX_ATTEMPTS = 8;
const MAX_COST = 200; // boxes and edges to lay out, in all attempts, for a better look
const MAX_COST_FOR_FRAMES = 2000; // and for frames that hold their own boxes alone

/** @typedef {ReturnType<typeof withBlocks>} Plan */
/** @typedef {Rectangle & { id: string }} PlacedBox */
/**
 * @typedef {Size & { boxes: Map<string, Rectangle>, points: Map<string, Point[]> }} Picture
 * Boxes by id, points of edges by "from to".
 */

self.onmessage = ({ data }) => self.postMessage(layOut(data));

/**
 * The best of some layouts: dagre's depends on the order of nodes and edges, and may put other boxes into a group.
 * Boxes have their corner at x, y.
 * @param {LayoutRequest} request
 */
function layOut(request) {
  const plan = withBlocks(request);
  const cost = plan.nodes.length + plan.edges.length;
  let best = layOutOnce(plan, request.direction, 0);
  for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (attempt * cost >= (best.strangers ? MAX_COST_FOR_FRAMES : MAX_COST)) break;
    const other = layOutOnce(plan, request.direction, attempt);
    if (other.badness < best.badness) best = other;
  }
  return layoutOf(request, plan, best);
}

/**
 * @param {Plan} plan
 * @param {Direction} direction
 * @param {number} attempt
 */
function layOutOnce(plan, direction, attempt) {
  const graphs = bandsOf(plan).map((band) => {
    const graph = dagreGraph({ ...band, groups: groupsAround(band.nodes, plan.groups) }, direction, attempt);
    dagre.layout(graph);
    return graph;
  });
  const picture = stacked(graphs, direction);
  const boxes = plan.nodes.map((node) => ({ ...node, ...boxIn(picture, node.id) }));
  const groups = plan.groups.map((group) => ({ ...group, ...boxIn(picture, group.id) }));
  const { frames, strangers } = framesOf(groups, boxes);
  return { ...picture, frames, strangers, badness: strangers * 1e6 + totalDetour(picture.points.values(), direction) };
}

/**
 * @param {Picture} picture
 * @param {string} id
 */
function boxIn(picture, id) {
  return /** @type {Rectangle} */ (picture.boxes.get(id));
}

/**
 * @param {Pick<Plan, "nodes" | "edges" | "groups">} part
 * @param {Direction} direction
 * @param {number} attempt
 */
function dagreGraph({ nodes, edges, groups }, direction, attempt) {
  const graph = new dagre.graphlib.Graph({ compound: groups.length > 0 });
  const ranker = nodes.length > MAX_NODES_FOR_BEST_RANKS ? "tight-tree" : "network-simplex";
  graph.setGraph({ ...SPACING, rankdir: direction, ranker });
  for (const { id } of groups) graph.setNode(id, {});
  for (const { id, width, height } of shuffled(nodes, attempt)) graph.setNode(id, { width, height });
  for (const { id, group } of [...groups, ...nodes]) if (group) graph.setParent(id, group);
  for (const { from, to } of shuffled(edges, attempt)) graph.setEdge(from, to, {});
  return graph;
}

/**
 * The groups, outer ones first, that have some of the nodes.
 * @param {LayoutNode[]} nodes
 * @param {LayoutGroup[]} groups
 */
function groupsAround(nodes, groups) {
  const used = new Set(nodes.map(({ group }) => group));
  for (const { id, group } of [...groups].reverse()) if (used.has(id)) used.add(group);
  return groups.filter(({ id }) => used.has(id));
}

/**
 * The layouts of bands one after the other, their middles in line.
 * @param {ReturnType<typeof dagreGraph>[]} graphs
 * @param {Direction} direction
 */
function stacked(graphs, direction) {
  const isDown = direction === "TB";
  const sizes = graphs.map((graph) => /** @type {Size} */ (graph.graph()));
  const largest = {
    width: Math.max(...sizes.map(({ width }) => width)),
    height: Math.max(...sizes.map(({ height }) => height)),
  };
  /** @type {Picture} */
  const picture = {
    boxes: new Map(),
    points: new Map(),
    width: isDown ? largest.width : 0,
    height: isDown ? 0 : largest.height,
  };
  graphs.forEach((graph, index) => {
    const { width, height } = sizes[index];
    const dx = isDown ? (largest.width - width) / 2 : picture.width;
    const dy = isDown ? picture.height : (largest.height - height) / 2;
    const moved = (/** @type {Point} */ { x, y }) => ({ x: x + dx, y: y + dy });
    for (const id of graph.nodes()) {
      const node = /** @type {Rectangle} */ (graph.node(id)); // dagre's x and y are the middle of a box
      const { x, y } = moved({ x: node.x - node.width / 2, y: node.y - node.height / 2 });
      picture.boxes.set(id, { x, y, width: node.width, height: node.height });
    }
    for (const edge of graph.edges()) {
      const { points } = /** @type {{ points: Point[] }} */ (graph.edge(edge));
      picture.points.set(`${edge.v} ${edge.w}`, points.map(moved));
    }
    if (isDown) picture.height += height;
    else picture.width += width;
  });
  return picture;
}

/**
 * The list itself at the first attempt, and then other orders, always the same.
 * @template T
 * @param {T[]} list
 * @param {number} attempt
 */
function shuffled(list, attempt) {
  if (attempt === 0) return list;
  const keyed = list.map((value, index) => ({ value, key: ((index + 1) * 7919 * (attempt + 1)) % 1009 }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
}

/**
 * How far all edges go to the side.
 * @param {Iterable<Point[]>} lines
 * @param {Direction} direction
 */
function totalDetour(lines, direction) {
  const side = direction === "TB" ? "x" : "y";
  const detour = (/** @type {Point[]} */ points) =>
    points.slice(1).reduce((sum, point, index) => sum + Math.abs(point[side] - points[index][side]), 0);
  return [...lines].reduce((sum, points) => sum + detour(points), 0);
}

/**
 * @param {LayoutRequest} request
 * @param {Plan} plan
 * @param {ReturnType<typeof layOutOnce>} picture
 * @returns {Layout}
 */
function layoutOf({ edges, direction }, plan, picture) {
  const { points, frames, width, height } = picture;
  /** @type {(from: string, to: string) => string} */
  const pathOf = (from, to) =>
    edgePath(points.get(`${from} ${to}`) ?? [], boxIn(picture, from), boxIn(picture, to), direction);
  const blocks = plan.blocks.map(({ id }) => ({ id, ...boxIn(picture, id) }));
  return {
    width,
    height,
    nodes: placedNodes(plan, picture),
    blocks,
    groups: frames,
    edges: drawnEdges(edges, plan, pathOf),
  };
}

/**
 * @param {Plan} plan
 * @param {Picture} picture
 * @returns {PlacedBox[]}
 */
function placedNodes({ singles, blocks }, picture) {
  const inBlocks = blocks.flatMap(({ id, members }) => {
    const { x, y } = boxIn(picture, id);
    return members.map((member) => ({ ...member, x: x + member.x, y: y + member.y }));
  });
  return [...singles.map(({ id }) => ({ id, ...boxIn(picture, id) })), ...inBlocks];
}

/**
 * One path stands for all edges between two blocks.
 * @param {Edge[]} edges
 * @param {Plan} plan
 * @param {(from: string, to: string) => string} pathOf
 */
function drawnEdges(edges, { idOf }, pathOf) {
  /** @type {Map<string, DrawnEdge>} */
  const drawn = new Map();
  for (const { from, to } of edges) {
    const [start, end] = [idOf(from), idOf(to)];
    const key = `${start} ${end}`;
    const edge = drawn.get(key) ?? { key, ends: [], d: pathOf(start, end) };
    edge.ends.push([from, to]);
    drawn.set(key, edge);
  }
  return [...drawn.values()];
}
