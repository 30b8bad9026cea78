// Edits the default of one parameter, for all versions of a flow.
import { mutate, query } from "../shared/api.js";
import { Dialog } from "../shared/dialog.js";
import { stringifyExact } from "../shared/exact-json.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { isInitTask } from "../shared/tasks.js";
import { html, useEffect, useState } from "../vendor/html.js";
import { describeParameters, formatValue } from "./parameter-values.js";
import { readValue } from "./read-value.js";
import { Field } from "./run-fields.js";
import { loadRunOptions } from "./run-options.js";

/** @import { DefaultParameter } from "./flow-defaults.js" */
/** @import { Parameter } from "./parameter-values.js" */
/** @typedef {{ flow: Flow, parameter: DefaultParameter, onDone: () => Promise<void>, onClose: () => void }} DialogProps */

const DEFAULTS = "query ($id: uuid!) { flow_group_by_pk(id: $id) { default_parameters } }";

/** @param {DialogProps} props */
export function ParameterDialog({ flow, parameter, onDone, onClose }) {
  const { data: options, error } = usePolling(loadRunOptions, [], { isOver: Boolean });
  const described = options && describedBy(options, flow, parameter);
  const before = described ? formatValue(described, described.value) : "";
  const [typed, setTyped] = useState(/** @type {string | null} */ (null));
  const text = typed ?? before;
  const save = async () => {
    const value = await readValue({ .../** @type {Parameter} */ (described), isRequired: false }, text);
    await changeDefaults(flow, (defaults) => ({ ...defaults, [parameter.name]: value }));
    await onDone();
  };
  return html`<${Dialog} title="Default of ${parameter.name}" confirm="Save" isDisabled=${!described} onConfirm=${save} onClose=${onClose}>
    <${ErrorBanner} error=${error} />
    ${!described && !error && html`<p class="muted">Loading…</p>`}
    ${described && html`<${ValueField} parameter=${described} text=${text} isChanged=${text !== before} onText=${setTyped} />`}
    <p class="muted">For future runs that set nothing else, of this and of later versions.</p>
  <//>`;
}

/**
 * @param {RunOption[]} options
 * @param {Flow} flow
 * @param {DefaultParameter} parameter
 */
function describedBy(options, flow, parameter) {
  const isKedroFlow = [...flow.tasks.values()].some(isInitTask);
  return describeParameters([parameter], isKedroFlow ? options : [])[0];
}

/**
 * Gets the focus when it appears: the dialog, which gives it to its first field, may have been open before.
 * @param {{ parameter: Parameter, text: string, isChanged: boolean, onText: (text: string) => void }} props
 */
function ValueField({ parameter, text, isChanged, onText }) {
  useEffect(() => document.getElementById("value")?.focus(), []);
  const write = (/** @type {string} */ _, /** @type {string} */ typed) => onText(typed);
  return html`<${Field} parameter=${parameter} name="value" text=${text} isChanged=${isChanged} write=${write} />`;
}

/** @param {DialogProps} props */
export function ResetDialog({ flow, parameter, onDone, onClose }) {
  const own = flow.parameters.find(({ name }) => name === parameter.name);
  const reset = async () => {
    await changeDefaults(flow, ({ [parameter.name]: _, ...others }) => others);
    await onDone();
  };
  return html`<${Dialog} title="Default of ${parameter.name}" confirm="Reset" onConfirm=${reset} onClose=${onClose}>
    <p>${own ? html`The default of the code applies again: <code class="wraps">${stringifyExact(own.default ?? null)}</code>` : "The flow does not have this parameter: runs will no longer receive it."}</p>
  <//>`;
}

/**
 * The server replaces all defaults together: they are read again first.
 * @param {Flow} flow
 * @param {(defaults: JsonObject) => JsonObject} change
 */
async function changeDefaults({ flow_group: { id } }, change) {
  const group = (await query(DEFAULTS, { id }, { isExact: true })).flow_group_by_pk;
  const parameters = change(group?.default_parameters ?? {});
  await mutate("set_flow_group_default_parameters", { flow_group_id: id, parameters });
}
