// The last runs of a flow beside each other: nodes down, runs across, the state and the duration in each cell.
import { MAX_UNFOLDED } from "../graph/namespaces.js";
import { FoldButtons } from "../graph/toolbar.js";
import { barHeight, fullHeight } from "../shared/bar-height.js";
import { ranksOf } from "../shared/directed-graph.js";
import { formatCount, formatDuration, formatRelativeTime, serverNow } from "../shared/format.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { pathTo, setQuery } from "../shared/router.js";
import { SearchField } from "../shared/search-field.js";
import { stateFamily, timesOf } from "../shared/states.js";
import { isParameterTask } from "../shared/tasks.js";
import { useVisibleRows } from "../shared/visible-rows.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "../vendor/html.js";
import { isComplete, loadGrid } from "./grid-data.js";
import { useGridKeys } from "./grid-keys.js";
import { cellOf, millisecondsOf, rowsOf } from "./grid-rows.js";

/** @import { Column, GridData } from "./grid-data.js" */
/** @import { GridNode, GridRow } from "./grid-rows.js" */
/** @typedef {(namespace: string, isFolded: boolean) => void} SetFolded */

const ROW_PIXELS = 26;
const MARGIN_ROWS = 8; // each has dozens of cells

/** @param {{ flow: Flow, query: URLSearchParams }} props */
export function Grid({ flow, query }) {
  const group = flow.flow_group.id;
  const load = (/** @type {GridData | null} */ previous) => loadGrid(group, flow.tasks.size, previous);
  const seconds = (/** @type {GridData | null} */ data) => (isComplete(data) ? 2 : 0.05);
  const { data, error } = usePolling(load, [group], { seconds });
  const nodes = useMemo(() => nodesOf(flow), [flow.tasks, flow.edges]);
  return html`<${ErrorBanner} error=${error} isPart />
    ${data && html`<${LoadedGrid} nodes=${nodes} columns=${data.columns} query=${query} name=${flow.name} />`}`;
}

/**
 * @param {Flow} flow
 * @returns {GridNode[]}
 */
function nodesOf({ tasks, edges }) {
  const ranks = ranksOf(tasks.keys(), edges);
  return [...tasks.values()]
    .filter((task) => !isParameterTask(task))
    .map(({ id, slug = id, name }) => ({ id, slug, name, rank: ranks.get(id) ?? 0 }));
}

/** @param {{ nodes: GridNode[], columns: Column[], query: URLSearchParams, name: string }} props */
function LoadedGrid({ nodes, columns, query, name }) {
  const isFailedOnly = query.get("only") === "failed";
  const text = (query.get("name") ?? "").toLowerCase();
  const shown = useMemo(
    () =>
      nodes.filter(
        (node) => node.name.toLowerCase().includes(text) && (!isFailedOnly || hasFailed(node.slug, columns)),
      ),
    [nodes, text, isFailedOnly, isFailedOnly && columns],
  );
  // A search begins unfolded: what is looked for is not hidden. What is folded in it holds for this search alone.
  const search = JSON.stringify([text, isFailedOnly]);
  const [choices, setChoices] = useState(/** @type {Record<string, Set<string>>} */ ({}));
  const namespaces = useMemo(() => rowsOf(shown, new Set()).flatMap(({ id, taskId }) => (taskId ? [] : [id])), [shown]);
  const folded = useMemo(
    () => choices[search] ?? new Set(shown.length > MAX_UNFOLDED && !text && !isFailedOnly ? namespaces : []),
    [choices, search, namespaces],
  );
  const rows = useMemo(() => rowsOf(shown, folded), [shown, folded]);
  const foldOnly = (/** @type {Set<string>} */ next) => setChoices({ ...choices, [search]: next });
  const setFolded = (/** @type {string} */ namespace, /** @type {boolean} */ isFolded) => {
    const next = new Set(folded);
    next[isFolded ? "add" : "delete"](namespace);
    foldOnly(next);
  };
  if (!columns.length) return html`<div class="empty"><p>No runs yet. Press QUICK RUN or RUN to start one.</p></div>`;
  return html`<div class="grid-view">
    <div class="filters">
      <${SearchField} class="grows" label="Node" placeholder="Filter by name" text=${query.get("name") ?? ""}
        onText=${(/** @type {string} */ newText) => setQuery({ name: newText })} />
      <button type="button" aria-pressed=${String(isFailedOnly)} onClick=${() => setQuery({ only: isFailedOnly ? null : "failed" })}>Only nodes that failed</button>
      <${FoldButtons} folded=${folded} namespaces=${namespaces} onFold=${foldOnly} />
      <span class="muted small" role="status">${formatCount(shown.length, "node")} in ${formatCount(columns.length, "run")}</span>
    </div>
    <${Table} rows=${rows} columns=${columns} name=${name} setFolded=${setFolded} />
  </div>`;
}

/**
 * @param {string} slug
 * @param {Column[]} columns
 */
function hasFailed(slug, columns) {
  return columns.some(({ cells }) => stateFamily(cells?.get(slug)?.state ?? null) === "failed");
}

