// When each task ran: one row per task, one bar per attempt.
import { formatDuration, formatTime } from "../shared/format.js";
import { useNow } from "../shared/relative-time.js";
import { pathTo } from "../shared/router.js";
import { StateIcon } from "../shared/state-badge.js";
import { stateFamily } from "../shared/states.js";
import { compareNames, taskRunName } from "../shared/tasks.js";
import { useVisibleRows } from "../shared/visible-rows.js";
import { html, useMemo } from "../vendor/html.js";

/** @typedef {{ start: number, end: number }} Span Milliseconds. */

const ROW_PIXELS = 28;
const DAY_SECONDS = 86_400;
const TICK_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, DAY_SECONDS];
const MAX_TICKS = 6;

/** @param {{ taskRuns: TaskRun[] }} props */
export function Timeline({ taskRuns }) {
  const rows = useMemo(() => byStart(taskRuns), [taskRuns]);
  const isRunning = rows.some(({ attempts }) => attempts.at(-1)?.end === null);
  const now = useNow(isRunning);
  const span = useMemo(() => spanOf(rows, now), [rows, isRunning && now]);
  const { box, first, last, before, after } = useVisibleRows(rows.length, ROW_PIXELS);
  return html`<div class="timeline panel" ref=${box} tabindex="0" role="region" aria-label="Timeline of ${rows.length} tasks">
    <${Axis} span=${span} />
    <ol class="timeline-rows">
      <li key="before" aria-hidden="true" style=${{ height: before }}></li>
      ${rows.slice(first, last).map((taskRun) => html`<${Row} key=${taskRun.id} taskRun=${taskRun} span=${span} />`)}
      <li key="after" aria-hidden="true" style=${{ height: after }}></li>
    </ol>
  </div>`;
}

/** @param {{ span: Span }} props */
function Axis({ span }) {
  return html`<div class="timeline-row timeline-axis" aria-hidden="true">
    <span></span>
    <span class="timeline-lane">${ticksOf(span).map(
      (seconds) =>
        html`<span class="timeline-tick" key=${seconds} style=${{ left: percent(seconds * 1000, span) }}>${tickLabel(seconds)}</span>`,
    )}</span>
    <span></span>
  </div>`;
}

/** @param {{ taskRun: TaskRun, span: Span }} props */
function Row({ taskRun, span }) {
  const { id, state, attempts } = taskRun;
  const name = taskRunName(taskRun);
  const last = attempts.at(-1);
  const duration = last ? formatDuration(last.start, last.end) : "";
  const started = last ? `, started ${formatTime(attempts[0].start)}, took ${duration}` : "";
  return html`<li class="timeline-row" aria-label="${name}, ${state}${started}">
    <a class="timeline-name" href=${pathTo("task-run", id)} title=${name}>
      <span class="symbol-box state-ink-${stateFamily(state)}"><${StateIcon} family=${stateFamily(state)} /></span>
      <span class="cut">${name}</span>
    </a>
    <span class="timeline-lane">${attempts.map((attempt) => html`<${Bar} key=${attempt.start} attempt=${attempt} span=${span} />`)}</span>
    <span class="timeline-duration numbers">${duration}</span>
  </li>`;
}

/** @param {{ attempt: Attempt, span: Span }} props */
function Bar({ attempt: { start, end, state }, span }) {
  const from = Date.parse(start) - span.start;
  const to = (end ? Date.parse(end) : span.end) - span.start;
  const style = { left: percent(from, span), width: percent(to - from, span) };
  return html`<span class="timeline-bar fill-${stateFamily(state)} ${end ? "" : "is-growing"}" style=${style} data-state=${state}
    title="${state}: ${formatTime(start)}, ${formatDuration(start, end)}"></span>`;
}

/**
 * What has not started comes last, in the order in which it can run.
 * @param {TaskRun[]} taskRuns
 */
function byStart(taskRuns) {
  const startOf = (/** @type {TaskRun} */ { attempts }) => attempts[0]?.start ?? "~"; // after all digits
  const rankOf = (/** @type {TaskRun} */ { task }) => task?.rank ?? 0;
  return [...taskRuns].sort((a, b) => {
    if (startOf(a) !== startOf(b)) return startOf(a) < startOf(b) ? -1 : 1;
    return rankOf(a) - rankOf(b) || compareNames(a, b);
  });
}

/**
 * @param {TaskRun[]} rows
 * @param {number} now
 * @returns {Span}
 */
function spanOf(rows, now) {
  const attempts = rows.flatMap((taskRun) => taskRun.attempts);
  if (!attempts.length) return { start: now, end: now + 1000 };
  const start = Math.min(...attempts.map((attempt) => Date.parse(attempt.start)));
  const end = Math.max(...attempts.map((attempt) => (attempt.end ? Date.parse(attempt.end) : now)));
  return { start, end: Math.max(end, start + 1000) };
}

/**
 * Where the axis has ticks, in seconds from its start.
 * @param {Span} span
 */
function ticksOf({ start, end }) {
  const seconds = (end - start) / 1000;
  const wholeDays = Math.ceil(seconds / MAX_TICKS / DAY_SECONDS) * DAY_SECONDS;
  const step = TICK_SECONDS.find((tick) => seconds / tick <= MAX_TICKS) ?? wholeDays;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

/** @param {number} seconds */
function tickLabel(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${seconds / 60} min`;
  return seconds < DAY_SECONDS ? `${seconds / 3600} h` : `${seconds / DAY_SECONDS} d`;
}

/**
 * @param {number} milliseconds
 * @param {Span} span
 */
function percent(milliseconds, { start, end }) {
  return `${((100 * milliseconds) / (end - start)).toFixed(3)}%`;
}
