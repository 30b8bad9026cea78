// The last runs of a flow as bars: colour and a mark for the state, height for the duration.
import { barHeight, fullHeight } from "../shared/bar-height.js";
import { formatRelativeTime } from "../shared/format.js";
import { pathTo } from "../shared/router.js";
import { durationOf, millisecondsOf, stateFamily, timesOf } from "../shared/states.js";
import { html, useRef, useState } from "../vendor/html.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/**
 * At most twenty runs, the oldest first. The Tab key stops once; the arrow keys move from bar to bar.
 * @param {{ runs: ListedRun[] }} props
 */
export function RunBars({ runs }) {
  const [focused, setFocused] = useState(/** @type {number | null} */ (null));
  /** @type {Ref<HTMLElement>} */
  const group = useRef();
  const longest = fullHeight(runs.filter((run) => timesOf(run).end).map(millisecondsOf));
  const stop = Math.min(focused ?? runs.length - 1, runs.length - 1);
  const move = (/** @type {KeyboardEvent} */ event) => {
    const next = stop + (STEPS[event.key] ?? Number.NaN);
    if (!runs[next] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    setFocused(next);
    /** @type {HTMLElement} */ (group.current.children[next]).focus();
  };
  return html`<div
    class="bars" role="group" ref=${group} aria-label="Last runs, newest last" onKeyDown=${move} onPointerOver=${setTitle}
  >${runs.map((run, index) => bar(run, barHeight(millisecondsOf(run), longest), index === stop))}</div>`;
}

/**
 * One element and no component: a list of flows has hundreds of them.
 * @param {ListedRun} run
 * @param {string} height
 * @param {boolean} isStop
 */
function bar(run, height, isStop) {
  const words = `${run.name}: ${run.state}, ${durationOf(run)}, ${formatRelativeTime(run.start_time ?? run.scheduled_start_time)}`;
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
