// Which nodes of a graph stand out, by what users look for.
import { neighboursOf, reachable } from "../shared/directed-graph.js";
import { stateFamily } from "../shared/states.js";

/**
 * `text`, `tag` and `family` are empty where they do not matter.
 * @typedef {{ text: string, tag: string, family: string, isFailure: boolean, isCritical: boolean }} GraphFocus
 */

/** @type {GraphFocus} */
export const NO_FOCUS = { text: "", tag: "", family: "", isFailure: false, isCritical: false };

/**
 * The ids of the nodes that stand out; null if all are alike. `critical`: those on the critical path.
 * @param {GraphData} graph
 * @param {GraphFocus} focus
 * @param {Set<string>} critical
 */
export function emphasised({ nodes, edges }, focus, critical) {
  const { text, tag, family, isFailure, isCritical } = focus;
  if (!text && !tag && !family && !isFailure && !isCritical) return null;
  const followed = isFailure ? consequencesIn({ nodes, edges }) : null;
  const words = text.toLowerCase();
  return new Set(
    nodes
      .filter(
        (node) =>
          node.name.toLowerCase().includes(words) &&
          (!tag || node.tags?.includes(tag)) &&
          (!family || (node.state !== null && stateFamily(node.state) === family)) &&
          !followed?.has(node.id) &&
          (!isCritical || critical.has(node.id)),
      )
      .map(({ id }) => id),
  );
}

/**
 * The ids of the nodes that failed themselves.
 * @param {GraphNode[]} nodes
 */
export function culpritsIn(nodes) {
  return nodes.filter(({ state }) => state !== null && stateFamily(state) === "failed").map(({ id }) => id);
}

/**
 * What followed from failures: everything downstream of them, and what did not start.
 * @param {GraphData} graph
 */
function consequencesIn({ nodes, edges }) {
  const culprits = culpritsIn(nodes);
  const followed = reachable(culprits, neighboursOf(edges).after);
  for (const { id, state } of nodes) if (state !== null && stateFamily(state) === "not-started") followed.add(id);
  for (const id of culprits) followed.delete(id);
  return followed;
}
