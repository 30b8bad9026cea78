// The log of a flow run or a task run, live.
import { formatTime } from "../shared/format.js";
import { usePolling } from "../shared/polling.js";
import { pathTo } from "../shared/router.js";
import { useVisibleRows } from "../shared/visible-rows.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/html.js";
import { loadEarlier, loadLog, MIN_LEVELS } from "./log-data.js";

/** @import { LogData, LogFilter } from "./log-data.js" */
/** @typedef {Pick<LogFilter, "taskRunId" | "minLevel" | "text">} UserFilter */
/** @typedef {{ key: string, line: LogLine, text: string, isFirst: boolean }} LogRow */

const ROW_PIXELS = 20;
const TYPING_MILLISECONDS = 250;
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

/**
 * `names`: Map(task run id -> name), to filter by and to link; empty for the log of one task run.
 * @param {{ flowRunId: string, taskRunId?: string, names?: Map<string, string>, isOver: boolean }} props
 */
export function Log({ flowRunId, taskRunId, names = new Map(), isOver }) {
  const [userFilter, setUserFilter] = useState(/** @type {UserFilter} */ ({ minLevel: "", taskRunId: "", text: "" }));
  const filter = { ...userFilter, flowRunId, taskRunId: taskRunId ?? userFilter.taskRunId };
  const { data, error, loadMore } = useLog(filter, isOver);
  const isFiltered = Object.values(userFilter).some(Boolean);
  const ended = isOver ? "Nothing was logged." : "Nothing has been logged yet.";
  return html`
    <${Filters} filter=${userFilter} onFilter=${setUserFilter} names=${taskRunId ? null : names} />
    ${error && html`<p class="problem" role="alert">${error.message}</p>`}
    <${Lines}
      key=${JSON.stringify(filter)} log=${data} names=${names} onMore=${loadMore}
      ifEmpty=${isFiltered ? "No line matches the filter." : ended}
    />`;
}

/**
 * @param {LogFilter} filter
 * @param {boolean} isOver
 */
function useLog(filter, isOver) {
  const wantsEarlier = useRef(false);
  const load = (/** @type {LogData | null} */ previous) => {
    const earliest = wantsEarlier.current && previous?.earliest;
    wantsEarlier.current = false;
    return previous && earliest ? loadEarlier(filter, previous, earliest) : loadLog(filter, previous);
  };
  const { data, error, refresh } = usePolling(load, [JSON.stringify(filter)], { isOver: () => isOver });
  const loadMore = () => {
    wantsEarlier.current = true;
    return refresh();
  };
  return { data, error, loadMore };
}

/**
 * @param {{
 *   filter: UserFilter, names: Map<string, string> | null,
 *   onFilter: (change: (previous: UserFilter) => UserFilter) => void,
 * }} props
 */
