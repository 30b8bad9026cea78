// The last runs of a flow as bars: colour and a mark for the state, height for the duration.
import { html, useRef, useState } from "../vendor/html.js";
import { ago, duration, present } from "../format.js";
import { pathTo } from "../router.js";
import { family } from "../states.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const LOWEST = 0.2;

/** `runs`: at most twenty, the oldest first. One stop for the Tab key; the arrows move from bar to bar. */
export function Bars({ runs }) {
  const [focus, setFocus] = useState(null);
  const group = useRef();
  const longest = Math.max(...runs.filter((run) => run.end_time).map(milliseconds), 1);
  const stop = Math.min(focus ?? runs.length - 1, runs.length - 1);
  const move = (event) => {
    const next = stop + (STEPS[event.key] ?? NaN);
    if (!runs[next]) return;
    event.preventDefault();
    setFocus(next);
    group.current.children[next].focus();
  };
  return html`<div class="bars" role="group" ref=${group} aria-label="Last runs, the newest at the end" onKeyDown=${move} onPointerOver=${tell}>
    ${runs.map((run, place) => bar(run, Math.min(milliseconds(run) / longest, 1), place === stop))}
  </div>`;
}

// One element each and no component: a table of flows has hundreds of them.
function bar(run, share, isStop) {
  const words = `${run.name}: ${run.state}, ${duration(run.start_time, run.end_time)}, ${ago(run.start_time ?? run.scheduled_start_time)}`;
  const height = `${Math.round(100 * (LOWEST + (1 - LOWEST) * share))}%`;
  return html`<a key=${run.id} class="bar bar-${family(run.state)}" href=${pathTo("flow-run", run.id)} aria-label=${words}
    tabindex=${isStop ? 0 : -1} style=${{ "--height": height }}></a>`;
}

// Said to everybody by the label; the title is for who points at the bar.
function tell({ target }) {
  if (target.href) target.title = target.ariaLabel;
}

function milliseconds({ start_time: start, end_time: end }) {
  return start ? Math.max(0, (end ? new Date(end) : present()) - new Date(start)) : 0; // clocks differ
}
