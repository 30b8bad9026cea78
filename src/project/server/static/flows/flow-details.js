// How and where a flow runs: schedule, labels, run config, storage.
import { stringifyExact } from "../shared/exact-json.js";
import { formatTime } from "../shared/format.js";
import { html, useState } from "../vendor/html.js";
import { defaultLabels } from "./flow-defaults.js";
import { FlowRemoval } from "./flow-removal.js";
import { JsonValue } from "./json-value.js";
import { LabelsDialog } from "./labels-dialog.js";
import { scheduleInWords, scheduleOf } from "./schedule.js";
import { ScheduleDialog } from "./schedule-dialog.js";

const SHOWN_ELSEWHERE = new Set(["type", "__version__", "labels"]);

/** @param {{ flow: Flow, onChange: () => Promise<void> }} props */
export function FlowDetails({ flow, onChange }) {
  const runConfig = flow.flow_group.run_config ?? flow.run_config;
  const schedule = { runs: scheduleInWords(scheduleOf(flow)), ...clockDefaults(flow) };
  const editable = { flow, onDone: onChange };
  return html`<div class="details">
    <${Section} title="Flow" value=${identity(flow)} />
    <${Section} title="Schedule" value=${schedule} EditDialog=${ScheduleDialog} ...${editable} />
    <${Section} title="Labels" value=${defaultLabels(flow)} EditDialog=${LabelsDialog} ...${editable} />
    <${Section} title=${runConfig?.type ?? "Run config"} value=${withoutEmpty(runConfig)} />
    <${Section} title=${flow.storage.type ? `${flow.storage.type} storage` : "Storage"} value=${withoutEmpty(flow.storage)} />
    <${FlowRemoval} flow=${flow} onChange=${onChange} />
  </div>`;
}

/**
 * `EditDialog`: a component with the flow, `onDone` and `onClose`, if the value can be edited.
 * @param {{ title: string, value: Json, EditDialog?: any, flow?: Flow, onDone?: () => Promise<void> }} props
 */
function Section({ title, value, EditDialog, flow, onDone }) {
  const [isOpen, setOpen] = useState(false);
  return html`<section class="panel part">
    <div class="part-head"><h2>${title}</h2>${EditDialog && html`<button type="button" class="quiet" aria-label="Edit ${title.toLowerCase()}" onClick=${() => setOpen(true)}>Edit</button>`}</div>
    <${JsonValue} value=${value} />
    ${isOpen && html`<${EditDialog} flow=${flow} onDone=${onDone} onClose=${() => setOpen(false)} />`}
  </section>`;
}

/** @param {Flow} flow */
function identity({ id, description, created, core_version: prefect, flow_group: group }) {
  return {
    ...(description && { description }),
    registered: formatTime(created),
    Prefect: prefect,
    "flow id": id,
    "flow group id": group.id,
  };
}

/** @param {Flow} flow */
function clockDefaults(flow) {
  const defaults = (scheduleOf(flow)?.clocks ?? [])
    .map(({ parameter_defaults: parameters, labels }) => ({ parameters, labels }))
    .filter(({ parameters, labels }) => Object.keys(parameters ?? {}).length || labels?.length);
  return defaults.length ? { "clock defaults": defaults.map((values) => stringifyExact(values)) } : {};
}

/** @param {Record<string, Json | undefined> | null} values */
function withoutEmpty(values) {
  const shown = Object.entries(values ?? {}).filter(([name, value]) => value !== null && !SHOWN_ELSEWHERE.has(name));
  return Object.fromEntries(shown);
}
