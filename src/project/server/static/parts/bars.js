// The last runs of a flow as bars: colour and a mark for the state, height for the duration.
import { html, useRef, useState } from "../html.js";
import { ago, duration } from "../format.js";
import { pathTo } from "../router.js";
import { family } from "../states.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const LOWEST = 0.2;

/** `runs`: the oldest first. One stop for the Tab key; the arrows move from bar to bar. */
export function Bars({ runs, places = 20 }) {
  const [focus, setFocus] = useState(null);
  const list = useRef();
  const longest = Math.max(...runs.filter((run) => run.end_time).map(milliseconds), 1);
  const stop = Math.min(focus ?? runs.length - 1, runs.length - 1);
  const move = (event) => {
    const next = stop + (STEPS[event.key] ?? NaN);
    if (!runs[next]) return;
    event.preventDefault();
    setFocus(next);
    list.current.children[next + places - runs.length].firstChild.focus();
  };
  return html`<ol class="bars" ref=${list} aria-label="Last runs, the newest at the end" onKeyDown=${move}>
    ${Array.from({ length: places - runs.length }, (_, place) => html`<li key=${place} class="no-bar" aria-hidden="true"></li>`)}
    ${runs.map((run, place) => html`<${Bar} key=${run.id} run=${run} share=${Math.min(milliseconds(run) / longest, 1)} isStop=${place === stop} />`)}
  </ol>`;
}

function Bar({ run, share, isStop }) {
  const words = `${run.name}: ${run.state}, ${duration(run.start_time, run.end_time)}, ${ago(run.start_time ?? run.scheduled_start_time)}`;
  const height = `${Math.round(100 * (LOWEST + (1 - LOWEST) * share))}%`;
  return html`<li><a class="bar bar-${family(run.state)}" href=${pathTo("flow-run", run.id)} title=${words} aria-label=${words}
    tabindex=${isStop ? 0 : -1}><span style=${{ height }}></span></a></li>`;
}

function milliseconds({ start_time: start, end_time: end }) {
  return start ? Math.max(0, (end ? new Date(end) : Date.now()) - new Date(start)) : 0; // clocks differ
}
