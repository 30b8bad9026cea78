// Very deep or large graphs are cut between layers into bands: the layout of a whole one would run out of stack.

const MOST_LAYERS = 200;
const MOST_NODES = 1000;

/** The parts of a graph, from its beginning to its end: each with nodes and the edges between them. */
export function bandsOf({ nodes, edges }) {
  const layerOf = layersOf(nodes, edges);
  const layers = [...Map.groupBy(nodes, ({ id }) => layerOf.get(id))].sort(([one], [other]) => one - other);
  const bands = [];
  for (const [, members] of layers) {
    const band = bands.at(-1);
    if (!band || band.layers === MOST_LAYERS || band.nodes.length + members.length > MOST_NODES) {
      bands.push({ layers: 1, nodes: members });
    } else {
      band.layers += 1;
      band.nodes.push(...members);
    }
  }
  return bands.length > 1 ? bands.map((band) => ({ nodes: band.nodes, edges: among(band.nodes, edges) })) : [{ nodes, edges }];
}

function among(nodes, edges) {
  const ids = new Set(nodes.map(({ id }) => id));
  return edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
}

/** For each id the length of the longest way to it; what nothing leads to is next to what it leads to. */
function layersOf(nodes, edges) {
  const layers = new Map(nodes.map(({ id }) => [id, 0]));
  const after = Map.groupBy(edges, ({ from }) => from);
  const waiting = new Map(nodes.map(({ id }) => [id, 0]));
  for (const { to } of edges) waiting.set(to, waiting.get(to) + 1);
  const sources = nodes.map(({ id }) => id).filter((id) => waiting.get(id) === 0);
  const ready = [...sources];
  for (const id of ready) {
    for (const { to } of after.get(id) ?? []) {
      layers.set(to, Math.max(layers.get(to), layers.get(id) + 1));
      waiting.set(to, waiting.get(to) - 1);
      if (waiting.get(to) === 0) ready.push(to);
    }
  }
  for (const id of sources) {
    if (after.has(id)) layers.set(id, Math.min(...after.get(id).map(({ to }) => layers.get(to))) - 1);
  }
  return layers;
}
