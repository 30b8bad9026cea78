// Switches a flow's schedule on and off.
import { mutate } from "../shared/api.js";
import { html, useState } from "../vendor/html.js";

/** @param {{ flow: Flow, onChange: () => Promise<void> }} props */
export function ScheduleSwitch({ flow, onChange }) {
  const [problem, setProblem] = useState("");
  const isActive = flow.is_schedule_active;
  const toggle = async () => {
    try {
      await mutate(isActive ? "set_schedule_inactive" : "set_schedule_active", { flow_id: flow.id });
      setProblem("");
      await onChange();
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message);
    }
  };
  return html`<button type="button" class="switch" role="switch" aria-checked=${String(isActive)} onClick=${toggle}>
    <span class="switch-track" aria-hidden="true"></span>Schedule ${isActive ? "on" : "off"}
  </button>${problem && html`<span class="problem" role="alert">${problem}</span>`}`;
}
