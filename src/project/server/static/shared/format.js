// Times, durations and numbers as people write them, by the server's clock.

/** @type {[number, string][]} */
const UNITS = [
  [60, "s"],
  [60, "min"],
  [24, "h"],
  [Infinity, "d"],
];
const MAX_DIGITS = 32; // of a number in a name
const MIN_SKEW_MILLISECONDS = 2000; // the Date header has whole seconds

let skew = 0; // milliseconds by which the server's clock is ahead
// Formats take 30 ms to make.
/** @type {Intl.DateTimeFormat | undefined} */
let timeFormat;
/** @type {Intl.DateTimeFormat | undefined} */
let dateFormat;

/** The present in milliseconds by the server's clock, which states and schedules go by. */
export function serverNow() {
  return Date.now() + skew;
}

/** A time of the server as the API takes it: its present, or some milliseconds ago. */
export function timestamp(millisecondsAgo = 0) {
  return new Date(serverNow() - millisecondsAgo).toISOString();
}

/**
 * Sets the server's clock from the Date header of a response.
 * @param {string | null} date
 */
export function syncServerClock(date) {
  const difference = Date.parse(date ?? "") - Date.now();
  skew = Math.abs(difference) > MIN_SKEW_MILLISECONDS ? difference : 0;
}

/**
 * A local date and time; "–" without one.
 * @param {string | null | undefined} iso
 */
export function formatTime(iso) {
  if (!iso) return "–";
  timeFormat ??= new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return timeFormat.format(new Date(iso));
}

/**
 * A local date: "Thu, 26 Nov 2026".
 * @param {string} iso
 */
export function formatDate(iso) {
  dateFormat ??= new Intl.DateTimeFormat(undefined, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
  });
  return dateFormat.format(new Date(iso));
}

/**
 * A time in the reader's time zone: "2026-11-26T22:26:21.123".
 * @param {Date} time
 */
export function localIsoTime(time) {
  return new Date(time.getTime() - 60_000 * time.getTimezoneOffset()).toISOString().slice(0, -1);
}

/**
 * The same as a datetime-local field has it: "2026-11-26T22:26".
 * @param {Date} time
 */
export function fieldTime(time) {
  return localIsoTime(time).slice(0, 16);
}

/** The time zone of the times that are shown: "Europe/Paris (GMT+1)". */
export function timeZoneInWords() {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "shortOffset" }).formatToParts();
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return timeZone === offset ? timeZone : `${timeZone} (${offset})`;
}

/**
 * How far away a time is: "just now", "5 min ago", "in 2 h".
 * @param {string | null | undefined} iso
 */
export function formatRelativeTime(iso, now = serverNow()) {
  if (!iso) return "never";
  const seconds = (now - Date.parse(iso)) / 1000;
  if (Math.abs(seconds) < 2) return "just now";
  return seconds > 0 ? `${inOneUnit(seconds)} ago` : `in ${inOneUnit(-seconds)}`;
}

/**
 * The time from a start to an end, or to now: "340 ms", "2 min 05 s", "3 h 20 min".
 * @param {string | null | undefined} start
 * @param {string | null} end
 */
export function formatDuration(start, end = null) {
  if (!start) return "–";
  const milliseconds = millisecondsBetween(start, end);
  return end ? formatMilliseconds(milliseconds) : inTwoUnits(milliseconds / 1000);
}

/**
 * "340 ms", "2 min 05 s"
 * @param {number} milliseconds
 */
export function formatMilliseconds(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : inTwoUnits(milliseconds / 1000);
}

/**
 * Never negative: the clocks of two machines differ.
 * @param {string} start
 * @param {string | null} end
 */
export function millisecondsBetween(start, end) {
  return Math.max(0, (end ? Date.parse(end) : serverNow()) - Date.parse(start));
}

/**
 * "1 task", "2 tasks"
 * @param {number} number
 * @param {string} word
 */
export function formatCount(number, word) {
  const digits = number < 1000 ? number : number.toLocaleString(); // 8 ms the first time
  return `${digits} ${word}${number === 1 ? "" : "s"}`;
}

/**
 * A key by which names with numbers are in their natural order.
 * @param {string} name
 */
export function naturalKey(name) {
  return name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(MAX_DIGITS, "0"));
}

/**
 * The order of two plain texts. Times of the API are in order as texts, too: they have microseconds without trailing
 * zeros, so "30.7" is later than "30.65".
 * @param {string} a
 * @param {string} b
 */
export function compareTexts(a, b) {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * What an error says in the end.
 * @param {string | null | undefined} text
 */
export function lastLine(text) {
  return text?.trim().split("\n").at(-1) ?? "";
}

/** @param {number} seconds */
function inOneUnit(seconds) {
  let value = seconds;
  for (const [size, unit] of UNITS) {
    if (value < size) return `${Math.floor(value)} ${unit}`;
    value /= size;
  }
  return "";
}

/** @param {number} seconds */
function inTwoUnits(seconds) {
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const [s, m, h] = [whole % 60, Math.floor(whole / 60) % 60, Math.floor(whole / 3600) % 24];
  const d = Math.floor(whole / 86_400);
  const twoDigits = (/** @type {number} */ number) => String(number).padStart(2, "0");
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${twoDigits(m)} min`;
  return m ? `${m} min ${twoDigits(s)} s` : `${s} s`;
}
