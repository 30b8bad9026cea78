// Sets the state of a run manually.
import { mutate } from "../shared/api.js";
import { Dialog } from "../shared/dialog.js";
import { html } from "../vendor/html.js";

/** @typedef {"flow_run" | "task_run"} RunKind */

/**
 * @param {{
 *   what: RunKind, id: string, states: string[], onDone: () => Promise<void>, onClose: () => void,
 * }} props
 */
export function SetStateDialog({ what, id, states, onDone, onClose }) {
  const setState = async (/** @type {FormData} */ form) => {
    const type = String(form.get("state"));
    await setStates(what, [id], { type, message: String(form.get("message") || `Set to ${type} manually.`) });
    await onDone();
  };
  return html`<${Dialog} title="Set the state manually" confirm="Set state" isDangerous onConfirm=${setState} onClose=${onClose}>
    <p>This changes what is shown and what may run next. Nothing is run, stopped or undone.</p>
    <label class="field"><span>State</span>
      <select name="state">${states.map((state) => html`<option key=${state} value=${state}>${state}</option>`)}</select></label>
    <label class="field"><span>Message</span><input name="message" placeholder="Reason" autocomplete="off" /></label>
  <//>`;
}

/**
 * Gives some runs one state.
 * @param {RunKind} what
 * @param {string[]} ids
 * @param {{ type: string, message: string, start_time?: string }} state
 */
export function setStates(what, ids, state) {
  const states = ids.map((id) => ({ [`${what}_id`]: id, state }));
  return mutate(`set_${what}_states`, { states }, "states { status }");
}
