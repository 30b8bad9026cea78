// How and where a flow runs: schedule, labels, run config, storage.
import { stringifyExact } from "../shared/exact-json.js";
import { formatTime } from "../shared/format.js";
import { html } from "../vendor/html.js";
import { defaultLabels } from "./flow-defaults.js";
import { JsonValue } from "./json-value.js";
import { scheduleInWords, scheduleOf } from "./schedule.js";

const SHOWN_ELSEWHERE = new Set(["type", "__version__", "labels"]);

/** @param {{ flow: Flow }} props */
export function FlowDetails({ flow }) {
  const runConfig = flow.flow_group.run_config ?? flow.run_config;
  return html`<div class="details">
    <${Section} title="Flow" value=${identity(flow)} />
    <${Section} title="Schedule" value=${{ runs: scheduleInWords(scheduleOf(flow)), ...clockDefaults(flow) }} />
    <${Section} title="Labels" value=${defaultLabels(flow)} />
    <${Section} title=${runConfig?.type ?? "Run config"} value=${withoutEmpty(runConfig)} />
    <${Section} title="${flow.storage.type} storage" value=${withoutEmpty(flow.storage)} />
  </div>`;
}

/** @param {{ title: string, value: Json }} props */
function Section({ title, value }) {
  return html`<section class="panel part"><h2>${title}</h2><${JsonValue} value=${value} /></section>`;
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
