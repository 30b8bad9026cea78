// The states that a run has been in.
import { html } from "../vendor/html.js";
import { State } from "../states.js";
import { duration, moment } from "../format.js";

export function History({ states, label = "States" }) {
  return html`<div class="panel scroll" tabindex="0"><table class="table" aria-label=${label}>
    <thead><tr><th scope="col">State</th><th scope="col">Since</th><th scope="col">For</th><th scope="col">Message</th></tr></thead>
    <tbody>${states.map((each, place) => html`<tr key=${each.id}>
      <td><${State} state=${each.state} /></td>
      <td class="numbers nowrap">${moment(each.timestamp)}</td>
      <td class="numbers nowrap">${states[place + 1] ? duration(each.timestamp, states[place + 1].timestamp) : ""}</td>
      <td class="wraps">${each.message}</td>
    </tr>`)}</tbody>
  </table></div>`;
}