function Filters({ filter, onFilter, names }) {
  const [text, setText] = useState(filter.text);
  const set = (/** @type {keyof UserFilter} */ name, /** @type {string} */ value) =>
    onFilter((previous) => (previous[name] === value ? previous : { ...previous, [name]: value }));
  const change = (/** @type {keyof UserFilter} */ name) => (/** @type {FieldEvent} */ event) =>
    set(name, event.target.value);
  useEffect(() => {
    const timer = setTimeout(() => set("text", text), TYPING_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class="filters">
    <select aria-label="Level" value=${filter.minLevel} onChange=${change("minLevel")}>
      <option value="">All levels</option>
      ${MIN_LEVELS.map((level) => html`<option key=${level} value=${level}>${level} and above</option>`)}
    </select>
    ${
      names &&
      html`<select class="shrinks" aria-label="Task" value=${filter.taskRunId} onChange=${change("taskRunId")}>
      <option value="">All tasks</option>
      ${[...names].map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`)}
    </select>`
    }
    <input
      type="search" class="grows" aria-label="Text" placeholder="Filter by text"
      value=${text} onInput=${(/** @type {FieldEvent} */ event) => setText(event.target.value)}
    />
  </div>`;
}

/**
 * @param {{ log: LogData | null, names: Map<string, string>, onMore: () => Promise<void>, ifEmpty: string }} props
 */
function Lines({ log, names, onMore, ifEmpty }) {
  const rows = useMemo(() => (log?.lines ?? []).flatMap(rowsOf), [log?.lines]);
  const { box, first, last, before, after } = useVisibleRows(rows.length, ROW_PIXELS);
  const [isFollowing, follow] = useFollowing(box, rows);
  return html`<div class="log-frame">
    <div
      class="log panel ${names.size ? "has-tasks" : ""}" ref=${box} tabindex="0"
      role="log" aria-live="off" aria-label="Log" aria-busy=${String(!log)}
    >
      ${log?.earliest && html`<button type="button" class="quiet log-more" onClick=${onMore}>Load earlier lines</button>`}
      ${log && !rows.length && html`<p class="no-rows muted">${ifEmpty}</p>`}
      <div>
        <div key="before" style=${{ height: before }}></div>
        ${rows.slice(first, last).map((row) => html`<${Line} key=${row.key} row=${row} names=${names} />`)}
        <div key="after" style=${{ height: after }}></div>
      </div>
    </div>
    ${!isFollowing && html`<button type="button" class="log-end" onClick=${follow}>Jump to the end ↓</button>`}
  </div>`;
}

/** @param {{ row: LogRow, names: Map<string, string> }} props */
function Line({ row: { line, text, isFirst }, names }) {
  const level = line.level.toLowerCase();
  if (!isFirst) return html`<div class="log-line level-${level} is-more"><span class="log-text">${text}</span></div>`;
  const name = names.get(line.task_run_id ?? "");
  return html`<div class="log-line level-${level}">
    <time class="log-time" datetime=${line.timestamp} title=${formatTime(line.timestamp)}>${CLOCK.format(new Date(line.timestamp))}</time>
    <span class="log-level">${line.level}</span>
    ${
      names.size > 0 &&
      html`<span class="log-task">
      ${name && html`<a href=${pathTo("task-run", line.task_run_id ?? "")} title=${name}>${name}</a>`}
    </span>`
    }
    <span class="log-text">${text}</span>
  </div>`;
}

/**
 * The rows that a message takes, all of one height: one for each of its lines.
 * @param {LogLine} line
 * @returns {LogRow[]}
 */
function rowsOf(line) {
  const texts = (line.message ?? "").replace(/\n+$/, "").split("\n");
  return texts.map((text, index) => ({ key: `${line.id}/${index}`, line, text, isFirst: index === 0 }));
}

/**
 * Follows the end of the log until the user scrolls up; then what is in sight stays where it is.
 * @param {Ref<HTMLElement>} box
 * @param {LogRow[]} rows
 * @returns {[boolean, () => void]}
 */
function useFollowing(box, rows) {
  const [isFollowing, setFollowing] = useState(true);
  /** @type {Ref<string | null>} */
  const previousFirst = useRef(null);
  useEffect(() => {
    const element = box.current;
    const update = () => setFollowing(isAtEnd(element));
    element.addEventListener("scroll", update, { passive: true });
    return () => element.removeEventListener("scroll", update);
  }, []);
  useLayoutEffect(() => {
    const addedBefore = rows.findIndex((row) => row.key === previousFirst.current);
    if (isFollowing) scrollToEnd(box.current);
    else if (addedBefore > 0) box.current.scrollTop += addedBefore * ROW_PIXELS;
    previousFirst.current = rows[0]?.key ?? null;
  }, [rows]);
  const follow = () => {
    scrollToEnd(box.current);
    setFollowing(true);
  };
  return [isFollowing, follow];
}

/** @param {HTMLElement} box */
function isAtEnd(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 2 * ROW_PIXELS;
}

/** @param {HTMLElement} box */
function scrollToEnd(box) {
  box.scrollTop = box.scrollHeight;
}
