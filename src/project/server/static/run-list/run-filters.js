// The filters above the list of runs; all of them are in the address.
import { query } from "../shared/api.js";
import { focusOn } from "../shared/focus.js";
import { fieldTime, formatTime } from "../shared/format.js";
import { setQuery } from "../shared/router.js";
import { SearchField } from "../shared/search-field.js";
import { StateIcon } from "../shared/state-badge.js";
import { NATURAL_ORDER } from "../shared/tasks.js";
import { html, useEffect, useState } from "../vendor/html.js";
import { isFiltered, STATE_CHIPS, TIMES } from "./run-filter.js";

/** @import { RunFilter } from "./run-filter.js" */

const CUSTOM_RANGE = "custom";
const FLOW_NAMES = "query { flow(where: {archived: {_eq: false}}) { name } }";
const NO_FILTER = { state: null, since: null, until: null, ended: null, flow: null, env: null, text: null, page: null };

/**
 * Another filter begins with its first page.
 * @param {Record<string, string | null>} changes
 */
function setFilter(changes) {
  setQuery({ ...changes, page: null });
}

/** @param {{ filter: RunFilter }} props */
export function RunFilters({ filter }) {
  // For the buttons that go away with what they remove.
  const remove =
    (/** @type {Record<string, null>} */ changes) => (/** @type {Event & { target: Element }} */ event) => {
      focusOn(event.target.closest("[role=search]"));
      setFilter(changes);
    };
  return html`<div class="run-filters" role="search" aria-label="Runs">
    <${StateChips} states=${filter.states} />
    <div class="filters">
      <${TimeFilter} since=${filter.since} until=${filter.until} />
      <${FlowFilter} flow=${filter.flow} />
      <${SearchField} class="env-filter" label="Environment" placeholder="Environment" text=${filter.env}
        onText=${(/** @type {string} */ env) => setFilter({ env })} />
      <${SearchField} class="grows" label="Run, failed task, or name=value" placeholder="Run, failed task, or name=value of a parameter"
        text=${filter.text} onText=${(/** @type {string} */ text) => setFilter({ text })} />
      ${filter.ended && html`<button type="button" class="chip" aria-pressed="true" onClick=${remove({ ended: null })}>Ended since ${formatTime(filter.ended)} ✕</button>`}
      ${isFiltered(filter) && html`<button type="button" class="quiet" onClick=${remove(NO_FILTER)}>Clear filters</button>`}
    </div>
  </div>`;
}

/** @param {{ states: string[] }} props */
function StateChips({ states }) {
  const toggle = (/** @type {string} */ id) => {
    const next = states.includes(id) ? states.filter((other) => other !== id) : [...states, id];
    setFilter({ state: next.join(",") });
  };
  return html`<div class="chips" role="group" aria-label="State">
    ${STATE_CHIPS.map(
      ({ id, title, family }) => html`<button key=${id} type="button" class="chip state-ink-${family}"
        aria-pressed=${String(states.includes(id))} onClick=${() => toggle(id)}><${StateIcon} family=${family} />${title}</button>`,
    )}
  </div>`;
}

/** @param {{ since: string, until: string }} props */
function TimeFilter({ since, until }) {
  const isPreset = TIMES.some(({ id }) => id === since);
  const isCustom = Boolean(until || (since && !isPreset));
  const choose = (/** @type {FieldEvent} */ event) => {
    const { value } = event.target;
    if (value !== CUSTOM_RANGE) setFilter({ since: value, until: null });
    else setFilter({ since: new Date(Date.now() - 86_400_000).toISOString(), until: new Date().toISOString() });
  };
  return html`
    <select aria-label="Time" value=${isCustom ? CUSTOM_RANGE : since} onChange=${choose}>
      <option value="">Any time</option>
      ${TIMES.map(({ id, title }) => html`<option key=${id} value=${id}>${title}</option>`)}
      <option value=${CUSTOM_RANGE}>Custom range</option>
    </select>
    ${
      isCustom &&
      html`<${TimeField} label="From" time=${isPreset ? "" : since} onTime=${(/** @type {string | null} */ time) => setFilter({ since: time })} />
      <${TimeField} label="To" time=${until} onTime=${(/** @type {string | null} */ time) => setFilter({ until: time })} />`
    }`;
}

/** @param {{ label: string, time: string, onTime: (time: string | null) => void }} props */
function TimeField({ label, time, onTime }) {
  const change = (/** @type {FieldEvent} */ event) => {
    const { value } = event.target;
    onTime(value ? new Date(value).toISOString() : null);
  };
  return html`<label class="time-field">${label}
    <input type="datetime-local" value=${time && fieldTime(new Date(time))} onChange=${change} />
  </label>`;
}

/** @param {{ flow: string }} props */
function FlowFilter({ flow }) {
  const [names, setNames] = useState(/** @type {string[]} */ ([]));
  useEffect(() => {
    query(FLOW_NAMES).then(
      ({ flow: flows }) => setNames(namesOf(flows)),
      () => {}, // the list itself says that the server is away
    );
  }, []);
  const choose = (/** @type {FieldEvent} */ event) => setFilter({ flow: event.target.value });
  // A flow that is archived, or of which nothing is known yet, stays chosen.
  const all = flow && !names.includes(flow) ? [flow, ...names] : names;
  return html`<select aria-label="Flow" value=${flow} onChange=${choose}>
    <option value="">All flows</option>
    ${all.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
  </select>`;
}

/** @param {{ name: string }[]} flows */
function namesOf(flows) {
  return [...new Set(flows.map(({ name }) => name))].sort(NATURAL_ORDER.compare);
}
