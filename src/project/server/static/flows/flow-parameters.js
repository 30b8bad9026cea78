// The parameters of a flow, with the values that they have when a run sets none.
import { stringifyExact } from "../shared/exact-json.js";
import { html, useState } from "../vendor/html.js";
import { defaultParameters } from "./flow-defaults.js";
import { ParameterDialog, ResetDialog } from "./parameter-dialog.js";

/** @import { DefaultParameter } from "./flow-defaults.js" */
/** @typedef {{ parameter: DefaultParameter, Dialog: any }} Edited */

/** @param {{ flow: Flow, onChange: () => Promise<void> }} props */
export function FlowParameters({ flow, onChange }) {
  const [edited, setEdited] = useState(/** @type {Edited | null} */ (null));
  const parameters = defaultParameters(flow);
  if (!parameters.length) return html`<div class="empty"><p>This flow has no parameters.</p></div>`;
  const edit = (/** @type {Edited} */ next) => () => setEdited(next);
  return html`<div class="panel scroll" tabindex="0"><table class="table">
    <thead><tr>
      <th scope="col">Parameter</th><th scope="col">Default</th><th scope="col">Set for</th><th scope="col"><span class="hidden-text">Change</span></th>
    </tr></thead>
    <tbody>${parameters.map((parameter) => {
      const { name, value, isRequired, isInGroup } = parameter;
      return html`<tr key=${name}>
        <th scope="row" class="mono">${name}</th>
        <td>${isRequired ? html`<span class="muted">required</span>` : html`<code>${stringifyExact(value)}</code>`}</td>
        <td class="muted">${isInGroup ? "all versions" : "this version"}</td>
        <td class="nowrap">
          <button type="button" class="quiet" aria-label="Edit ${name}" onClick=${edit({ parameter, Dialog: ParameterDialog })}>Edit</button>
          ${isInGroup && html`<button type="button" class="quiet" aria-label="Reset ${name}" onClick=${edit({ parameter, Dialog: ResetDialog })}>Reset</button>`}
        </td>
      </tr>`;
    })}</tbody>
  </table></div>
  ${edited && html`<${edited.Dialog} flow=${flow} parameter=${edited.parameter} onDone=${onChange} onClose=${() => setEdited(null)} />`}`;
}
