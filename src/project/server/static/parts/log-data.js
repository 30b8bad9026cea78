// Log lines as the page holds them: the newest at first, then what comes, earlier ones on demand.
import { ask } from "../api.js";

const FIELDS = "id timestamp level name message task_run_id";
const NEWEST = `query ($where: log_bool_exp!, $limit: Int!) {
  log(where: $where, order_by: [{timestamp: desc}, {id: desc}], limit: $limit) { ${FIELDS} }
}`;
const ADDED = `query ($where: log_bool_exp!, $limit: Int!) {
  log(where: $where, order_by: {id: asc}, limit: $limit) { ${FIELDS} }
}`;
const PAGE_LINES = 2000;
const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

export const LEAST_LEVELS = LEVELS.slice(0, 4);

/**
 * Returns {lines, from, lastId}: lines in the order of their times; `from` is the line before which
 * there are earlier ones to load, or null. `filter`: {flowRunId, taskRunId, level (the least one), text}.
 */
export async function loadLog(filter, previous) {
  if (previous) return withAdded(filter, previous);
  const lines = (await load(NEWEST, where(filter))).reverse();
  return { lines, from: beginning(lines), lastId: Math.max(0, ...lines.map((each) => each.id)) };
}

export async function loadEarlier(filter, log) {
  const { timestamp, id } = log.from;
  const before = { timestamp: { _lte: timestamp }, _or: [{ timestamp: { _lt: timestamp } }, { id: { _lt: id } }] };
  const found = (await load(NEWEST, { ...where(filter), ...before })).reverse();
  return { ...log, lines: [...found, ...log.lines], from: beginning(found) };
}

/** Adds the lines that were written since; those before the beginning come when that is loaded. */
async function withAdded(filter, previous) {
  const found = await load(ADDED, { ...where(filter), id: { _gt: previous.lastId } });
  if (!found.length) return previous;
  const { from, lines } = previous;
  const added = from ? found.filter((each) => compare(each, from) > 0) : found;
  const log = { lines: inOrder(lines, added), from, lastId: found.at(-1).id };
  return found.length === PAGE_LINES ? withAdded(filter, log) : log;
}

async function load(document, condition) {
  return (await ask(document, { where: condition, limit: PAGE_LINES })).log;
}

function where({ flowRunId, taskRunId, level, text }) {
  return {
    flow_run_id: { _eq: flowRunId },
    task_run_id: { _eq: taskRunId || null },
    level: { _in: level ? LEVELS.slice(LEVELS.indexOf(level)) : null },
    message: { _ilike: text ? `%${text.replace(/[\\%_]/g, "\\$&")}%` : null },
  };
}

/** The first line of a page that was full: there may be others before it. */
function beginning(page) {
  return page.length === PAGE_LINES ? page[0] : null;
}

// Lines are written in batches, by several processes: some come after others that are newer.
function inOrder(lines, added) {
  const isInOrder = (all) => all.every((each, place) => !place || compare(all[place - 1], each) < 0);
  const all = [...lines, ...added];
  return isInOrder([...lines.slice(-1), ...added]) ? all : all.sort(compare);
}

function compare(a, b) {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return a.id - b.id;
}
