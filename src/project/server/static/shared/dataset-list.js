// What a node reads or writes, with the types in the catalog.

import { html } from "../vendor/html.js";
import { areDatasets } from "./tasks.js";

/**
 * Shows nothing for Prefect's own tasks, which have no datasets.
 * @param {{ title: string, datasets: Datasets | string | null | undefined }} props
 */
export function DatasetList({ title, datasets }) {
  const entries = areDatasets(datasets) ? Object.entries(datasets) : [];
  if (!entries.length) return null;
  return html`<section class="aside-part">
    <h2>${title}</h2>
    <ul class="datasets">${entries.map(
      ([name, dataset]) => html`<li key=${name}>
      <span class="wraps">${name}</span> <code class="muted small wraps">${dataset?.type}</code>
    </li>`,
    )}</ul>
  </section>`;
}
