// The parameters of a run.
import { stringifyExact } from "../shared/exact-json.js";
import { html } from "../vendor/html.js";

/** @param {{ parameters: JsonObject | null }} props */
export function RunParameters({ parameters }) {
  const entries = Object.entries(parameters ?? {});
  const set = entries.filter(([, value]) => value !== null);
  const unset = entries.filter(([, value]) => value === null).map(([name]) => name);
  if (!entries.length) return html`<p class="empty muted">The flow has no parameters.</p>`;
  return html`
    ${
      set.length > 0 &&
      html`<div class="panel scroll"><table class="table" aria-label="Parameters">
      <thead><tr><th scope="col">Parameter</th><th scope="col">Value</th></tr></thead>
      <tbody>${set.map(
        ([name, value]) => html`<tr key=${name}>
        <th scope="row">${name}</th><td><pre class="value">${asText(value)}</pre></td>
      </tr>`,
      )}</tbody>
    </table></div>`
    }
    ${unset.length > 0 && html`<p class="muted rest">Not set: ${unset.join(", ")}.</p>`}`;
}

/** @param {Json} value */
function asText(value) {
  return typeof value === "string" ? value : stringifyExact(value, 2);
}
