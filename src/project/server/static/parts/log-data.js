// Log lines as the page holds them: the newest first loaded, then what comes, earlier ones on demand.
import { ask } from "../api.js";

const FIELDS = "id timestamp level name message task_run_id";
const NEWEST = `query ($where: log_bool_exp!, $limit: Int!) {
  log(where: $where, order_by: {id: desc}, limit: $limit) { ${FIELDS} }
}`;
const NEXT = `query ($where: log_bool_exp!, $limit: Int!) {
  log(where: $where, order_by: {id: asc}, limit: $limit) { ${FIELDS} }
}`;
const PAGE_LINES = 2000;
const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const NO_LINES = { lines: [], firstId: null, lastId: 0, hasEarlier: false };

export const LEAST_LEVELS = LEVELS.slice(0, 4);

/** Returns {lines, hasEarlier, ...}; `filter`: {flowRunId, taskRunId, level (the least one), text}. */
export async function loadLog(filter, previous) {
  if (previous) return withNext(filter, previous);
  const found = await load(NEWEST, where(filter));
  return joined(NO_LINES, found.reverse(), found.length === PAGE_LINES);
}

export async function loadEarlier(filter, log) {
  const found = await load(NEWEST, where(filter, { _lt: log.firstId }));
  return joined(log, found.reverse(), found.length === PAGE_LINES);
}

async function withNext(filter, previous) {
  const found = await load(NEXT, where(filter, { _gt: previous.lastId }));
  const log = found.length ? joined(previous, found, previous.hasEarlier) : previous;
  return found.length === PAGE_LINES ? withNext(filter, log) : log;
}

async function load(document, condition) {
  return (await ask(document, { where: condition, limit: PAGE_LINES })).log;
}

function where({ flowRunId, taskRunId, level, text }, id = {}) {
  return {
    flow_run_id: { _eq: flowRunId },
    task_run_id: { _eq: taskRunId || null },
    level: { _in: level && level !== LEVELS[0] ? LEVELS.slice(LEVELS.indexOf(level)) : null },
    message: { _ilike: text ? `%${text}%` : null },
    id,
  };
}

function joined(log, found, hasEarlier) {
  if (!found.length) return { ...log, hasEarlier };
  const ids = found.map((each) => each.id);
  return {
    lines: inOrder(log.lines, found),
    firstId: Math.min(log.firstId ?? Infinity, ids[0]),
    lastId: Math.max(log.lastId, ids.at(-1)),
    hasEarlier,
  };
}

// Lines come in the order of their ids; processes that send theirs late may have earlier times.
function inOrder(lines, found) {
  const all = lines.length && found[0].id < lines[0].id ? [...found, ...lines] : [...lines, ...found];
  const isOrdered = all.every((each, place) => !place || all[place - 1].timestamp <= each.timestamp);
  return isOrdered ? all : all.sort((a, b) => (a.timestamp < b.timestamp ? -1 : Number(a.timestamp > b.timestamp)));
}
