// Times, durations and numbers, as people say them.
const STEPS = [[60, "s"], [60, "min"], [24, "h"], [Infinity, "d"]];
const LEAST_DIFFERENCE = 2000;

let ahead = 0; // of the server's clock, in milliseconds
let momentFormat; // takes 30 ms to make

/** The server's present, in milliseconds: states and schedules are in its time, and clocks differ. */
export function present() {
  return Date.now() + ahead;
}

/** The server's present, or a time before it, as the API has times. */
export function timestamp(millisecondsAgo = 0) {
  return new Date(present() - millisecondsAgo).toISOString();
}

/** Learns the server's present from the date of an answer, which has whole seconds. */
export function learnPresent(date) {
  const difference = Date.parse(date) - Date.now();
  ahead = Math.abs(difference) > LEAST_DIFFERENCE ? difference : 0;
}

/** A local date and time; "–" for none. */
export function moment(iso) {
  if (!iso) return "–";
  momentFormat ??= new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return momentFormat.format(new Date(iso));
}

/** How far away a time is: "just now", "5 min ago", "in 2 h". */
export function ago(iso, now = present()) {
  if (!iso) return "never";
  const seconds = (now - new Date(iso)) / 1000;
  if (Math.abs(seconds) < 2) return "just now";
  return seconds > 0 ? `${rough(seconds)} ago` : `in ${rough(-seconds)}`;
}

/** The time between two times, the second being now unless given: "340 ms", "2 m 05 s", "3 h 20 m". */
export function duration(start, end = null) {
  if (!start) return "–";
  const milliseconds = Math.max(0, (end ? new Date(end) : present()) - new Date(start));
  return milliseconds < 1000 && end ? `${milliseconds} ms` : long(milliseconds / 1000);
}

export function count(number, word) {
  const digits = number < 1000 ? number : number.toLocaleString(); // 8 ms the first time
  return `${digits} ${word}${number === 1 ? "" : "s"}`;
}

function rough(seconds) {
  let value = seconds;
  for (const [size, unit] of STEPS) {
    if (value < size) return `${Math.floor(value)} ${unit}`;
    value /= size;
  }
}

function long(seconds) {
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const [s, m, h, d] = [whole % 60, Math.floor(whole / 60) % 60, Math.floor(whole / 3600) % 24, Math.floor(whole / 86400)];
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${two(m)} m`;
  return m ? `${m} m ${two(s)} s` : `${s} s`;
}

function two(number) {
  return String(number).padStart(2, "0");
}
