// Prefect's states in a few families, each with a colour and a symbol.
import { html } from "./vendor/html.js";

const FAMILIES = {
  success: ["Success", "Cached", "Mapped", "Looped", "Finished"],
  failed: ["Failed", "TimedOut", "TriggerFailed", "ValidationFailed", "ClientFailed"],
  running: ["Running", "Submitted"],
  scheduled: ["Scheduled", "Queued", "Resume", "Paused"],
  retrying: ["Retrying"],
  pending: ["Pending"],
  cancelled: ["Cancelled", "Cancelling"],
  skipped: ["Skipped"],
};
const FAMILY_OF = new Map(
  Object.entries(FAMILIES).flatMap(([name, states]) => states.map((state) => [state, name])),
);
const SHAPES = {
  success: "M3 8.5 6.5 12 13 4.5",
  failed: "M4 4 12 12M12 4 4 12",
  running: "M5 3.5 12.5 8 5 12.5Z",
  scheduled: "M8 4V8.5L11 10.5M8 1.5A6.5 6.5 0 1 0 8 14.5A6.5 6.5 0 1 0 8 1.5",
  retrying: "M13 8A5 5 0 1 1 11.2 4.2M11.5 1.5V4.5H8.5",
  pending: "M8 3A5 5 0 1 0 8 13A5 5 0 1 0 8 3",
  cancelled: "M4 4H12V12H4Z",
  skipped: "M3 4 8 8 3 12M8 4 13 8 8 12",
};

/** The family of a state's name; "pending" of one that nobody knows. */
export function family(state) {
  return FAMILY_OF.get(state) ?? "pending";
}

export const FINISHED = new Set([
  ...FAMILIES.success, ...FAMILIES.failed, ...FAMILIES.skipped, "Cancelled",
]);

export function isFinished(state) {
  return FINISHED.has(state);
}

/** The symbol of a family, as a small picture that only accompanies words. */
export function Symbol({ of }) {
  return html`<svg class="symbol symbol-${of}" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
    <path d=${SHAPES[of]} />
  </svg>`;
}

export function State({ state }) {
  const name = family(state);
  return html`<span class="state state-${name}"><${Symbol} of=${name} />${state ?? "No state"}</span>`;
}
