// The graph's own tools.
import { html } from "../vendor/html.js";

export function GraphTools({ view, choices, choose, namespaces, hasTypes, selection }) {
  return html`<div class="graph-tools" role="group" aria-label="Tools of the graph">
    <${Zoom} view=${view} />
    <${Direction} direction=${choices.direction} choose=${choose} />
    ${namespaces.size > 0 && html`<${Folds} folded=${choices.folded} namespaces=${namespaces} choose=${choose} />`}
    ${hasTypes && html`<${Datasets} isOn=${choices.hasDatasets} choose=${choose} />`}
    ${selection && html`<${Selection} selection=${selection} />`}
    <p class="graph-hint">Drag to move, Ctrl + wheel to zoom</p>
  </div>`;
}

function Zoom({ view }) {
  return html`<span class="graph-joined">
    <button type="button" aria-label="Zoom out" title="Zoom out (-)" onClick=${() => view.zoomOut()}>−</button>
    <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick=${() => view.zoomIn()}>+</button>
    <button type="button" title="See the whole graph (0)" onClick=${() => view.fit()}>Fit</button>
  </span>`;
}

function Direction({ direction, choose }) {
  const isDown = direction === "TB";
  return html`<button type="button"
    title=${isDown ? "Lay out from left to right" : "Lay out from top to bottom"}
    aria-label=${isDown ? "Lay out from left to right" : "Lay out from top to bottom"}
    onClick=${() => choose({ direction: isDown ? "LR" : "TB" })}
  ><span aria-hidden="true">${isDown ? "→" : "↓"}</span></button>`;
}

function Folds({ folded, namespaces, choose }) {
  const names = [...namespaces.keys()];
  return html`<span class="graph-joined">
    <button type="button" disabled=${names.every((name) => folded.has(name))} onClick=${() => choose({ folded: new Set(names) })}>
      Fold all
    </button>
    <button type="button" disabled=${!names.some((name) => folded.has(name))} onClick=${() => choose({ folded: new Set() })}>
      Unfold all
    </button>
  </span>`;
}

function Datasets({ isOn, choose }) {
  return html`<button type="button" aria-pressed=${String(isOn)} onClick=${() => choose({ hasDatasets: !isOn })}>Datasets</button>`;
}

function Selection({ selection }) {
  const { selected, addBefore, addAfter, clear } = selection;
  const isEmpty = selected.size === 0;
  return html`<span class="graph-selection">
    <span role="status">${isEmpty ? "None chosen" : `${selected.size} chosen`}</span>
    <span class="graph-joined">
      <button type="button" disabled=${isEmpty} title="Choose all that comes before, too" onClick=${() => addBefore()}>+ before</button>
      <button type="button" disabled=${isEmpty} title="Choose all that comes after, too" onClick=${() => addAfter()}>+ after</button>
      <button type="button" disabled=${isEmpty} onClick=${clear}>Clear</button>
    </span>
  </span>`;
}
