// All runs of all flows, the newest first: found by state, time, flow and text, and acted on together.
import { focusOn } from "../shared/focus.js";
import { formatCount, lastLine } from "../shared/format.js";
import { NotifySwitch } from "../shared/notify-switch.js";
import { PageButtons, useLastPage } from "../shared/page-buttons.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { RelativeTime, useNow } from "../shared/relative-time.js";
import { pathTo } from "../shared/router.js";
import { StateBadge } from "../shared/state-badge.js";
import { durationOf, isGoingOn } from "../shared/states.js";
import { useTitle } from "../shared/title.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/html.js";
import { BULK_ACTIONS } from "./bulk-actions.js";
import { BulkDialog } from "./bulk-dialog.js";
import { CommonReasons } from "./common-reasons.js";
import { useFailedSinceLastVisit } from "./last-visit.js";
import { filterIn, isFiltered, isUpcoming } from "./run-filter.js";
import { RunFilters } from "./run-filters.js";
import { countMatching, loadMatching, loadRunList, MAX_MATCHING_TASKS, PAGE_SIZE } from "./run-list-data.js";

/** @import { BulkAction } from "./bulk-actions.js" */
/** @import { RunFilter } from "./run-filter.js" */
/** @import { RunListData, RunListRow, SelectedRun } from "./run-list-data.js" */
/** @typedef {Map<string, SelectedRun>} Selected */
/** @typedef {(change: (previous: Selected) => Selected) => void} Select */

const MAX_SELECTED = 1000;

/** @param {ViewProps} props */
export default function RunList({ query }) {
  useTitle("Runs");
  const filter = filterIn(query);
  const mustReload = useRef(false);
  const load = (/** @type {RunListData | null} */ previous) => {
    const loaded = mustReload.current ? null : previous;
    mustReload.current = false;
    return loadRunList(filter, loaded);
  };
  const { data, error, refresh } = usePolling(load, [JSON.stringify(filter)], { seconds: 2 });
  // Runs that were deleted are not among those that have changed.
  const reload = () => {
    mustReload.current = true;
    return refresh();
  };
  const key = keyOf(filter);
  const [selected, select] = useState(/** @type {Selected} */ (new Map()));
  // What another filter shows may have none of them.
  useLayoutEffect(() => select((previous) => (previous.size ? new Map() : previous)), [key]);
  const selectOnly = (/** @type {RunListRow[]} */ runs) => select(() => byId(runs));
  const { count, isOfFilter } = useCount(filter, data && `${data.since} ${data.loadedAt}`);
  useLastPage(filter.page, isOfFilter ? count : null, PAGE_SIZE);
  return html`
    <div class="view-head">
      <h1>Runs</h1>
      <p class="muted" role="status">${count !== null && formatCount(count, "run")}</p>
      <${NotifySwitch} />
    </div>
    <${FailedSinceLastVisit} />
    <${RunFilters} filter=${filter} />
    <${ErrorBanner} error=${error} />
    <div class="runs-tools">
      <${Selection} filter=${filter} count=${count ?? 0} selected=${selected} select=${select} reload=${reload} />
      ${count !== null && html`<${PageButtons} page=${filter.page} count=${count} size=${PAGE_SIZE} />`}
    </div>
    ${data?.isSearchCut && html`<p class="muted small" role="status">Only the latest ${MAX_MATCHING_TASKS} failed tasks with this name were searched; older runs may also match.</p>`}
    ${data && html`<${CommonReasons} rows=${data.rows} onSelect=${selectOnly} />`}
    ${data && html`<${Table} rows=${data.rows} filter=${filter} selected=${selected} select=${select} />`}`;
}

/**
 * What one selection and one count belong to: all pages of a filter.
 * @param {RunFilter} filter
 */
function keyOf(filter) {
  return JSON.stringify({ ...filter, page: 1 });
}

