// Questions about nodes and the edges between them.

/**
 * The ids upstream and downstream of each node.
 * @param {Edge[]} edges
 * @returns {Neighbours}
 */
export function neighboursOf(edges) {
  const idsBy = (/** @type {"from" | "to"} */ key, /** @type {"from" | "to"} */ value) =>
    new Map([...Map.groupBy(edges, (edge) => edge[key])].map(([id, group]) => [id, group.map((edge) => edge[value])]));
  return { before: idsBy("to", "from"), after: idsBy("from", "to") };
}

/**
 * The ids themselves, and everything that can be reached from them.
 * @param {Iterable<string>} ids
 * @param {Map<string, string[]>} neighbours
 */
export function reachable(ids, neighbours) {
  const reached = new Set(ids); // a set can be extended while one loops over it
  for (const id of reached) for (const neighbour of neighbours.get(id) ?? []) reached.add(neighbour);
  return reached;
}

/**
 * The edges both ends of which are among the nodes.
 * @template {Edge} T
 * @param {{ id: string }[]} nodes
 * @param {T[]} edges
 */
export function edgesAmong(nodes, edges) {
  const ids = new Set(nodes.map(({ id }) => id));
  return edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
}

/**
 * The length of the longest path that leads to each node; 0 for nodes on a cycle.
 * @param {Iterable<string>} ids
 * @param {Edge[]} edges
 */
export function ranksOf(ids, edges) {
  const { before, after } = neighboursOf(edges);
  const ranks = new Map([...ids].map((id) => [id, 0]));
  const waiting = new Map([...ranks.keys()].map((id) => [id, before.get(id)?.length ?? 0]));
  const ready = [...ranks.keys()].filter((id) => waiting.get(id) === 0);
  for (const id of ready) {
    for (const next of after.get(id) ?? []) {
      ranks.set(next, Math.max(ranks.get(next) ?? 0, (ranks.get(id) ?? 0) + 1));
      waiting.set(next, (waiting.get(next) ?? 0) - 1);
      if (waiting.get(next) === 0) ready.push(next);
    }
  }
  return ranks;
}
