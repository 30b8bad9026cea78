// The lines of a log, of which only those in sight are in the document.
import { focusOn } from "../shared/focus.js";
import { formatDate, formatTime } from "../shared/format.js";
import { pathTo } from "../shared/router.js";
import { useVisibleRows } from "../shared/visible-rows.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/html.js";
import { layOut } from "./log-rows.js";
import { logText } from "./log-text.js";

/** @import { LogData } from "./log-data.js" */
/** @import { LogLayout, LogRow } from "./log-rows.js" */

const ROW_PIXELS = 20;
const MARGIN_PIXELS = 12;
const MIN_COLUMNS = 20;
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

/**
 * `onFirst` loads everything before the earliest line that is loaded.
 * @param {{
 *   log: LogData | null, names: Map<string, string>, ifEmpty: string, isWrapped: boolean,
 *   onMore: () => Promise<void>, onFirst: () => Promise<void>,
 * }} props
 */
export function LogLines({ log, names, ifEmpty, isWrapped, onMore, onFirst }) {
  const [columns, setColumns] = useState(Infinity);
  /** @type {Ref<LogLayout | null>} */
  const layout = useRef(null);
  const rows = useMemo(() => {
    layout.current = layOut(layout.current, log?.lines ?? [], isWrapped ? columns : Infinity);
    return layout.current.rows;
  }, [log?.lines, isWrapped, columns]);
  const { box, first, last, before, after } = useVisibleRows(rows.length, ROW_PIXELS);
  const { isFollowing, follow, goToStart } = useFollowing(box, rows);
  const selectAll = useSelectingAll(box, () => logText(log?.lines ?? [], names));
  useLayoutEffect(() => {
    const measure = () => setColumns(columnsIn(box.current));
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    measure();
    return () => observer.disconnect();
  }, [rows.length > 0]);
  const showLast = () => {
    focusOn(box.current); // the button goes away
    follow();
  };
  const showFirst = async () => {
    await onFirst();
    goToStart();
  };
  return html`<div class="log-frame">
    <div
      class="log panel ${names.size ? "has-tasks" : ""}" ref=${box} tabindex="0" onKeyDown=${selectAll}
      role="log" aria-live="off" aria-label="Log" aria-busy=${String(!log)}
    >
      ${log?.earliest && html`<button type="button" class="quiet log-more" onClick=${onMore}>Load earlier lines</button>`}
      ${log && !rows.length && html`<p class="no-rows muted">${ifEmpty}</p>`}
      <div class="log-rows">
        <div key="before" style=${{ height: before }}></div>
        ${rows.slice(first, last).map((row) => html`<${Line} key=${row.key} row=${row} names=${names} />`)}
        <div key="after" style=${{ height: after }}></div>
      </div>
      <span class="log-ruler" aria-hidden="true"></span>
    </div>
    <div class="log-jumps">
      ${rows.length > 0 && html`<button type="button" onClick=${showFirst}>First line ↑</button>`}
      ${!isFollowing && html`<button type="button" onClick=${showLast}>Jump to the end ↓</button>`}
    </div>
  </div>`;
}

/** @param {{ row: LogRow, names: Map<string, string> }} props */
function Line({ row: { line, text, kind }, names }) {
  if (kind === "day") return html`<div class="log-line log-day"><span>${formatDate(line.timestamp)}</span></div>`;
  const level = line.level.toLowerCase();
  if (kind === "more")
    return html`<div class="log-line level-${level} is-more"><span class="log-text">${text}</span></div>`;
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
 * How many letters fit beside the columns of time, level and task.
 * @param {HTMLElement} box
 */
function columnsIn(box) {
  const text = /** @type {HTMLElement | null} */ (box.querySelector(".log-line:not(.is-more) > .log-text"));
  const ruler = /** @type {HTMLElement} */ (box.querySelector(".log-ruler"));
  if (!text) return Infinity;
  const room = box.clientWidth - (text.getBoundingClientRect().left - box.getBoundingClientRect().left) - MARGIN_PIXELS;
  return Math.max(MIN_COLUMNS, Math.floor((room - box.scrollLeft) / (ruler.offsetWidth / 100)));
}

/**
 * Ctrl+A selects the log alone; what is copied then is all of it, also the lines that are not in the document.
 * @param {Ref<HTMLElement>} box
 * @param {() => string} textOf
 */
function useSelectingAll(box, textOf) {
  const isAll = useRef(false);
  const latestText = useRef(textOf);
  latestText.current = textOf;
  useEffect(() => {
    const copy = (/** @type {ClipboardEvent} */ event) => {
      if (!isAll.current) return;
      event.preventDefault();
      event.clipboardData?.setData("text/plain", latestText.current());
    };
    const forget = () => {
      isAll.current = false;
    };
    const element = box.current;
    element.addEventListener("copy", copy);
    addEventListener("pointerdown", forget);
    return () => {
      element.removeEventListener("copy", copy);
      removeEventListener("pointerdown", forget);
    };
  }, []);
  return (/** @type {KeyboardEvent} */ event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "a") return;
    event.preventDefault();
    getSelection()?.selectAllChildren(box.current);
    isAll.current = true;
  };
}

/**
 * Follows the end of the log until the user scrolls up; then what is in sight stays where it is.
 * @param {Ref<HTMLElement>} box
 * @param {LogRow[]} rows
 */
function useFollowing(box, rows) {
  const [isFollowing, setFollowing] = useState(true);
  /** @type {Ref<{ key: string, top: number } | null>} */
  const anchor = useRef(null);
  useEffect(() => {
    const element = box.current;
    const update = () => setFollowing(isAtEnd(element));
    element.addEventListener("scroll", update, { passive: true });
    return () => element.removeEventListener("scroll", update);
  }, []);
  useLayoutEffect(() => {
    const { key, top } = anchor.current ?? {};
    const place = key === undefined ? -1 : rows.findIndex((row) => row.key === key);
    if (isFollowing) scrollToEnd(box.current);
    else if (place >= 0 && top !== undefined) box.current.scrollTop += topOf(box.current, place) - top;
    // Not a day: its row goes when earlier lines of the same day come before it.
    const first = rows.findIndex(({ kind }) => kind !== "day");
    anchor.current = first < 0 ? null : { key: rows[first].key, top: topOf(box.current, first) };
  }, [rows]);
  const goToStart = () => {
    if (!box.current) return; // left while the lines were loaded
    setFollowing(false);
    box.current.scrollTop = 0;
  };
  const follow = () => {
    scrollToEnd(box.current);
    setFollowing(true);
  };
  return { isFollowing, follow, goToStart };
}

/**
 * Where a row is in all that can be scrolled, which begins with a button while there are earlier lines.
 * @param {HTMLElement} box
 * @param {number} row
 */
function topOf(box, row) {
  const rows = /** @type {HTMLElement} */ (box.querySelector(".log-rows"));
  return rows.offsetTop + row * ROW_PIXELS;
}

/** @param {HTMLElement} box */
function isAtEnd(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 2 * ROW_PIXELS;
}

/** @param {HTMLElement} box */
function scrollToEnd(box) {
  box.scrollTop = box.scrollHeight;
}
