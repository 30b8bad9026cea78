// How a state looks: its family's symbol and colour, beside its name.
import { html } from "../vendor/html.js";
import { stateFamily } from "./states.js";

/** @type {Record<StateFamily, string>} */
const SHAPES = {
  success: "M3 8.5 6.5 12 13 4.5",
  failed: "M4 4 12 12M12 4 4 12",
  running: "M5 3.5 12.5 8 5 12.5Z",
  scheduled: "M8 4V8.5L11 10.5M8 1.5A6.5 6.5 0 1 0 8 14.5A6.5 6.5 0 1 0 8 1.5",
  retrying: "M13 8A5 5 0 1 1 11.2 4.2M11.5 1.5V4.5H8.5",
  pending: "M8 3A5 5 0 1 0 8 13A5 5 0 1 0 8 3",
  cancelled: "M4 4H12V12H4Z",
  "not-started": "M8 2.5A5.5 5.5 0 1 0 8 13.5A5.5 5.5 0 1 0 8 2.5M4.5 11.5 11.5 4.5",
  skipped: "M3 4 8 8 3 12M8 4 13 8 8 12",
};

/** @param {{ state: string | null }} props */
export function StateBadge({ state }) {
  const family = stateFamily(state);
  return html`<span class="state state-${family}"><${StateIcon} family=${family} />${state ?? "No state"}</span>`;
}

/**
 * A picture that accompanies words, and is not read out.
 * @param {{ family: StateFamily }} props
 */
export function StateIcon({ family }) {
  return html`<svg class="symbol symbol-${family}" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
    <path d=${SHAPES[family]} />
  </svg>`;
}
