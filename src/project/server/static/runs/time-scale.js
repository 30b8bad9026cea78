// The time axis of a run: pauses in which nothing ran (until a restart the next morning, say) are cut short.

/** @typedef {{ start: number, end: number }} Span Milliseconds. */
/** @typedef {{ pauses: Span[], worked: number, shown: number, start: number, pauseLength: number }} TimeScale */

const MIN_PAUSE_MILLISECONDS = 60_000;
const MIN_PAUSE_SHARE = 0.25; // of the time worked
const SHOWN_PAUSE_SHARE = 0.05;
const MIN_MILLISECONDS = 1000;

/**
 * The scale for some attempts; those that go on reach to `now`.
 * @param {Attempt[]} attempts
 * @param {number} now
 * @returns {TimeScale}
 */
export function timeScale(attempts, now) {
  const busy = busySpans(attempts, now);
  if (!busy.length) return scaleWith([], { start: now, end: now + MIN_MILLISECONDS });
  const whole = { start: busy[0].start, end: Math.max(busy[busy.length - 1].end, busy[0].start + MIN_MILLISECONDS) };
  const gaps = busy.slice(1).map(({ start }, index) => ({ start: busy[index].end, end: start }));
  const worked = busy.reduce((sum, span) => sum + lengthOf(span), 0);
  const threshold = Math.max(MIN_PAUSE_MILLISECONDS, worked * MIN_PAUSE_SHARE);
  return scaleWith(
    gaps.filter((gap) => lengthOf(gap) > threshold),
    whole,
  );
}

/**
 * Where a time is on the scale, from 0 to 1.
 * @param {TimeScale} scale
 * @param {number} time
 */
export function placeOf({ start, pauses, pauseLength, shown }, time) {
  let place = time - start;
  for (const pause of pauses) {
    if (time >= pause.end) place += pauseLength - lengthOf(pause);
    else if (time > pause.start) place += ((time - pause.start) * pauseLength) / lengthOf(pause) - (time - pause.start);
  }
  return place / shown;
}

/**
 * The place at which a run had worked for some time.
 * @param {TimeScale} scale
 * @param {number} milliseconds
 */
export function placeOfWork(scale, milliseconds) {
  let time = scale.start + milliseconds;
  for (const pause of scale.pauses) if (time > pause.start) time += lengthOf(pause);
  return placeOf(scale, time);
}

/** @param {Span} span */
export function lengthOf({ start, end }) {
  return end - start;
}

/**
 * @param {Span[]} pauses
 * @param {Span} whole
 * @returns {TimeScale}
 */
function scaleWith(pauses, whole) {
  const worked = pauses.reduce((rest, pause) => rest - lengthOf(pause), lengthOf(whole));
  const pauseLength = worked * SHOWN_PAUSE_SHARE;
  return { start: whole.start, pauses, worked, pauseLength, shown: worked + pauses.length * pauseLength };
}

/**
 * The stretches in which anything ran, in their order.
 * @param {Attempt[]} attempts
 * @param {number} now
 */
function busySpans(attempts, now) {
  const spans = attempts.map(({ start, end }) => ({ start: Date.parse(start), end: end ? Date.parse(end) : now }));
  /** @type {Span[]} */
  const busy = [];
  for (const span of spans.sort((a, b) => a.start - b.start)) {
    const last = busy.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else busy.push({ ...span, end: Math.max(span.end, span.start) });
  }
  return busy;
}
