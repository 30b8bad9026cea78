// How and where a flow runs: schedule, labels, run config, storage.
import { html } from "../vendor/html.js";
import { moment } from "../format.js";
import { labelsOf } from "./flow-defaults.js";
import { scheduleInWords, scheduleOf } from "./schedule.js";
import { Value } from "./value.js";

export function FlowDetails({ flow }) {
  const runConfig = flow.flow_group.run_config ?? flow.run_config;
  return html`<div class="details">
    <${Part} title="Flow" value=${identity(flow)} />
    <${Part} title="Schedule" value=${{ runs: scheduleInWords(scheduleOf(flow)), ...clocks(flow) }} />
    <${Part} title="Labels" value=${labelsOf(flow)} />
    <${Part} title=${runConfig?.type ?? "Run config"} value=${filled(runConfig)} />
    <${Part} title="${flow.storage.type} storage" value=${filled(flow.storage)} />
  </div>`;
}

function Part({ title, value }) {
  return html`<section class="panel part"><h2>${title}</h2><${Value} value=${value} /></section>`;
}

function identity({ id, description, created, core_version: prefect, flow_group: group }) {
  return { ...(description && { description }), registered: moment(created), Prefect: prefect, "flow id": id, "flow group id": group.id };
}

function clocks(flow) {
  const given = (scheduleOf(flow)?.clocks ?? []).map(({ parameter_defaults: parameters, labels }) => ({ parameters, labels }));
  const telling = given.filter(({ parameters, labels }) => Object.keys(parameters ?? {}).length || labels?.length);
  return telling.length ? { "clocks give": telling.map((each) => JSON.stringify(each)) } : {};
}

function filled(values) {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([name, value]) => value !== null && !["type", "__version__", "labels"].includes(name)));
}
