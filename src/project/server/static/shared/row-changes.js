// Asking for rows that have changed since the last time.

export const BEFORE_ALL = "0001-01-01T00:00:00+00:00";

/**
 * When the newest of some rows was updated, or `since` without rows.
 * @param {{ updated: string }[]} rows
 * @param {string} since
 */
export function latestUpdate(rows, since) {
  return [since, ...rows.map((row) => row.updated)].sort().at(-1) ?? since;
}

/**
 * The condition on rows that were written after those that are loaded: their ids grow.
 * @param {{ id: string }[]} rows
 */
export function afterLast(rows) {
  return { id: { _gt: rows.at(-1)?.id ?? null } }; // a null is no condition
}

/**
 * Whether a row brings nothing new; lists are compared by what is in them.
 * @param {Record<string, any>} loaded
 * @param {Record<string, any>} row
 */
export function includesAll(loaded, row) {
  return Object.keys(row).every((key) => JSON.stringify(loaded[key]) === JSON.stringify(row[key]));
}
