// Rows that would be too wide: nodes with the same neighbours are laid out as one block, in several lines.

const FEWEST = 9;
const GAP = 12;
const WIDE = 2.5;

/**
 * The graph with a block in place of each set of twins: nodes of one group that have the same neighbours.
 * A block has `twins`: the id of each and its place in the block.
 */
export function withBlocks({ nodes, edges, groups }) {
  const blocks = blocksOf(nodes, edges);
  const block = new Map(blocks.flatMap((one) => one.twins.map(({ id }) => [id, one])));
  const others = nodes.filter(({ id }) => !block.has(id));
  const idOf = (id) => block.get(id)?.id ?? id;
  return { nodes: [...others, ...blocks], edges: joined(edges, idOf), groups, idOf };
}

function blocksOf(nodes, edges) {
  const neighbours = neighboursOf(nodes, edges);
  const kind = ({ id, group, height }) => JSON.stringify([group, height, ...neighbours.get(id)]);
  const families = [...Map.groupBy(nodes, kind).values()];
  return families.filter((twins) => twins.length >= FEWEST).map(asBlock);
}

function neighboursOf(nodes, edges) {
  const found = new Map(nodes.map(({ id }) => [id, [[], []]]));
  for (const { from, to } of edges) {
    found.get(from)[1].push(to);
    found.get(to)[0].push(from);
  }
  for (const lists of found.values()) for (const list of lists) list.sort();
  return found;
}

function asBlock(twins) {
  const width = Math.max(...twins.map((twin) => twin.width)) + GAP;
  const height = twins[0].height + GAP;
  const columns = Math.ceil(Math.sqrt((twins.length * height * WIDE) / width));
  const lines = Math.ceil(twins.length / columns);
  return {
    id: `block:${twins[0].id}`,
    group: twins[0].group,
    width: columns * width + GAP,
    height: lines * height + GAP,
    twins: twins.map((twin, index) => ({
      id: twin.id,
      x: GAP + width * (index % columns),
      y: GAP + height * Math.floor(index / columns),
      width: width - GAP,
      height: twin.height,
    })),
  };
}

function joined(edges, idOf) {
  const found = new Map();
  for (const { from, to } of edges) {
    const edge = { from: idOf(from), to: idOf(to) };
    found.set(`${edge.from} ${edge.to}`, edge);
  }
  return [...found.values()];
}
