// A flow's schedule in words, and its switch.
import { html, useState } from "../vendor/html.js";
import { change } from "../api.js";
import { moment } from "../format.js";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** The schedule in force: the flow group's own takes the place of the flow's. */
export function scheduleOf(flow) {
  return flow.flow_group.schedule ?? flow.schedule;
}

/** "Every day at 06:00 (Europe/Paris)"; null without a schedule. */
export function scheduleInWords(schedule) {
  const words = schedule?.clocks?.map(clockInWords) ?? [];
  return words.length ? words.join("; ") : null;
}

export function ScheduleSwitch({ flow, onChange }) {
  const [problem, setProblem] = useState(null);
  const isActive = flow.is_schedule_active;
  const toggle = async () => {
    try {
      await change(isActive ? "set_schedule_inactive" : "set_schedule_active", { flow_id: flow.id });
      setProblem(null);
      await onChange();
    } catch (error) {
      setProblem(error.message);
    }
  };
  return html`<button type="button" class="switch" role="switch" aria-checked=${String(isActive)} onClick=${toggle}>
    <span class="switch-track" aria-hidden="true"></span>Schedule ${isActive ? "on" : "off"}
  </button>${problem && html`<span class="problem" role="alert">${problem}</span>`}`;
}

function clockInWords(clock) {
  if (clock.type === "CronClock") return inZone(cronInWords(clock.cron), clock.start_date?.tz);
  if (clock.type === "IntervalClock") return `Every ${interval(clock.interval / 1_000_000)}`;
  if (clock.type === "DatesClock") return `On ${clock.dates.length} dates, the last ${moment(dateOf(clock.dates.at(-1)))}`;
  return clock.rrule ? `By a rule (${JSON.stringify(clock.rrule)})` : clock.type;
}

function cronInWords(cron) {
  const [minute, hour, day, month, weekday, ...more] = cron.trim().split(/\s+/);
  if (more.length || weekday === undefined || month !== "*" || day !== "*") return `cron ${cron}`;
  const days = weekdays(weekday);
  if (days && isNumber(minute) && isNumber(hour)) return `${days} at ${two(hour)}:${two(minute)}`;
  if (weekday !== "*" || hour !== "*") return `cron ${cron}`;
  if (isNumber(minute)) return `Every hour at minute ${minute}`;
  if (minute === "*") return "Every minute";
  return /^\*\/\d+$/.test(minute) ? `Every ${minute.slice(2)} minutes` : `cron ${cron}`;
}

function weekdays(text) {
  if (text === "*") return "Every day";
  if (text === "1-5") return "Monday to Friday";
  return isNumber(text) ? `Every ${DAYS[text % 7]}` : null;
}

function inZone(words, zone) {
  return zone && zone !== "UTC" ? `${words} (${zone})` : `${words} UTC`;
}

function interval(seconds) {
  const [unit, size] = UNITS.find(([, each]) => seconds % each === 0 && seconds >= each) ?? UNITS.at(-1);
  return seconds === size ? unit : `${(seconds / size).toLocaleString()} ${unit}s`;
}

function dateOf({ dt, tz }) {
  return tz === "UTC" ? `${dt}Z` : dt;
}

function isNumber(text) {
  return /^\d+$/.test(text);
}

function two(text) {
  return text.padStart(2, "0");
}
