// Edits the labels that an agent needs for future runs of a flow.
import { mutate } from "../shared/api.js";
import { Dialog } from "../shared/dialog.js";
import { html, useState } from "../vendor/html.js";
import { defaultLabels } from "./flow-defaults.js";
import { formatList, parseValue } from "./parameter-values.js";

/** @param {{ flow: Flow, onDone: () => Promise<void>, onClose: () => void }} props */
export function LabelsDialog({ flow, onDone, onClose }) {
  const own = flow.run_config?.labels ?? [];
  const [isOwn, setOwn] = useState(flow.flow_group.labels === null);
  const save = async (/** @type {FormData} */ form) => {
    const labels = isOwn ? null : (parseValue({ kind: "list", value: null }, String(form.get("labels"))) ?? []);
    await mutate("set_flow_group_labels", { flow_group_id: flow.flow_group.id, labels });
    await onDone();
  };
  return html`<${Dialog} title="Labels of ${flow.name}" confirm="Save" onConfirm=${save} onClose=${onClose}>
    <label class="check"><input type="checkbox" checked=${isOwn} onChange=${() => setOwn(!isOwn)} /> As in the code: ${own.join(", ") || "none"}</label>
    ${
      !isOwn &&
      html`<div class="field"><label for="labels">Labels</label>
        <input id="labels" name="labels" defaultValue=${formatList(defaultLabels(flow))} autocomplete="off" aria-describedby="labels-hint" />
        <span id="labels-hint" class="hint">Comma-separated. An agent must have all of them; without any, only an agent without labels picks up a run.</span></div>`
    }
    <p class="muted">Runs already waiting keep their labels.</p>
  <//>`;
}
