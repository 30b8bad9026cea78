// The graph's tools: zoom, direction, folding, datasets, selection.
import { html } from "../vendor/html.js";

/** @import { Namespaces } from "./namespaces.js" */
/** @typedef {(change: Partial<Omit<GraphChoices, "folded"> & { folded: Set<string> | null }>) => void} Choose */

/**
 * @param {{
 *   viewport: Viewport, choices: GraphChoices, choose: Choose, namespaces: Namespaces,
 *   canShowDatasets: boolean, canShowRunGroups: boolean, selection?: NodeSelection,
 * }} props
 */
export function Toolbar({ viewport, choices, choose, namespaces, canShowDatasets, canShowRunGroups, selection }) {
  return html`<div class="graph-tools" role="group" aria-label="Graph tools">
    <${ZoomButtons} viewport=${viewport} />
    <${DirectionButton} direction=${choices.direction} choose=${choose} />
    <${FoldButtons} folded=${choices.folded} namespaces=${[...namespaces.keys()]} onFold=${(/** @type {Set<string>} */ folded) => choose({ folded })} />
    ${canShowRunGroups && html`<${RunGroupsButton} isOn=${choices.hasRunGroups} choose=${choose} />`}
    ${canShowDatasets && html`<${DatasetsButton} isOn=${choices.hasDatasets} choose=${choose} />`}
    ${selection && html`<${SelectionButtons} selection=${selection} />`}
    <p class="graph-hint">Drag to move, Ctrl + wheel to zoom</p>
  </div>`;
}

/** @param {{ viewport: Viewport }} props */
function ZoomButtons({ viewport }) {
  return html`<span class="graph-joined">
    <button type="button" aria-label="Zoom out" title="Zoom out (-)" onClick=${() => viewport.zoomOut()}>−</button>
    <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick=${() => viewport.zoomIn()}>+</button>
    <button type="button" title="Fit the whole graph (0)" onClick=${() => viewport.fit()}>Fit</button>
  </span>`;
}

/** @param {{ direction: Direction, choose: Choose }} props */
function DirectionButton({ direction, choose }) {
  const isDown = direction === "TB";
  const label = isDown ? "Lay out from left to right" : "Lay out from top to bottom";
  const turn = () => choose({ direction: isDown ? "LR" : "TB" });
  return html`<button type="button" title=${label} aria-label=${label} onClick=${turn}>
    <span aria-hidden="true">${isDown ? "→" : "↓"}</span>
  </button>`;
}

/** @param {{ folded: Set<string>, namespaces: string[], onFold: (folded: Set<string>) => void }} props */
export function FoldButtons({ folded, namespaces, onFold }) {
  if (!namespaces.length) return null;
  const areAllFolded = namespaces.every((name) => folded.has(name));
  const isAnyFolded = namespaces.some((name) => folded.has(name));
  return html`<span class="graph-joined">
    <button type="button" aria-disabled=${String(areAllFolded)} onClick=${() => onFold(new Set(namespaces))}>Fold all</button>
    <button type="button" aria-disabled=${String(!isAnyFolded)} onClick=${() => onFold(new Set())}>Unfold all</button>
  </span>`;
}

/**
 * Namespaces and run groups may overlap: the graph shows either.
 * @param {{ isOn: boolean, choose: Choose }} props
 */
function RunGroupsButton({ isOn, choose }) {
  const toggle = () => choose({ hasRunGroups: !isOn, folded: null });
  const title = "Frame the nodes that ran together in one process, instead of namespaces";
  return html`<button type="button" aria-pressed=${String(isOn)} title=${title} onClick=${toggle}>Groups</button>`;
}

/** @param {{ isOn: boolean, choose: Choose }} props */
function DatasetsButton({ isOn, choose }) {
  return html`<button type="button" aria-pressed=${String(isOn)} onClick=${() => choose({ hasDatasets: !isOn })}>Datasets</button>`;
}

/** @param {{ selection: NodeSelection }} props */
function SelectionButtons({ selection }) {
  const { selected, addUpstream, addDownstream, clear } = selection;
  const isEmpty = selected.size === 0; // then nothing follows from a click
  return html`<span class="graph-selection">
    <span role="status">${isEmpty ? "None selected" : `${selected.size} selected`}</span>
    <span class="graph-joined">
      <button type="button" aria-disabled=${String(isEmpty)} title="Also select everything upstream" onClick=${() => addUpstream()}>+ upstream</button>
      <button type="button" aria-disabled=${String(isEmpty)} title="Also select everything downstream" onClick=${() => addDownstream()}>+ downstream</button>
      <button type="button" aria-disabled=${String(isEmpty)} onClick=${clear}>Clear</button>
    </span>
  </span>`;
}
