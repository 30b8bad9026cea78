// How many of a run's tasks are in which state.
import { formatCount } from "../shared/format.js";
import { stateFamily, tally } from "../shared/states.js";
import { html } from "../vendor/html.js";

/** What is done comes first, as in any progress bar. @type {StateFamily[]} */
const ORDER = [
  "success",
  "skipped",
  "running",
  "retrying",
  "failed",
  "not-started",
  "cancelled",
  "scheduled",
  "pending",
];
/** @type {Partial<Record<StateFamily, string>>} */
const WORDS = { success: "succeeded", "not-started": "not started" };

/** @param {{ taskRuns: TaskRun[] }} props */
export function ProgressBar({ taskRuns }) {
  const counts = tally(taskRuns.map(({ state }) => stateFamily(state)));
  const families = ORDER.filter((family) => counts.has(family));
  const words = families
    .map((family) => `${counts.get(family)?.toLocaleString()} ${WORDS[family] ?? family}`)
    .join(", ");
  return html`<div class="progress">
    <div class="progress-bar" role="img" aria-label="${formatCount(taskRuns.length, "task")}: ${words}">
      ${families.map((family) => html`<span key=${family} class="fill-${family}" style=${{ flexGrow: counts.get(family) }}></span>`)}
    </div>
    <p class="small muted numbers" aria-hidden="true">${words}</p>
  </div>`;
}
