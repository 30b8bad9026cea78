// The values that a run was given.
import { html } from "../vendor/html.js";

export function Parameters({ parameters }) {
  const names = Object.keys(parameters ?? {});
  const given = names.filter((name) => parameters[name] !== null);
  const rest = names.filter((name) => parameters[name] === null);
  if (!names.length) return html`<p class="empty muted">The flow has no parameters.</p>`;
  return html`
    ${given.length > 0 && html`<div class="panel scroll"><table class="table" aria-label="Parameters">
      <thead><tr><th scope="col">Parameter</th><th scope="col">Value</th></tr></thead>
      <tbody>${given.map((name) => html`<tr key=${name}>
        <th scope="row">${name}</th><td><pre class="value">${shown(parameters[name])}</pre></td>
      </tr>`)}</tbody>
    </table></div>`}
    ${rest.length > 0 && html`<p class="muted rest">Not set: ${rest.join(", ")}.</p>`}`;
}

function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
