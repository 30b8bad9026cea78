// How far a run is: how many of its tasks are in which state.
import { html } from "../vendor/html.js";
import { tally } from "./run-data.js";

const ORDER = ["success", "skipped", "running", "retrying", "failed", "cancelled", "scheduled", "pending"];

export function Progress({ taskRuns }) {
  const counts = tally(taskRuns);
  const parts = ORDER.filter((name) => counts.has(name));
  const words = parts.map((name) => `${counts.get(name)} ${name}`).join(", ");
  return html`<div class="progress">
    <div class="progress-bar" role="img" aria-label="${taskRuns.length} tasks: ${words}">
      ${parts.map((name) => html`<span key=${name} class="fill-${name}" style=${{ flexGrow: counts.get(name) }}></span>`)}
    </div>
    <p class="small muted numbers" aria-hidden="true">${words}</p>
  </div>`;
}
