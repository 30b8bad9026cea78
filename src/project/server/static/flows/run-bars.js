// The last runs of a flow as bars: colour and a mark for the state, height for the duration.
import { formatDuration, formatRelativeTime, millisecondsBetween } from "../shared/format.js";
import { pathTo } from "../shared/router.js";
import { stateFamily } from "../shared/states.js";
import { html, useRef, useState } from "../vendor/html.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const MIN_HEIGHT = 0.2;
const MAX_TIMES_MEDIAN = 4;

/**
 * At most twenty runs, the oldest first. The Tab key stops once; the arrow keys move from bar to bar.
 * @param {{ runs: ListedRun[] }} props
 */
export function RunBars({ runs }) {
  const [focused, setFocused] = useState(/** @type {number | null} */ (null));
  /** @type {Ref<HTMLElement>} */
  const group = useRef();
  const longest = fullHeight(runs.filter((run) => run.end_time).map(millisecondsOf));
  const stop = Math.min(focused ?? runs.length - 1, runs.length - 1);
  const move = (/** @type {KeyboardEvent} */ event) => {
    const next = stop + (STEPS[event.key] ?? Number.NaN);
    if (!runs[next]) return;
    event.preventDefault();
    setFocused(next);
    /** @type {HTMLElement} */ (group.current.children[next]).focus();
  };
  return html`<div
    class="bars" role="group" ref=${group} aria-label="Last runs, newest last" onKeyDown=${move} onPointerOver=${setTitle}
  >${runs.map((run, index) => bar(run, Math.min(millisecondsOf(run) / longest, 1), index === stop))}</div>`;
}

/**
 * The duration of the highest bars. One run that waited for a restart does not make all others flat.
 * @param {number[]} durations
 */
function fullHeight(durations) {
  const sorted = durations.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return Math.max(Math.min(sorted.at(-1) ?? 0, MAX_TIMES_MEDIAN * median), 1);
}

/**
 * One element and no component: a list of flows has hundreds of them.
 * @param {ListedRun} run
 * @param {number} share
 * @param {boolean} isStop
 */
function bar(run, share, isStop) {
  const duration = formatDuration(run.start_time, run.end_time);
  const words = `${run.name}: ${run.state}, ${duration}, ${formatRelativeTime(run.start_time ?? run.scheduled_start_time)}`;
  const height = `${Math.round(100 * (MIN_HEIGHT + (1 - MIN_HEIGHT) * share))}%`;
  return html`<a key=${run.id} class="bar bar-${stateFamily(run.state)}" href=${pathTo("flow-run", run.id)} aria-label=${words}
    tabindex=${isStop ? 0 : -1} style=${{ "--height": height }}></a>`;
}

/**
 * The pointer shows what the label says; hundreds of titles would slow the list down.
 * @param {PointerEvent & { target: HTMLElement }} event
 */
function setTitle({ target }) {
  if (target.matches("a")) target.title = target.ariaLabel ?? "";
}

/** @param {ListedRun} run */
function millisecondsOf({ start_time: start, end_time: end }) {
  return start ? millisecondsBetween(start, end) : 0;
}
