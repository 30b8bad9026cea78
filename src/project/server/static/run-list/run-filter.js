// Which runs the list shows: the filters in its address, and the condition that they make for the API.
import { containing } from "../shared/api.js";
import { parseExact } from "../shared/exact-json.js";
import { serverNow, timestamp } from "../shared/format.js";
import { isUuid } from "../shared/router.js";
import { LATE_MILLISECONDS, statesIn } from "../shared/states.js";

/**
 * `states`: ids of STATE_CHIPS; `since` and `until`: a preset of TIMES, or a time; `ended`: ended since this time.
 * @typedef {{
 *   states: string[], since: string, until: string, ended: string, flow: string, env: string, text: string, page: number,
 * }} RunFilter
 */
/** @typedef {{ id: string, title: string, family: StateFamily, where: () => object }} StateChip */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
// The server's clock is known from its answers, whose date has whole seconds and can be some seconds old.
const SKEW_MILLISECONDS = 10_000;
const PAIR = /^([\w.-]+)=(.*)$/s;

const WAITING = statesIn("scheduled", "retrying");

/** @type {StateChip[]} */
export const STATE_CHIPS = [
  { id: "failed", title: "Failed", family: "failed", where: () => inStates(statesIn("failed", "not-started")) },
  { id: "late", title: "Late", family: "scheduled", where: () => waiting({ _lt: timestamp(LATE_MILLISECONDS) }) },
  { id: "running", title: "Running", family: "running", where: () => inStates(statesIn("running")) },
  {
    id: "scheduled",
    title: "Scheduled",
    family: "scheduled",
    where: () => waiting({ _gte: timestamp(LATE_MILLISECONDS) }),
  },
  { id: "cancelled", title: "Cancelled", family: "cancelled", where: () => inStates(statesIn("cancelled")) },
  { id: "success", title: "Success", family: "success", where: () => inStates(statesIn("success", "skipped")) },
];

/** @type {{ id: string, title: string, start: (now: Date) => number }[]} */
export const TIMES = [
  { id: "1h", title: "Last hour", start: (now) => now.getTime() - HOUR },
  { id: "evening", title: "Since 18:00 yesterday", start: (now) => localHour(now, -6) },
  { id: "today", title: "Today", start: (now) => localHour(now, 0) },
  { id: "24h", title: "Last 24 hours", start: (now) => now.getTime() - DAY },
  { id: "7d", title: "Last 7 days", start: (now) => now.getTime() - 7 * DAY },
];

/**
 * @param {URLSearchParams} query
 * @returns {RunFilter}
 */
export function filterIn(query) {
  const textOf = (/** @type {string} */ name) => query.get(name) ?? "";
  const known = new Set(STATE_CHIPS.map(({ id }) => id));
  return {
    states: textOf("state")
      .split(",")
      .filter((id) => known.has(id)),
    since: timeIn(textOf("since")),
    until: timeIn(textOf("until")),
    ended: timeIn(textOf("ended")),
    flow: textOf("flow"),
    env: textOf("env"),
    text: textOf("text"),
    page: Math.max(1, Number.parseInt(textOf("page"), 10) || 1),
  };
}

/**
 * A preset, or a time as the API takes it; empty for anything else in an address.
 * @param {string} text
 */
function timeIn(text) {
  if (TIMES.some(({ id }) => id === text)) return text;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}

/** @param {RunFilter} filter */
export function isFiltered({ states, since, until, ended, flow, env, text }) {
  return Boolean(states.length || since || until || ended || flow || env || text);
}

/** The only filter for which the next run is the first of the list. @param {Pick<RunFilter, "states">} filter */
export function isUpcoming({ states }) {
  return states.length === 1 && states[0] === "scheduled";
}

/**
 * `failedTaskRuns`: the ids of runs in which a task failed whose name has the text.
 * @param {RunFilter} filter
 * @param {string[]} failedTaskRuns
 */
export function conditionOf({ states, since, until, ended, flow, env, text }, failedTaskRuns) {
  const from = startOf(since);
  const [environment, words] = [env.trim(), text.trim()];
  return {
    _and: [
      // Without a choice, everything but what is to come.
      states.length
        ? { _or: STATE_CHIPS.filter(({ id }) => states.includes(id)).map(({ where }) => where()) }
        : {
            _or: [{ state: { _neq: "Scheduled" } }, { scheduled_start_time: { _lte: timestamp(-SKEW_MILLISECONDS) } }],
          },
      ...(from ? [{ scheduled_start_time: { _gte: from } }] : []),
      ...(until ? [{ scheduled_start_time: { _lte: until } }] : []),
      ...(ended ? [{ end_time: { _gt: ended } }] : []),
      ...(flow ? [{ flow: { name: { _eq: flow } } }] : []),
      ...(environment ? [{ parameters: { _contains: { env: environment } } }] : []),
      ...(words ? [textCondition(words, failedTaskRuns)] : []),
    ],
  };
}

/**
 * Whether a text is looked for in the names of tasks.
 * @param {string} text
 */
export function isName(text) {
  const words = text.trim();
  return words !== "" && !isUuid(words) && !PAIR.test(words);
}

/**
 * "name=value" looks for a parameter, of the flow or in `params`; a UUID for the run; anything else in names.
 * @param {string} text
 * @param {string[]} failedTaskRuns
 */
function textCondition(text, failedTaskRuns) {
  if (isUuid(text)) return { id: { _eq: text } };
  const [, name, value] = PAIR.exec(text) ?? [];
  if (name !== undefined) {
    return {
      _or: valuesOf(value).flatMap((wanted) => [
        { parameters: { _contains: { [name]: wanted } } },
        { parameters: { _contains: { params: nested(name.split("."), wanted) } } },
      ]),
    };
  }
  const pattern = { _ilike: containing(text) };
  return { _or: [{ name: pattern }, { flow: { name: pattern } }, { id: { _in: failedTaskRuns } }] };
}

/**
 * What a typed value may be in a parameter: itself as a text, and what it is in JSON or to Python.
 * @param {string} text
 * @returns {Json[]}
 */
function valuesOf(text) {
  const lower = text.toLowerCase();
  const json = ["true", "false"].includes(lower) ? lower : text;
  try {
    return [text, parseExact(json)];
  } catch {
    return [text];
  }
}

/**
 * @param {string[]} levels
 * @param {Json} value
 * @returns {Json}
 */
function nested([level, ...rest], value) {
  return { [level]: rest.length ? nested(rest, value) : value };
}

/** @param {string[]} states */
function inStates(states) {
  return { state: { _in: states } };
}

/** @param {object} due */
function waiting(due) {
  return { state: { _in: WAITING }, state_start_time: due };
}

/** @param {string} since */
function startOf(since) {
  const preset = TIMES.find(({ id }) => id === since);
  return preset ? new Date(preset.start(new Date(serverNow()))).toISOString() : since;
}

/**
 * What the clock on the wall says counts: a day may have 23 or 25 hours.
 * @param {Date} now
 * @param {number} hour Of today; a negative one is of yesterday.
 */
function localHour(now, hour) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate(), hour).getTime();
}