/**
 * Counted again when anything has changed. The last number stays meanwhile, and with it the buttons and the focus:
 * `isOfFilter` is false if it is that of another filter.
 * @param {RunFilter} filter
 * @param {string | null} version
 */
function useCount(filter, version) {
  const key = keyOf(filter);
  const [{ count, counted }, setCount] = useState(
    /** @type {{ count: number | null, counted: string }} */ ({ count: null, counted: "" }),
  );
  useEffect(() => {
    if (version === null) return undefined;
    let isLate = false;
    countMatching(filter).then(
      (number) => isLate || setCount({ count: number, counted: key }),
      () => {}, // the list itself says that the server is away
    );
    return () => {
      isLate = true;
    };
  }, [key, version]);
  return { count, isOfFilter: counted === key };
}

function FailedSinceLastVisit() {
  const failed = useFailedSinceLastVisit();
  if (!failed?.count) return null;
  const address = pathTo("runs", undefined, { state: "failed", ended: failed.since });
  return html`<p class="notice since-visit" role="status">
    <a href=${address}>${formatCount(failed.count, "run")} failed</a> since your last visit, <${RelativeTime} time=${failed.since} />.
  </p>`;
}

/**
 * @param {{ filter: RunFilter, count: number, selected: Selected, select: Select, reload: () => Promise<void> }} props
 */
function Selection({ filter, count, selected, select, reload }) {
  const [action, setAction] = useState(/** @type {BulkAction | null} */ (null));
  const [problem, setProblem] = useState("");
  /** @type {Ref<HTMLElement>} */
  const group = useRef();
  const shownKey = useRef("");
  shownKey.current = keyOf(filter);
  const selectMatching = async () => {
    focusOn(group.current); // the button goes away
    try {
      const runs = await loadMatching(filter, MAX_SELECTED);
      if (shownKey.current === keyOf(filter)) select(() => byId(runs));
      setProblem("");
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message);
    }
  };
  const clear = () => {
    focusOn(group.current); // the button goes away
    select(() => new Map());
  };
  const finish = async (/** @type {SelectedRun[]} */ left) => {
    select(() => byId(left));
    await reload();
  };
  const runs = [...selected.values()];
  const matching = Math.min(count, MAX_SELECTED);
  const words =
    count > MAX_SELECTED ? `Select the first ${MAX_SELECTED.toLocaleString()}` : `Select all ${count.toLocaleString()}`;
  return html`<div class="run-selection" role="group" aria-label="Selection" ref=${group}>
    <span role="status" class="numbers">${runs.length ? `${runs.length.toLocaleString()} selected` : ""}</span>
    ${
      runs.length > 0 &&
      BULK_ACTIONS.map(
        (each) => html`<button key=${each.id} type="button" class=${each.isDangerous ? "danger" : null}
          onClick=${() => setAction(each)}>${each.title}</button>`,
      )
    }
    ${runs.length > 0 && html`<button type="button" class="quiet" onClick=${clear}>Clear selection</button>`}
    ${runs.length < matching && html`<button type="button" class="quiet" onClick=${selectMatching}>${words}</button>`}
    ${problem && html`<span class="problem" role="alert">${problem}</span>`}
    ${action && html`<${BulkDialog} action=${action} runs=${runs} onDone=${finish} onClose=${() => setAction(null)} />`}
  </div>`;
}

/**
 * @param {SelectedRun[]} runs
 * @returns {Selected}
 */
function byId(runs) {
  return new Map(runs.map((run) => [run.id, run]));
}

