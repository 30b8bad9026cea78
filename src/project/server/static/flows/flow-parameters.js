// The parameters of a flow, with the values that they have when a run sets none.
import { stringifyExact } from "../shared/exact-json.js";
import { html } from "../vendor/html.js";
import { defaultParameters } from "./flow-defaults.js";

/** @param {{ flow: Flow }} props */
export function FlowParameters({ flow }) {
  const parameters = defaultParameters(flow);
  if (!parameters.length) return html`<div class="empty"><p>This flow has no parameters.</p></div>`;
  return html`<div class="panel scroll" tabindex="0"><table class="table">
    <thead><tr><th scope="col">Parameter</th><th scope="col">Default</th><th scope="col">Set by</th></tr></thead>
    <tbody>${parameters.map(
      ({ name, value, isRequired, origin }) => html`<tr key=${name}>
        <th scope="row" class="mono">${name}</th>
        <td>${isRequired ? html`<span class="muted">required</span>` : html`<code>${stringifyExact(value)}</code>`}</td>
        <td class="muted">${origin}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}
