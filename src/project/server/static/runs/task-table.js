// Task runs in a table that sorts and filters.
import { compareTexts, formatCount, formatDuration, formatTime, millisecondsBetween } from "../shared/format.js";
import { useNow } from "../shared/relative-time.js";
import { pathTo, setQuery, useRoute } from "../shared/router.js";
import { SearchField } from "../shared/search-field.js";
import { StateBadge } from "../shared/state-badge.js";
import { compareNames, NATURAL_ORDER, taskRunName } from "../shared/tasks.js";
import { useVisibleRows } from "../shared/visible-rows.js";
import { html, useMemo } from "../vendor/html.js";

/** @typedef {string | number | null} SortKey */
/** @typedef {(a: any, b: any) => number} Compare */
/** @typedef {{ id: string, title: string, sortKey: (taskRun: TaskRun) => SortKey, compare: Compare }} Column */
/** @typedef {{ column: string, isDescending: boolean }} Order */
/** @typedef {{ state: string, text: string }} TaskFilter */

const ROW_PIXELS = 36;
const DEFAULT_SORT = "started";
/** @type {Column[]} */
const COLUMNS = [
  { id: "name", title: "Task", sortKey: taskRunName, compare: NATURAL_ORDER.compare },
  { id: "state", title: "State", sortKey: ({ state }) => state, compare: NATURAL_ORDER.compare },
  { id: "started", title: "Started", sortKey: ({ attempts }) => attempts[0]?.start ?? null, compare: compareTexts },
  { id: "duration", title: "Duration", sortKey: ({ attempts }) => lastMilliseconds(attempts), compare: compareNumbers },
  { id: "attempts", title: "Attempts", sortKey: ({ attempts }) => attempts.length, compare: compareNumbers },
];

/** @param {{ taskRuns: TaskRun[], label?: string }} props */
export function TaskTable({ taskRuns, label = "Task runs" }) {
  const { query } = useRoute();
  const filter = { state: query.get("state") ?? "", text: query.get("name") ?? "" };
  const order = orderIn(query.get("sort") ?? DEFAULT_SORT);
  useNow(taskRuns.some(({ attempts }) => attempts.at(-1)?.end === null)); // a duration grows
  const rows = useMemo(
    () => sorted(matching(taskRuns, filter), order),
    [taskRuns, filter.state, filter.text, order.column, order.isDescending],
  );
  const { box, first, last, before, after } = useVisibleRows(rows.length, ROW_PIXELS);
  return html`
    <${Filters} taskRuns=${taskRuns} filter=${filter} count=${rows.length} />
    <div class="panel scroll task-table" data-scroll="tasks" ref=${box} tabindex="0" role="region" aria-label=${label}>
      <table class="table" aria-rowcount=${rows.length + 1}>
        <thead><tr>${COLUMNS.map((column) => html`<${HeaderCell} key=${column.id} column=${column} order=${order} />`)}</tr></thead>
        <tbody>
          <tr key="before" aria-hidden="true" class="spacer"><td style=${{ height: before }}></td></tr>
          ${rows.slice(first, last).map((taskRun, index) => html`<${Row} key=${taskRun.id} taskRun=${taskRun} index=${first + index + 2} />`)}
          <tr key="after" aria-hidden="true" class="spacer"><td style=${{ height: after }}></td></tr>
        </tbody>
      </table>
      ${!rows.length && html`<p class="no-rows muted">No task run matches the filter.</p>`}
    </div>`;
}

/**
 * "-name" is by name, descending.
 * @param {string} sort
 * @returns {Order}
 */
function orderIn(sort) {
  const isDescending = sort.startsWith("-");
  return { column: isDescending ? sort.slice(1) : sort, isDescending };
}

/** @param {{ taskRuns: TaskRun[], filter: TaskFilter, count: number }} props */
function Filters({ taskRuns, filter, count }) {
  const states = useMemo(() => [...new Set(taskRuns.map(({ state }) => state))].sort(), [taskRuns]);
  const chooseState = (/** @type {FieldEvent} */ event) => setQuery({ state: event.target.value });
  return html`<div class="filters">
    <select aria-label="State" value=${filter.state} onChange=${chooseState}>
      <option value="">All states</option>
      ${states.map((state) => html`<option key=${state} value=${state}>${state}</option>`)}
    </select>
    <${SearchField} class="grows" label="Name" placeholder="Filter by name" text=${filter.text}
      onText=${(/** @type {string} */ name) => setQuery({ name })} />
    <span class="muted small" role="status">${formatCount(count, "task run")}</span>
  </div>`;
}

/** @param {{ column: Column, order: Order }} props */
function HeaderCell({ column, order }) {
  const isSorted = order.column === column.id;
  const direction = order.isDescending ? "descending" : "ascending";
  const choose = () => {
    const sort = isSorted && !order.isDescending ? `-${column.id}` : column.id;
    setQuery({ sort: sort === DEFAULT_SORT ? null : sort });
  };
  return html`<th scope="col" class="column-${column.id}" aria-sort=${isSorted ? direction : "none"}>
    <button type="button" class="sorter" onClick=${choose}>${column.title}<span class="sorter-mark" aria-hidden="true"></span></button>
  </th>`;
}

/** @param {{ taskRun: TaskRun, index: number }} props */
function Row({ taskRun, index }) {
  const { id, state, attempts } = taskRun;
  const name = taskRunName(taskRun);
  const last = attempts.at(-1);
  return html`<tr aria-rowindex=${index}>
    <th scope="row" class="column-name"><a href=${pathTo("task-run", id)} title=${name}>${name}</a></th>
    <td class="column-state"><${StateBadge} state=${state} /></td>
    <td class="column-started numbers">${attempts[0] ? formatTime(attempts[0].start) : ""}</td>
    <td class="column-duration numbers">${last ? formatDuration(last.start, last.end) : ""}</td>
    <td class="column-attempts numbers">${attempts.length || ""}</td>
  </tr>`;
}

/**
 * @param {TaskRun[]} taskRuns
 * @param {TaskFilter} filter
 */
function matching(taskRuns, { state, text }) {
  const words = text.trim().toLowerCase();
  return taskRuns.filter(
    (taskRun) => (!state || taskRun.state === state) && taskRunName(taskRun).toLowerCase().includes(words),
  );
}

/**
 * @param {TaskRun[]} taskRuns
 * @param {Order} order
 */
function sorted(taskRuns, { column, isDescending }) {
  const { sortKey, compare } = COLUMNS.find(({ id }) => id === column) ?? COLUMNS[0];
  const inOrder = isDescending ? (/** @type {SortKey} */ a, /** @type {SortKey} */ b) => compare(b, a) : compare;
  return [...taskRuns].sort((a, b) => compareKeys(sortKey(a), sortKey(b), inOrder) || compareNames(a, b));
}

/**
 * What has no value yet comes last in both directions.
 * @param {SortKey} a
 * @param {SortKey} b
 * @param {Compare} compare
 */
function compareKeys(a, b, compare) {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compare(a, b);
}

/**
 * @param {number} a
 * @param {number} b
 */
function compareNumbers(a, b) {
  return a - b;
}

/** @param {Attempt[]} attempts */
function lastMilliseconds(attempts) {
  const last = attempts.at(-1);
  return last ? millisecondsBetween(last.start, last.end) : null;
}