/** @param {{ rows: RunListRow[], filter: RunFilter, selected: Selected, select: Select }} props */
function Table({ rows, filter, selected, select }) {
  useNow(rows.some(isGoingOn)); // durations grow
  if (!rows.length && filter.page > 1) return null; // the last page that there is comes in its place
  if (!rows.length) {
    const words = isFiltered(filter) ? "No run matches the filters." : "No runs yet. Start one from its flow.";
    return html`<div class="empty"><p>${words}</p></div>`;
  }
  const set = (/** @type {RunListRow[]} */ changed, /** @type {boolean} */ isIn) =>
    select((previous) => {
      const next = new Map(previous);
      for (const run of changed) {
        if (isIn) next.set(run.id, run);
        else next.delete(run.id);
      }
      return next;
    });
  const areUpcoming = isUpcoming(filter);
  const count = rows.filter(({ id }) => selected.has(id)).length;
  return html`<div class="panel scroll"><table class="table run-list">
    <thead><tr>
      <th scope="col" class="pick"><${Checkbox} label="Select all that are shown" isChecked=${count === rows.length} isMixed=${count > 0 && count < rows.length}
        onChange=${(/** @type {boolean} */ isIn) => set(rows, isIn)} /></th>
      <th scope="col">Run</th><th scope="col">State</th><th scope="col">${areUpcoming ? "Starts" : "Started"}</th>
      <th scope="col">Duration</th><th scope="col">What happened</th>
    </tr></thead>
    <tbody>${rows.map(
      (run) =>
        html`<${Row} key=${run.id} run=${run} isUpcoming=${areUpcoming} isSelected=${selected.has(run.id)} onSelect=${(/** @type {boolean} */ isIn) => set([run], isIn)} />`,
    )}</tbody>
  </table></div>`;
}

/** @param {{ run: RunListRow, isUpcoming: boolean, isSelected: boolean, onSelect: (isIn: boolean) => void }} props */
function Row({ run, isUpcoming, isSelected, onSelect }) {
  const { id, name, state, flow } = run;
  return html`<tr aria-selected=${String(isSelected)}>
    <td class="pick"><${Checkbox} label="Select ${flow.name} ${name}" isChecked=${isSelected} onChange=${onSelect} /></td>
    <th scope="row"><a href=${pathTo("flow-run", id)}>${name}</a>
      <span class="small muted run-flow"><a href=${pathTo("flow", flow.id)}>${flow.name}</a></span></th>
    <td class="run-state"><${StateBadge} state=${state} /></td>
    <td class="run-start"><${Start} run=${run} isUpcoming=${isUpcoming} /></td>
    <td class="numbers run-duration">${durationOf(run)}</td>
    <td class="run-cause"><${Cause} run=${run} /></td>
  </tr>`;
}

/**
 * A run that never started was only due.
 * @param {{ run: RunListRow, isUpcoming: boolean }} props
 */
function Start({ run: { start_time: start, scheduled_start_time: due }, isUpcoming }) {
  if (start || isUpcoming) return html`<${RelativeTime} time=${start ?? due} />`;
  return html`<span class="muted">due <${RelativeTime} time=${due} /></span>`;
}

/**
 * The task that failed first, and the last line of its error.
 * @param {{ run: RunListRow }} props
 */
function Cause({
  run: {
    state,
    state_message: message,
    failed: [task],
  },
}) {
  if (task) {
    return html`<a href=${pathTo("task-run", task.id)}>${task.task.name}</a>
      <span class="cause-message" title=${task.state_message}>${lastLine(task.state_message)}</span>`;
  }
  return state === "Success"
    ? null
    : html`<span class="muted cause-message" title=${message}>${lastLine(message)}</span>`;
}

/**
 * @param {{ label: string, isChecked: boolean, isMixed?: boolean, onChange: (isChecked: boolean) => void }} props
 */
function Checkbox({ label, isChecked, isMixed = false, onChange }) {
  /** @type {Ref<HTMLInputElement>} */
  const box = useRef();
  useEffect(() => {
    box.current.indeterminate = isMixed;
  }, [isMixed]);
  const change = (/** @type {Event & { target: HTMLInputElement }} */ event) => onChange(event.target.checked);
  return html`<input type="checkbox" ref=${box} aria-label=${label} checked=${isChecked} onChange=${change} />`;
}
