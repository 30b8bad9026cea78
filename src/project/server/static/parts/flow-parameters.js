// The parameters of a flow, with what they are when a run does not give them.
import { html } from "../vendor/html.js";
import { defaultsOf } from "./flow-defaults.js";

export function FlowParameters({ flow }) {
  const parameters = defaultsOf(flow);
  if (!parameters.length) return html`<div class="empty"><p>This flow takes no parameters.</p></div>`;
  return html`<div class="panel scroll" tabindex="0"><table class="table">
    <thead><tr><th scope="col">Parameter</th><th scope="col">Default</th><th scope="col">Set by</th></tr></thead>
    <tbody>${parameters.map(({ name, value, isRequired, origin }) => html`<tr key=${name}>
      <th scope="row" class="mono">${name}</th>
      <td>${isRequired ? html`<span class="muted">must be given</span>` : html`<code>${JSON.stringify(value)}</code>`}</td>
      <td class="muted">${origin}</td>
    </tr>`)}</tbody>
  </table></div>`;
}
