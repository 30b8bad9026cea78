// Log lines: the newest page first, then what is written later, and earlier pages when they are asked for.
import { containing, query } from "../shared/api.js";
import { compareTexts } from "../shared/format.js";

const FIELDS = "id timestamp level name message task_run_id";
const NEWEST = `query ($where: log_bool_exp!, $limit: Int!) {
  log(where: $where, order_by: [{timestamp: desc}, {id: desc}], limit: $limit) { ${FIELDS} }
}`;
const NEW = `query ($where: log_bool_exp!, $limit: Int!) {
  log(where: $where, order_by: {id: asc}, limit: $limit) { ${FIELDS} }
}`;
const PAGE_LINES = 2000;
const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/** The levels of which a filter "and above" makes sense. */
export const MIN_LEVELS = ["INFO", "WARNING", "ERROR"];

/** @typedef {{ flowRunId: string, taskRunId: string, minLevel: string, text: string }} LogFilter Empty: not filtered. */
/**
 * `lines` are in the order of their times; there are earlier ones to load before the line `earliest`, if there is one.
 * @typedef {{ lines: LogLine[], earliest: LogLine | null, lastId: string | null }} LogData
 */

/**
 * @param {LogFilter} filter
 * @param {LogData | null} previous
 * @returns {Promise<LogData>}
 */
export async function loadLog(filter, previous) {
  if (previous) return withNewLines(filter, previous);
  const lines = (await load(NEWEST, where(filter))).reverse();
  return { lines, earliest: firstOfFullPage(lines), lastId: lastOf(lines) };
}

/**
 * @param {LogFilter} filter
 * @param {LogData} log
 * @returns {Promise<LogData>}
 */
export async function loadEarlier(filter, log) {
  if (!log.earliest) return log;
  const { timestamp, id } = log.earliest;
  const before = { timestamp: { _lte: timestamp }, _or: [{ timestamp: { _lt: timestamp } }, { id: { _lt: id } }] };
  const page = (await load(NEWEST, { ...where(filter), ...before })).reverse();
  return { ...log, lines: [...page, ...log.lines], earliest: firstOfFullPage(page) };
}

/**
 * Everything up to the first line, for as long as it is wanted.
 * @param {LogFilter} filter
 * @param {LogData} log
 * @param {() => boolean} isWanted
 * @returns {Promise<LogData>}
 */
export async function loadAllBefore(filter, log, isWanted) {
  let loaded = log;
  while (loaded.earliest && isWanted()) loaded = await loadEarlier(filter, loaded);
  return loaded;
}

/**
 * @param {LogFilter} filter
 * @param {LogData} previous
 * @returns {Promise<LogData>}
 */
async function withNewLines(filter, previous) {
  // A null is no condition: everything, if nothing was logged before.
  const page = await load(NEW, { ...where(filter), id: { _gt: previous.lastId } });
  const last = page.at(-1);
  if (!last) return previous;
  const { earliest, lines } = previous;
  // What belongs before the earliest line comes when that page is loaded.
  const added = earliest ? page.filter((line) => compareLines(line, earliest) > 0) : page;
  const log = { lines: inOrder(lines, added), earliest, lastId: last.id };
  return page.length === PAGE_LINES ? withNewLines(filter, log) : log;
}

/**
 * @param {string} document
 * @param {object} condition
 * @returns {Promise<LogLine[]>}
 */
async function load(document, condition) {
  return (await query(document, { where: condition, limit: PAGE_LINES })).log;
}

/** @param {LogFilter} filter */
function where({ flowRunId, taskRunId, minLevel, text }) {
  return {
    flow_run_id: { _eq: flowRunId },
    task_run_id: { _eq: taskRunId || null },
    level: { _in: minLevel ? LEVELS.slice(LEVELS.indexOf(minLevel)) : null },
    message: { _ilike: text ? containing(text) : null },
  };
}

/**
 * Ids grow in the order in which lines are written.
 * @param {LogLine[]} lines
 */
function lastOf(lines) {
  const ids = lines.map((line) => line.id).sort();
  return ids.at(-1) ?? null;
}

/** @param {LogLine[]} page */
function firstOfFullPage(page) {
  return page.length === PAGE_LINES ? page[0] : null;
}

/**
 * Several processes write lines in batches, so some arrive after others that are newer.
 * @param {LogLine[]} lines
 * @param {LogLine[]} added
 */
function inOrder(lines, added) {
  const all = [...lines, ...added];
  const tail = all.slice(Math.max(0, lines.length - 1));
  const isInOrder = tail.every((line, index) => index === 0 || compareLines(tail[index - 1], line) < 0);
  return isInOrder ? all : all.sort(compareLines);
}

/**
 * @param {LogLine} a
 * @param {LogLine} b
 */
function compareLines(a, b) {
  return compareTexts(a.timestamp, b.timestamp) || compareTexts(a.id, b.id);
}
