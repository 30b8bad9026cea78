// Lays a graph out in layers, away from the page's own thread.
import dagre from "../vendor/dagre.esm.js";
import { edgePath } from "./edge-path.js";
import { withBlocks } from "./twins.js";

const MOST_FOR_BEST_RANKS = 150; // dagre's best ranker takes 20 s for 1,000 nodes, the other one second
const SPACE = { nodesep: 20, edgesep: 12, ranksep: 34, marginx: 16, marginy: 16 };

onmessage = ({ data }) => postMessage(layOut(data));

/** Boxes have their corner at x, y. One path stands for all edges between two blocks: `ends` names them. */
function layOut(request) {
  const plan = withBlocks(request);
  const graph = asDagre(plan, request.direction);
  dagre.layout(graph);
  const { width, height } = graph.graph();
  const boxOf = (id) => cornered(graph.node(id));
  const blocks = plan.nodes.filter(({ twins }) => twins).map(({ id }) => ({ id, ...boxOf(id) }));
  const groups = plan.groups.map((group) => ({ ...group, ...boxOf(group.id) }));
  const pathOf = (from, to) =>
    edgePath(graph.edge(from, to).points, boxOf(from), boxOf(to), request.direction);
  return { width, height, nodes: placesOf(plan.nodes, boxOf), blocks, groups, edges: edgesOf(request.edges, plan, pathOf) };
}

function cornered({ x, y, width, height }) {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function asDagre({ nodes, edges, groups }, direction) {
  const graph = new dagre.graphlib.Graph({ compound: groups.length > 0 });
  const ranker = nodes.length > MOST_FOR_BEST_RANKS ? "tight-tree" : "network-simplex";
  graph.setGraph({ ...SPACE, rankdir: direction, ranker });
  for (const { id } of groups) graph.setNode(id, {});
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const { id, group } of [...groups, ...nodes]) if (group) graph.setParent(id, group);
  for (const { from, to } of edges) graph.setEdge(from, to, {});
  return graph;
}

function placesOf(nodes, boxOf) {
  return nodes.flatMap(({ id, twins }) => {
    const box = boxOf(id);
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
