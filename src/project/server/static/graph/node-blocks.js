// Rows that would be too wide: nodes with the same neighbours are laid out as one block, in several lines.
import { neighboursOf } from "../shared/directed-graph.js";

const MIN_MEMBERS = 9;
const GAP = 12;
const WIDTH_TO_HEIGHT = 2.5;

/**
 * The graph with a block in place of nodes of one group that have the same neighbours. `nodes` are the `singles`, which
 * are in no block, and the `blocks`; `idOf` gives the id of a node's block, or its own.
 * @param {{ nodes: LayoutNode[], edges: Edge[], groups: LayoutGroup[] }} graph
 */
export function withBlocks({ nodes, edges, groups }) {
  const blocks = blocksOf(nodes, edges);
  const blockOf = new Map(blocks.flatMap((block) => block.members.map(({ id }) => [id, block.id])));
  const singles = nodes.filter(({ id }) => !blockOf.has(id));
  const idOf = (/** @type {string} */ id) => blockOf.get(id) ?? id;
  return { nodes: [...singles, ...blocks], singles, blocks, edges: joined(edges, idOf), groups, idOf };
}

/**
 * @param {LayoutNode[]} nodes
 * @param {Edge[]} edges
 */
function blocksOf(nodes, edges) {
  const { before, after } = neighboursOf(edges);
  const keyOf = (/** @type {LayoutNode} */ { id, group, height }) =>
    JSON.stringify([group, height, before.get(id)?.toSorted(), after.get(id)?.toSorted()]);
  const alike = [...Map.groupBy(nodes, keyOf).values()];
  return alike.filter((members) => members.length >= MIN_MEMBERS).map(asBlock);
}

/**
 * @param {LayoutNode[]} members
 * @returns {NodeBlock}
 */
function asBlock(members) {
  const width = Math.max(...members.map((member) => member.width)) + GAP;
  const height = members[0].height + GAP;
  const columns = Math.ceil(Math.sqrt((members.length * height * WIDTH_TO_HEIGHT) / width));
  const lines = Math.ceil(members.length / columns);
  return {
    id: `block:${members[0].id}`,
    group: members[0].group,
    width: columns * width + GAP,
    height: lines * height + GAP,
    members: members.map((member, index) => ({
      id: member.id,
      x: GAP + width * (index % columns),
      y: GAP + height * Math.floor(index / columns),
      width: width - GAP,
      height: member.height,
    })),
  };
}

/**
 * @param {Edge[]} edges
 * @param {(id: string) => string} idOf
 */
function joined(edges, idOf) {
  /** @type {Map<string, Edge>} */
  const byEnds = new Map();
  for (const { from, to } of edges) {
    const edge = { from: idOf(from), to: idOf(to) };
    byEnds.set(`${edge.from} ${edge.to}`, edge);
  }
  return [...byEnds.values()];
}
