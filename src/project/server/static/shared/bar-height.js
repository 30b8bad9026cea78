// How high the bars of durations are that stand beside each other.

const MIN_HEIGHT = 0.2;
const MAX_TIMES_MEDIAN = 4;

/**
 * The duration of the highest bars. One run that waited for a restart does not make all others flat.
 * @param {number[]} durations
 */
export function fullHeight(durations) {
  const sorted = durations.toSorted((a, b) => a - b);
  return Math.max(Math.min(sorted.at(-1) ?? 0, MAX_TIMES_MEDIAN * (medianOf(sorted) ?? 0)), 1);
}

/**
 * A height for CSS; even the shortest bar can be seen.
 * @param {number} duration
 * @param {number} full
 */
export function barHeight(duration, full) {
  return `${Math.round(100 * (MIN_HEIGHT + (1 - MIN_HEIGHT) * Math.min(duration / full, 1)))}%`;
}

/** @param {number[]} sorted */
export function medianOf(sorted) {
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
