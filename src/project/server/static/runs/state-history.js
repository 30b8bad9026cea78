// The states that a run has been in.
import { formatDuration, formatTime } from "../shared/format.js";
import { StateBadge } from "../shared/state-badge.js";
import { html } from "../vendor/html.js";

/** @param {{ states: StateRow[] }} props */
export function StateHistory({ states }) {
  return html`<div class="panel scroll" tabindex="0"><table class="table" aria-label="States">
    <thead><tr><th scope="col">State</th><th scope="col">Since</th><th scope="col">For</th><th scope="col">Message</th></tr></thead>
    <tbody>${states.map(({ id, state, timestamp, message }, index) => {
      const next = states[index + 1];
      return html`<tr key=${id}>
        <td><${StateBadge} state=${state} /></td>
        <td class="numbers nowrap">${formatTime(timestamp)}</td>
        <td class="numbers nowrap">${next ? formatDuration(timestamp, next.timestamp) : ""}</td>
        <td class="wraps">${message}</td>
      </tr>`;
    })}</tbody>
  </table></div>`;
}
