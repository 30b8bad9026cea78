// Asks before something is done with many runs, and shows how far it is.
import { Dialog } from "../shared/dialog.js";
import { formatCount } from "../shared/format.js";
import { WhatGoes } from "../shared/what-goes.js";
import { html, useState } from "../vendor/html.js";

/** @import { BulkAction } from "./bulk-actions.js" */
/** @import { SelectedRun } from "./run-list-data.js" */

const MAX_NAMED = 8;

/**
 * @param {{ action: BulkAction, runs: SelectedRun[], onDone: () => Promise<void>, onClose: () => void }} props
 */
export function BulkDialog({ action, runs, onDone, onClose }) {
  const [done, setDone] = useState(0);
  const chosen = runs.filter(action.applies);
  const others = runs.length - chosen.length;
  const act = async () => {
    /** @type {string[]} */
    const problems = [];
    for (const [index, run] of chosen.entries()) {
      await action.act(run).catch((error) => problems.push(`${run.flow.name} · ${run.name}: ${error.message}`));
      setDone(index + 1);
    }
    await onDone();
    if (problems.length) throw new Error(problems.join("\n"));
  };
  const title = `${action.title}: ${formatCount(chosen.length, "run")}`;
  return html`<${Dialog} title=${title} confirm=${action.title} isDangerous=${action.isDangerous} isDisabled=${!chosen.length}
    onConfirm=${act} onClose=${onClose}>
    ${
      chosen.length > 0 &&
      html`<p>${action.effect}</p>
      ${action.id === "delete" && html`<${WhatGoes} runs=${{ id: { _in: chosen.map(({ id }) => id) } }} />`}
      <ul class="bulk-runs">
        ${chosen.slice(0, MAX_NAMED).map(({ id, name, flow }) => html`<li key=${id}>${flow.name} · ${name}</li>`)}
        ${chosen.length > MAX_NAMED && html`<li class="muted">and ${chosen.length - MAX_NAMED} more</li>`}
      </ul>`
    }
    ${others > 0 && html`<p class="muted">${others} of the selected runs ${action.others}.</p>`}
    ${done > 0 && html`<p role="status">${done} of ${chosen.length} done</p>`}
  <//>`;
}
