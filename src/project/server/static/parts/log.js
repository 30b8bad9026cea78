// The log of a flow run or a task run, live.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/html.js";
import { useLive } from "../live.js";
import { pathTo } from "../router.js";
import { moment } from "../format.js";
import { LEAST_LEVELS, loadEarlier, loadLog } from "./log-data.js";
import { useWindow } from "./windowed.js";

const ROW_PIXELS = 20;
const TYPING_MILLISECONDS = 250;
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23",
});

/** `names`: Map(task run id -> name), for choosing and linking; none of both for one task run's log. */
export function Log({ flowRunId, taskRunId = null, names = new Map(), isOver }) {
  const [filter, setFilter] = useState({ level: "", taskRunId: "", text: "" });
  const asked = { ...filter, flowRunId, taskRunId: taskRunId ?? filter.taskRunId };
  const { data, error, loadMore } = useLines(asked, isOver);
  const isFiltered = Object.values(filter).some(Boolean);
  return html`
    <${Filters} filter=${filter} onFilter=${setFilter} names=${taskRunId ? null : names} />
    ${error && html`<p class="problem" role="alert">${error.message}</p>`}
    <${Lines} key=${JSON.stringify(asked)} log=${data} names=${names} onMore=${loadMore} isFiltered=${isFiltered} isOver=${isOver} />`;
}

/** The lines that are asked for, live: {data, error, loadMore}. */
function useLines(filter, isOver) {
  const wantsEarlier = useRef(false);
  const load = (previous) => {
    const isEarlier = wantsEarlier.current && previous?.from;
    wantsEarlier.current = false;
    return isEarlier ? loadEarlier(filter, previous) : loadLog(filter, previous);
  };
  const { data, error, refresh } = useLive(load, [JSON.stringify(filter)], { isOver: () => isOver });
  const loadMore = () => {
    wantsEarlier.current = true;
    return refresh();
  };
  return { data, error, loadMore };
}

function Filters({ filter, onFilter, names }) {
  const [text, setText] = useState(filter.text);
  const set = (name, value) => onFilter((old) => (old[name] === value ? old : { ...old, [name]: value }));
  const change = (name) => (event) => set(name, event.target.value);
  useEffect(() => {
    const timer = setTimeout(() => set("text", text), TYPING_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class="filters">
    <select aria-label="Level" value=${filter.level} onChange=${change("level")}>
      <option value="">All levels</option>
      ${LEAST_LEVELS.slice(1).map((level) => html`<option key=${level} value=${level}>${level} and above</option>`)}
    </select>
    ${names && html`<select class="shrinks" aria-label="Task" value=${filter.taskRunId} onChange=${change("taskRunId")}>
      <option value="">All tasks</option>
      ${[...names].map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`)}
    </select>`}
    <input
      type="search" class="grows" aria-label="Text" placeholder="Filter by text"
      value=${text} onInput=${(event) => setText(event.target.value)}
    />
  </div>`;
}

function Lines({ log, names, onMore, isFiltered, isOver }) {
  const rows = useMemo(() => (log?.lines ?? []).flatMap(rowsOf), [log?.lines]);
  const { box, first, last, before, after } = useWindow(rows.length, ROW_PIXELS);
  const [isFollowing, follow] = useFollowing(box, rows);
  return html`<div class="log-frame">
    <div
      class="log panel ${names.size ? "has-tasks" : ""}" ref=${box} tabindex="0"
      role="log" aria-live="off" aria-label="Log" aria-busy=${String(!log)}
    >
      ${log?.from && html`<button type="button" class="quiet log-more" onClick=${onMore}>Load earlier lines</button>`}
      ${log && !rows.length && html`<p class="nothing muted">${nothing(isFiltered, isOver)}</p>`}
      <div>
        <div key="before" style=${{ height: before }}></div>
        ${rows.slice(first, last).map((row) => html`<${Line} key=${row.key} row=${row} names=${names} />`)}
        <div key="after" style=${{ height: after }}></div>
      </div>
    </div>
    ${!isFollowing && html`<button type="button" class="log-end" onClick=${follow}>To the end ↓</button>`}
  </div>`;
}

function nothing(isFiltered, isOver) {
  if (isFiltered) return "No line is like that.";
  return isOver ? "Nothing was logged." : "Nothing has been logged yet.";
}

function Line({ row: { line, text, isFirst }, names }) {
  const level = line.level.toLowerCase();
  if (!isFirst) return html`<div class="log-line level-${level} is-more"><span class="log-text">${text}</span></div>`;
  const name = names.get(line.task_run_id);
  return html`<div class="log-line level-${level}">
    <time class="log-time" datetime=${line.timestamp} title=${moment(line.timestamp)}>${CLOCK.format(new Date(line.timestamp))}</time>
    <span class="log-level">${line.level}</span>
    ${names.size > 0 && html`<span class="log-task">
      ${name && html`<a href=${pathTo("task-run", line.task_run_id)} title=${name}>${name}</a>`}
    </span>`}
    <span class="log-text">${text}</span>
  </div>`;
}

/** The rows of one height that a message fills: one for each of its lines. */
function rowsOf(line) {
  const texts = (line.message ?? "").replace(/\n+$/, "").split("\n");
  return texts.map((text, place) => ({ key: `${line.id}/${place}`, line, text, isFirst: place === 0 }));
}

/** Keeps the end in sight while it was, and the lines in sight where they are when earlier ones come. */
function useFollowing(box, rows) {
  const [isFollowing, setFollowing] = useState(true);
  const wasFirst = useRef(null);
  useEffect(() => {
    const element = box.current;
    const look = () => setFollowing(isAtEnd(element));
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, []);
  useLayoutEffect(() => {
    const added = rows.findIndex((row) => row.key === wasFirst.current);
    if (isFollowing) toEnd(box.current);
    else if (added > 0) box.current.scrollTop += added * ROW_PIXELS;
    wasFirst.current = rows[0]?.key ?? null;
  }, [rows]);
  const follow = () => {
    toEnd(box.current);
    setFollowing(true);
  };
  return [isFollowing, follow];
}

function isAtEnd(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 2 * ROW_PIXELS;
}

function toEnd(box) {
  box.scrollTop = box.scrollHeight;
}
