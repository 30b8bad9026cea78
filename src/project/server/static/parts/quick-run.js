// QUICK RUN: a run with all defaults, at once.
import { html, useState } from "../vendor/html.js";
import { change } from "../api.js";
import { navigate, pathTo } from "../router.js";

/** Creates a run, and goes to it. */
export async function startRun(given) {
  const { id } = await change("create_flow_run", given, "id");
  navigate(pathTo("flow-run", id));
}

export function QuickRun({ flow, onProblem }) {
  const [isBusy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    try {
      await startRun({ flow_id: flow.id });
    } catch (error) {
      onProblem(`${flow.name}: ${error.message}`);
      setBusy(false);
    }
  };
  return html`<button type="button" class="run-button" disabled=${isBusy} onClick=${start} title="Run with all defaults, now">QUICK RUN</button>`;
}

export function RunLink({ flow }) {
  const address = pathTo("flow", flow.id, { tab: "run" });
  return html`<a class="button run-button" href=${address} title="Choose parameters, time and nodes">RUN</a>`;
}
