// A flow's schedule in words.
import { formatCount } from "../shared/format.js";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/** @type {[string, number][]} */
const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/**
 * The schedule in force: the flow group's own replaces the flow's.
 * @param {{ schedule: Schedule | null, flow_group: { schedule: Schedule | null } }} flow
 */
export function scheduleOf(flow) {
  return flow.flow_group.schedule ?? flow.schedule;
}

/**
 * "Every day at 06:00 (Europe/Paris)"; null without a schedule.
 * @param {Schedule | null} schedule
 */
export function scheduleInWords(schedule) {
  const words = schedule?.clocks?.map(clockInWords) ?? [];
  return words.length ? words.join("; ") : null;
}

/** @param {Clock} clock */
function clockInWords(clock) {
  if (clock.cron) return cronInWords(clock.cron, clock.start_date?.tz);
  if (clock.interval) return `Every ${intervalInWords(clock.interval / 1_000_000)}`;
  if (clock.dates?.length) return datesInWords(clock.dates);
  return clock.rrule ? `Recurrence rule ${JSON.stringify(clock.rrule)}` : clock.type;
}

/**
 * @param {string} cron
 * @param {string | undefined} timezone
 */
function cronInWords(cron, timezone) {
  const zone = zoneInWords(timezone);
  const [minute, hour, day, month, weekday, ...more] = cron.trim().split(/\s+/);
  if (more.length || weekday === undefined || month !== "*" || day !== "*") return `cron ${cron} ${zone}`;
  const days = weekdaysInWords(weekday);
  if (days && isUpTo(59, minute) && isUpTo(23, hour)) {
    return `${days} at ${hour.padStart(2, "0")}:${minute.padStart(2, "0")} ${zone}`;
  }
  if (weekday !== "*" || hour !== "*") return `cron ${cron} ${zone}`;
  if (minute === "*") return "Every minute";
  // The hours of some zones begin at half past.
  const ofZone = zone === "UTC" ? "" : ` ${zone}`;
  if (isUpTo(59, minute)) return `Every hour at minute ${minute}${ofZone}`;
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  return step && 60 % Number(step) === 0
    ? `Every ${intervalInWords(60 * Number(step))}${ofZone}`
    : `cron ${cron} ${zone}`;
}

/** @param {string | undefined} timezone */
function zoneInWords(timezone) {
  return timezone && timezone !== "UTC" ? `(${timezone})` : "UTC";
}

/** @param {string} field */
function weekdaysInWords(field) {
  if (field === "*") return "Every day";
  if (field === "1-5") return "Monday to Friday";
  return isUpTo(7, field) ? `Every ${DAYS[Number(field) % 7]}` : null;
}

/**
 * Each date is by the clock of its zone.
 * @param {{ dt: string, tz: string }[]} dates
 */
function datesInWords(dates) {
  const { dt, tz } = dates[dates.length - 1];
  return `On ${formatCount(dates.length, "date")}, the last ${dt.slice(0, 16).replace("T", " ")} ${zoneInWords(tz)}`;
}

/** @param {number} seconds */
function intervalInWords(seconds) {
  const [unit, size] = UNITS.find(([, size]) => seconds % size === 0 && seconds >= size) ?? UNITS[3];
  return seconds === size ? unit : `${(seconds / size).toLocaleString()} ${unit}s`;
}

/**
 * Whether a text is a number of a cron field.
 * @param {number} max
 * @param {string} text
 */
function isUpTo(max, text) {
  return /^\d+$/.test(text) && Number(text) <= max;
}
