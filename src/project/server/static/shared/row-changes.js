// Asking for rows that have changed since the last time.

export const BEFORE_ALL = "0001-01-01T00:00:00+00:00";
/** Less than every id; ids of states and log lines grow in the order in which these are written. */
export const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/**
 * When the newest of some rows was updated, or `since` without rows.
 * @param {{ updated: string }[]} rows
 * @param {string} since
 */
export function latestUpdate(rows, since) {
  return [since, ...rows.map((row) => row.updated)].sort().at(-1) ?? since;
}

/**
 * Whether a row brings nothing new.
 * @param {Record<string, any>} loaded
 * @param {Record<string, any>} row
 */
export function includesAll(loaded, row) {
  return Object.keys(row).every((key) => loaded[key] === row[key]);
}
