// When each task ran: a row a task, a bar an attempt.
import { html, useMemo } from "../vendor/html.js";
import { pathTo } from "../router.js";
import { Symbol, family } from "../states.js";
import { duration, moment } from "../format.js";
import { byName, nameOf } from "./run-data.js";
import { useNow } from "./time.js";
import { useWindow } from "./windowed.js";

const ROW_PIXELS = 28;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
const MOST_TICKS = 6;

export function Timeline({ taskRuns }) {
  const rows = useMemo(() => byStart(taskRuns), [taskRuns]);
  const isRunning = rows.some((each) => each.attempts.at(-1)?.end === null);
  const now = useNow(isRunning);
  const span = useMemo(() => spanOf(rows, now), [rows, isRunning && now]);
  const { box, first, last, before, after } = useWindow(rows.length, ROW_PIXELS);
  return html`<div class="timeline panel" ref=${box} tabindex="0" role="region" aria-label="Timeline of ${rows.length} tasks">
    <${Axis} span=${span} />
    <ol class="timeline-rows">
      <li key="before" aria-hidden="true" style=${{ height: before }}></li>
      ${rows.slice(first, last).map((each) => html`<${Row} key=${each.id} taskRun=${each} span=${span} />`)}
      <li key="after" aria-hidden="true" style=${{ height: after }}></li>
    </ol>
  </div>`;
}

function Axis({ span }) {
  return html`<div class="timeline-row timeline-axis" aria-hidden="true">
    <span></span>
    <span class="timeline-lane">${ticksOf(span).map(
      (tick) => html`<span class="timeline-tick" key=${tick} style=${{ left: percent(tick * 1000, span) }}>${elapsed(tick)}</span>`,
    )}</span>
    <span></span>
  </div>`;
}

function Row({ taskRun, span }) {
  const { id, state, attempts } = taskRun;
  const started = attempts[0] ? `, started ${moment(attempts[0].start)}, took ${lasted(attempts)}` : "";
  return html`<li class="timeline-row" aria-label="${nameOf(taskRun)}, ${state}${started}">
    <a class="timeline-name" href=${pathTo("task-run", id)} title=${nameOf(taskRun)}>
      <span class="symbol-box state-ink-${family(state)}"><${Symbol} of=${family(state)} /></span>
      <span class="cut">${nameOf(taskRun)}</span>
    </a>
    <span class="timeline-lane">${attempts.map((each) => html`<${Bar} key=${each.start} attempt=${each} span=${span} />`)}</span>
    <span class="timeline-duration numbers">${lasted(attempts)}</span>
  </li>`;
}

function Bar({ attempt: { start, end, state }, span }) {
  const from = Date.parse(start) - span.start;
  const to = (end ? Date.parse(end) : span.end) - span.start;
  const style = { left: percent(from, span), width: percent(to - from, span) };
  return html`<span class="timeline-bar fill-${family(state)} ${end ? "" : "is-growing"}" style=${style} data-state=${state}
    title="${state}: ${moment(start)}, ${duration(start, end)}"></span>`;
}

function byStart(taskRuns) {
  const startOf = (each) => each.attempts[0]?.start ?? "~";
  const compare = (a, b) => (a < b ? -1 : Number(a > b));
  return [...taskRuns].sort((a, b) => compare(startOf(a), startOf(b)) || a.task.rank - b.task.rank || byName(a, b));
}

function spanOf(rows, now) {
  const attempts = rows.flatMap((each) => each.attempts);
  if (!attempts.length) return { start: now, end: now + 1000 };
  const start = Math.min(...attempts.map((each) => Date.parse(each.start)));
  const end = Math.max(...attempts.map((each) => (each.end ? Date.parse(each.end) : now)));
  return { start, end: Math.max(end, start + 1000) };
}

function ticksOf({ start, end }) {
  const seconds = (end - start) / 1000;
  const step = STEPS.find((each) => seconds / each <= MOST_TICKS) ?? Math.ceil(seconds / MOST_TICKS / 86400) * 86400;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, position) => position * step);
}

function elapsed(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${seconds / 60} min`;
  return seconds < 86400 ? `${seconds / 3600} h` : `${seconds / 86400} d`;
}

function lasted(attempts) {
  const last = attempts.at(-1);
  return last ? duration(last.start, last.end) : "";
}

function percent(milliseconds, { start, end }) {
  return `${((100 * milliseconds) / (end - start)).toFixed(3)}%`;
}
