// Very deep or large graphs are cut between layers into bands: dagre would run out of stack with a whole one.
import { edgesAmong, neighboursOf, ranksOf } from "../shared/directed-graph.js";

const MAX_LAYERS = 200;
const MAX_NODES = 1000;

/**
 * The parts of a graph, from its beginning to its end: each with nodes and the edges between them.
 * @template {{ id: string }} T
 * @param {{ nodes: T[], edges: Edge[] }} graph
 */
export function bandsOf({ nodes, edges }) {
  const layers = layersOf(
    nodes.map(({ id }) => id),
    edges,
  );
  const byLayer = [...Map.groupBy(nodes, ({ id }) => layers.get(id) ?? 0)].sort(([a], [b]) => a - b);
  /** @type {{ layers: number, nodes: T[] }[]} */
  const bands = [];
  for (const [, members] of byLayer) {
    const band = bands.at(-1);
    if (!band || band.layers === MAX_LAYERS || band.nodes.length + members.length > MAX_NODES) {
      bands.push({ layers: 1, nodes: members });
    } else {
      band.layers += 1;
      band.nodes.push(...members);
    }
  }
  if (bands.length < 2) return [{ nodes, edges }];
  return bands.map((band) => ({ nodes: band.nodes, edges: edgesAmong(band.nodes, edges) }));
}

/**
 * The rank of each node; what nothing leads to is moved next to what it leads to, to be in the same band.
 * @param {string[]} ids
 * @param {Edge[]} edges
 */
function layersOf(ids, edges) {
  const { before, after } = neighboursOf(edges);
  const layers = ranksOf(ids, edges);
  for (const id of ids) {
    const next = after.get(id);
    if (next && !before.has(id)) layers.set(id, Math.min(...next.map((other) => layers.get(other) ?? 0)) - 1);
  }
  return layers;
}
