// The chain of tasks that a run waited for: each began when the one before it had ended.
import { neighboursOf } from "../shared/directed-graph.js";

/**
 * The ids of the tasks on the path, from the task that ended last back to one that waited for nothing.
 * @param {{ task_id: string, map_index: number, attempts: Attempt[] }[]} taskRuns
 * @param {Edge[]} edges
 */
export function criticalPath(taskRuns, edges) {
  const { before } = neighboursOf(edges);
  const ends = new Map(
    taskRuns.flatMap(({ task_id: id, map_index: index, attempts }) =>
      index < 0 && attempts.length ? [[id, endOf(attempts)]] : [],
    ),
  );
  const latest = (/** @type {Iterable<string>} */ ids) =>
    [...ids]
      .filter((id) => ends.has(id))
      .reduce(
        (last, id) =>
          last === null || /** @type {number} */ (ends.get(id)) > /** @type {number} */ (ends.get(last)) ? id : last,
        /** @type {string | null} */ (null),
      );
  /** @type {Set<string>} */
  const path = new Set();
  for (let id = latest(ends.keys()); id !== null && !path.has(id); id = latest(before.get(id) ?? [])) path.add(id);
  return path;
}

/**
 * @param {Attempt[]} attempts
 * @returns {number}
 */
function endOf(attempts) {
  const { end } = attempts[attempts.length - 1];
  return end ? Date.parse(end) : Infinity;
}
