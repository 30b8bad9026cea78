// Task runs in a table that sorts and filters.
import { html, useMemo, useState } from "../vendor/html.js";
import { pathTo } from "../router.js";
import { State } from "../states.js";
import { count, duration, moment, present } from "../format.js";
import { ALPHABETICALLY, byName, nameOf } from "./run-data.js";
import { useNow } from "./time.js";
import { useWindow } from "./windowed.js";

const ROW_PIXELS = 36;
const COLUMNS = [
  { id: "name", title: "Task", value: nameOf },
  { id: "state", title: "State", value: (each) => each.state },
  { id: "started", title: "Started", value: (each) => each.attempts[0]?.start ?? null },
  { id: "duration", title: "Duration", value: (each) => millisecondsOf(each) },
  { id: "attempts", title: "Attempts", value: (each) => each.attempts.length },
];

export function TaskTable({ taskRuns, label = "Task runs" }) {
  const [order, setOrder] = useState({ column: "started", isDescending: false });
  const [filter, setFilter] = useState({ state: "", text: "" });
  const isRunning = taskRuns.some((each) => each.attempts.at(-1)?.end === null);
  useNow(isRunning);
  const rows = useMemo(() => sorted(matching(taskRuns, filter), order), [taskRuns, filter, order]);
  const { box, first, last, before, after } = useWindow(rows.length, ROW_PIXELS);
  return html`
    <${Filter} taskRuns=${taskRuns} filter=${filter} onFilter=${setFilter} found=${rows.length} />
    <div class="panel scroll task-table" ref=${box} tabindex="0" role="region" aria-label=${label}>
      <table class="table" aria-rowcount=${rows.length + 1}>
        <thead><tr>${COLUMNS.map((each) => html`<${Head} key=${each.id} column=${each} order=${order} onOrder=${setOrder} />`)}</tr></thead>
        <tbody>
          <tr key="before" aria-hidden="true" class="spacer"><td style=${{ height: before }}></td></tr>
          ${rows.slice(first, last).map((each, place) => html`<${Row} key=${each.id} taskRun=${each} index=${first + place + 2} />`)}
          <tr key="after" aria-hidden="true" class="spacer"><td style=${{ height: after }}></td></tr>
        </tbody>
      </table>
      ${!rows.length && html`<p class="nothing muted">No task run is like that.</p>`}
    </div>`;
}

function Filter({ taskRuns, filter, onFilter, found }) {
  const states = useMemo(() => [...new Set(taskRuns.map((each) => each.state))].sort(), [taskRuns]);
  const change = (name) => (event) => onFilter({ ...filter, [name]: event.target.value });
  return html`<div class="filters">
    <select aria-label="State" value=${filter.state} onChange=${change("state")}>
        <option value="">All states</option>
        ${states.map((state) => html`<option key=${state} value=${state}>${state}</option>`)}
      </select>
    <input type="search" class="grows" aria-label="Name" placeholder="Filter by name" value=${filter.text} onInput=${change("text")} />
    <span class="muted small" role="status">${count(found, "task run")}</span>
  </div>`;
}

function Head({ column, order, onOrder }) {
  const isSorted = order.column === column.id;
  const direction = order.isDescending ? "descending" : "ascending";
  const choose = () => onOrder({ column: column.id, isDescending: isSorted && !order.isDescending });
  return html`<th scope="col" class="column-${column.id}" aria-sort=${isSorted ? direction : "none"}>
    <button type="button" class="sorter" onClick=${choose}>${column.title}<span class="sorter-mark" aria-hidden="true"></span></button>
  </th>`;
}

function Row({ taskRun, index }) {
  const { id, state, attempts } = taskRun;
  const name = nameOf(taskRun);
  return html`<tr aria-rowindex=${index}>
    <th scope="row" class="column-name"><a href=${pathTo("task-run", id)} title=${name}>${name}</a></th>
    <td class="column-state"><${State} state=${state} /></td>
    <td class="column-started numbers">${attempts[0] ? moment(attempts[0].start) : ""}</td>
    <td class="column-duration numbers">${attempts.length ? duration(attempts.at(-1).start, attempts.at(-1).end) : ""}</td>
    <td class="column-attempts numbers">${attempts.length || ""}</td>
  </tr>`;
}

function matching(taskRuns, { state, text }) {
  const wanted = text.trim().toLowerCase();
  return taskRuns.filter((each) => (!state || each.state === state) && nameOf(each).toLowerCase().includes(wanted));
}

function sorted(taskRuns, { column, isDescending }) {
  const { value } = COLUMNS.find((each) => each.id === column);
  const sign = isDescending ? -1 : 1;
  return [...taskRuns].sort((a, b) => compare(value(a), value(b), sign) || byName(a, b));
}

/** What has no value yet comes last, upwards and downwards. */
function compare(a, b, sign) {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return sign * (typeof a === "string" ? ALPHABETICALLY.compare(a, b) : a - b);
}

function millisecondsOf({ attempts }) {
  const last = attempts.at(-1);
  return last ? (last.end ? Date.parse(last.end) : present()) - Date.parse(last.start) : null;
}
