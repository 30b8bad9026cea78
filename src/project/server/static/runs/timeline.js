// When each task ran: one row per task, one bar per attempt.
import { compareTexts, formatDuration, formatMilliseconds, formatTime } from "../shared/format.js";
import { useNow } from "../shared/relative-time.js";
import { pathTo } from "../shared/router.js";
import { StateIcon } from "../shared/state-badge.js";
import { stateFamily } from "../shared/states.js";
import { compareNames, taskRunName } from "../shared/tasks.js";
import { useVisibleRows } from "../shared/visible-rows.js";
import { html, useMemo } from "../vendor/html.js";
import { lengthOf, placeOf, placeOfWork, timeScale } from "./time-scale.js";

/** @import { TimeScale } from "./time-scale.js" */

const ROW_PIXELS = 28;
const DAY_SECONDS = 86_400;
const TICK_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, DAY_SECONDS];
const MAX_TICKS = 6;

/** @param {{ taskRuns: TaskRun[] }} props */
export function Timeline({ taskRuns }) {
  const rows = useMemo(() => byStart(taskRuns), [taskRuns]);
  const isRunning = rows.some(({ attempts }) => attempts.at(-1)?.end === null);
  const now = useNow(isRunning);
  const attempts = useMemo(() => rows.flatMap((taskRun) => taskRun.attempts), [rows]);
  const scale = useMemo(() => timeScale(attempts, now), [attempts, isRunning && now]);
  const { box, first, last, before, after } = useVisibleRows(rows.length, ROW_PIXELS);
  return html`<div class="timeline panel" data-scroll="timeline" ref=${box} tabindex="0" role="region" aria-label="Timeline of ${rows.length} tasks">
    <${Axis} scale=${scale} />
    <ol class="timeline-rows">
      <li key="before" aria-hidden="true" style=${{ height: before }}></li>
      ${rows.slice(first, last).map((taskRun) => html`<${Row} key=${taskRun.id} taskRun=${taskRun} scale=${scale} now=${now} />`)}
      <li key="after" aria-hidden="true" style=${{ height: after }}></li>
    </ol>
  </div>`;
}

/** @param {{ scale: TimeScale }} props */
function Axis({ scale }) {
  return html`<div class="timeline-row timeline-axis" aria-hidden="true">
    <span></span>
    <span class="timeline-lane">${ticksOf(scale.worked).map(
      (seconds) =>
        html`<span class="timeline-tick" key=${seconds} style=${{ left: percent(placeOfWork(scale, seconds * 1000)) }}>${tickLabel(seconds)}</span>`,
    )}<${Pauses} scale=${scale} /></span>
    <span></span>
  </div>`;
}

/** @param {{ scale: TimeScale }} props */
function Pauses({ scale }) {
  return scale.pauses.map((pause) => {
    const [from, to] = [placeOf(scale, pause.start), placeOf(scale, pause.end)];
    const duration = formatMilliseconds(lengthOf(pause));
    return html`<span class="timeline-pause" key=${pause.start} title="Nothing ran for ${duration}"
      style=${{ left: percent(from), width: percent(to - from) }}><span>${duration}</span></span>`;
  });
}

/** @param {{ taskRun: TaskRun, scale: TimeScale, now: number }} props */
function Row({ taskRun, scale, now }) {
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
    <span class="timeline-lane">${attempts.map((attempt) => html`<${Bar} key=${attempt.start} attempt=${attempt} scale=${scale} now=${now} />`)}</span>
    <span class="timeline-duration numbers">${duration}</span>
  </li>`;
}

/** @param {{ attempt: Attempt, scale: TimeScale, now: number }} props */
function Bar({ attempt: { start, end, state }, scale, now }) {
  const from = placeOf(scale, Date.parse(start));
  const to = placeOf(scale, end ? Date.parse(end) : now);
  const style = { left: percent(from), width: percent(Math.max(to - from, 0)) };
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
  return [...taskRuns].sort(
    (a, b) => compareTexts(startOf(a), startOf(b)) || rankOf(a) - rankOf(b) || compareNames(a, b),
  );
}

/**
 * Where the axis has ticks, in seconds of work.
 * @param {number} worked
 */
function ticksOf(worked) {
  const seconds = worked / 1000;
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

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(3)}%`;
}
