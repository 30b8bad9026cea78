// QUICK RUN and RUN: starting a flow with its defaults, and choosing what to start it with.
import { mutate } from "../shared/api.js";
import { navigate, pathTo } from "../shared/router.js";
import { html, useState } from "../vendor/html.js";

/**
 * Creates a run, and goes to it.
 * @param {object} input
 */
export async function startRun(input) {
  const { id } = await mutate("create_flow_run", input, "id");
  navigate(pathTo("flow-run", id));
}

/** @param {{ flow: { id: string, name: string }, onProblem: (problem: string) => void }} props */
export function QuickRunButton({ flow, onProblem }) {
  const [isBusy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    try {
      await startRun({ flow_id: flow.id });
    } catch (error) {
      onProblem(`${flow.name}: ${/** @type {Error} */ (error).message}`);
      setBusy(false);
    }
  };
  return html`<button
    type="button" class="run-button" aria-disabled=${String(isBusy)} onClick=${() => isBusy || start()} title="Start a run now, with all defaults"
  >QUICK RUN</button>`;
}

/** @param {{ flow: { id: string } }} props */
export function RunLink({ flow }) {
  const address = pathTo("flow", flow.id, { tab: "run" });
  return html`<a class="button run-button" href=${address} title="Choose parameters, time and nodes">RUN</a>`;
}