/** @param {{ rows: GridRow[], columns: Column[], name: string, setFolded: SetFolded }} props */
function Table({ rows, columns, name, setFolded }) {
  const { box, first, last, before, after } = useVisibleRows(rows.length, ROW_PIXELS, MARGIN_ROWS);
  const onKeyDown = useGridKeys(box, rows.length, columns.length, ROW_PIXELS);
  /** @type {Ref<HTMLElement>} */
  const caption = useRef();
  useLayoutEffect(() => {
    box.current.scrollLeft = box.current.scrollWidth; // the newest run is the last one
  }, []);
  // The same words as screen readers get, for the eye: a cell has no room for them.
  const describe = (/** @type {Event & { target: HTMLElement }} */ { target }) => {
    const words = target.closest(".grid [aria-label]")?.getAttribute("aria-label");
    if (words) caption.current.textContent = words;
  };
  return html`
    <p class="grid-caption small muted numbers" ref=${caption} aria-hidden="true">Point at a cell, or go there with the arrow keys.</p>
    <div class="panel grid-box" data-scroll="grid" ref=${box} tabindex="-1" onPointerOver=${describe} onFocusIn=${describe} onKeyDown=${onKeyDown}>
      <div class="grid" role="grid" aria-label="Last runs of ${name}" aria-rowcount=${rows.length + 1} aria-colcount=${columns.length + 1}
        style=${{ "--columns": columns.length }}>
        <div role="rowgroup" class="grid-head"><${Head} columns=${columns} /></div>
        <div role="rowgroup">
          <div key="before" aria-hidden="true" style=${{ height: before }}></div>
          ${rows.slice(first, last).map((row, index) => html`<${Row} key=${row.id} row=${row} index=${first + index} columns=${columns} setFolded=${setFolded} />`)}
          <div key="after" aria-hidden="true" style=${{ height: after }}></div>
        </div>
      </div>
      ${!rows.length && html`<p class="no-rows muted">No node matches the filter.</p>`}
    </div>`;
}

/** @param {{ columns: Column[] }} props */
function Head({ columns }) {
  const cells = columns.map(({ run }) => ({ id: run.id, state: run.state, ...timesOf(run) }));
  const full = fullHeight(cells.map(millisecondsOf));
  return html`<div role="row" class="grid-row" aria-rowindex="1">
    <div role="columnheader" class="grid-name">Node</div>
    ${columns.map(({ run }, index) => {
      const time = formatRelativeTime(run.start_time ?? run.scheduled_start_time, serverNow());
      const { start, end } = cells[index];
      const words = `${run.name}: ${run.state}, ${formatDuration(start, end)}, ${time}`;
      return html`<div key=${run.id} role="columnheader" aria-colindex=${index + 2}><a class="cell cell-${stateFamily(run.state)}" data-at="-1 ${index}"
        tabindex="-1" href=${pathTo("flow-run", run.id)} aria-label=${words} style=${{ "--height": barHeight(millisecondsOf(cells[index]), full) }}></a></div>`;
    })}
  </div>`;
}

/** @param {{ row: GridRow, index: number, columns: Column[], setFolded: SetFolded }} props */
function Row({ row, index, columns, setFolded }) {
  const { id, label, depth, taskId, isFolded } = row;
  // Thousands of cells: those of a row are made again only when it or a run has changed.
  const cells = useMemo(() => cellsOf(row, index, columns), [row, index, columns]);
  const style = { "--depth": depth };
  return html`<div role="row" class="grid-row" aria-rowindex=${index + 2}>
    <div role="rowheader" class="grid-name" title=${id} style=${style}>${
      taskId
        ? html`<a class="cut" href=${pathTo("task", taskId)} data-at="${index} -1" tabindex="-1">${label}</a>`
        : html`<button type="button" class="grid-fold cut" aria-expanded=${String(!isFolded)} data-at="${index} -1" tabindex="-1"
            onClick=${() => setFolded(id, !isFolded)}>${label} <span class="muted">${row.slugs.length}</span></button>`
    }</div>
    ${cells}
  </div>`;
}

/**
 * @param {GridRow} row
 * @param {number} index
 * @param {Column[]} columns
 */
function cellsOf(row, index, columns) {
  const cells = columns.map((column) => cellOf(row, column.cells));
  const full = fullHeight(cells.map(millisecondsOf));
  return cells.map((cell, place) => {
    const { run } = columns[place];
    const at = `${index} ${place}`;
    const content = cell
      ? html`<a class="cell cell-${stateFamily(cell.state)}" data-at=${at} tabindex="-1" href=${pathTo("task-run", cell.id)}
          aria-label="${row.label}: ${cell.state}, ${formatDuration(cell.start, cell.end)}, in ${run.name}"
          style=${{ "--height": barHeight(millisecondsOf(cell), full) }}></a>`
      : html`<span class="cell" data-at=${at} tabindex="-1"><span class="hidden-text">Not in this run</span></span>`;
    return html`<div key=${run.id} role="gridcell" aria-colindex=${place + 2}>${content}</div>`;
  });
}
