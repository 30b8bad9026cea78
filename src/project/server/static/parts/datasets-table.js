// What a node reads and writes, with the catalog's types.
import { html } from "../vendor/html.js";
import { isCatalog } from "./run-data.js";

/** `datasets`: {name: {type}}; what else plain Prefect tasks say of themselves is not shown. */
export function Datasets({ title, datasets }) {
  const names = isCatalog(datasets) ? Object.keys(datasets) : [];
  if (!names.length) return null;
  return html`<section class="aside-part">
    <h2>${title}</h2>
    <ul class="datasets">${names.map((name) => html`<li key=${name}>
      <span class="wraps">${name}</span> <code class="muted small wraps">${datasets[name]?.type}</code>
    </li>`)}</ul>
  </section>`;
}
