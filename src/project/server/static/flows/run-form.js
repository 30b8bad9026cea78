// RUN: starts a run with other parameters, time, labels and nodes than the defaults.
import { Graph } from "../graph/graph.js";
import { edgesAmong } from "../shared/directed-graph.js";
import { ErrorBanner } from "../shared/error-banner.js";
import { usePolling } from "../shared/polling.js";
import { isInitTask } from "../shared/tasks.js";
import { html, useMemo, useRef, useState } from "../vendor/html.js";
import { defaultLabels, defaultParameters } from "./flow-defaults.js";
import { describeParameters, formatList, formatValue, parseValue } from "./parameter-values.js";
import { startRun } from "./run-buttons.js";
import { loadRunOptions } from "./run-options.js";

/** @import { Parameter } from "./parameter-values.js" */
/** @typedef {Record<string, string | null>} Texts What is typed, by the key of the field; a time of null is now. */
/** @typedef {{ parameters: Parameter[], nodesKey: string | null, texts: Texts }} FormStart */
/** @typedef {Record<string, string>} Problems */

/** @type {Parameter} */
const LABELS = {
  name: "labels",
  title: "Labels",
  kind: "list",
  value: null,
  format: "Comma-separated. An agent must have all of them",
};
/** @type {Parameter} */
const TIME = { name: "time", title: "Time", kind: "time", value: null };

/** @param {{ flow: Flow, graph: GraphData }} props */
export function RunForm({ flow, graph }) {
  const { data: options, error } = usePolling(loadRunOptions, [], { isOver: Boolean });
  return html`
    <${ErrorBanner} error=${error} />
    ${options && html`<${Form} flow=${flow} graph=${graph} options=${options} />`}`;
}

/** @param {{ flow: Flow, graph: GraphData, options: RunOption[] }} props */
function Form({ flow, graph, options }) {
  const start = useMemo(() => formStart(flow, options), [flow.id]);
  const [texts, setTexts] = useState(start.texts);
  const [problems, setProblems] = useState(/** @type {Problems} */ ({}));
  const [refusal, setRefusal] = useState("");
  const [isBusy, setBusy] = useState(false);
  /** @type {Ref<HTMLFormElement>} */
  const form = useRef();
  const write = (/** @type {string} */ key, /** @type {string | null} */ text) =>
    setTexts((previous) => ({ ...previous, [key]: text }));
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const { input, problems: newProblems } = readForm(flow, start, texts);
    setProblems(newProblems);
    setRefusal("");
    if (Object.keys(newProblems).length) return focusFirst(form.current, newProblems);
    setBusy(true);
    try {
      await startRun(input);
    } catch (error) {
      setRefusal(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<form class="run-form" ref=${form} onSubmit=${submit} noValidate aria-label="Run ${flow.name}">
    <div class="run-fields">
      <${RunFields} texts=${texts} problems=${problems} write=${write} />
      ${start.parameters.length > 0 && html`<h2>Parameters</h2>`}
      ${start.parameters.map((parameter) => {
        const key = keyOf(parameter);
        return html`<${Field} key=${key} name=${key} parameter=${parameter} text=${texts[key]} problem=${problems[key]} write=${write} />`;
      })}
      ${refusal && html`<p class="error-banner" role="alert">${refusal}</p>`}
      <div class="run-actions"><button class="primary" disabled=${isBusy}>Start run</button></div>
    </div>
    ${start.nodesKey && html`<${NodeSelection} graph=${graph} name=${start.nodesKey} text=${texts[start.nodesKey]} write=${write} />`}
  </form>`;
}

/**
 * @param {Flow} flow
 * @param {RunOption[]} options
 * @returns {FormStart}
 */
function formStart(flow, options) {
  const isKedroFlow = [...flow.tasks.values()].some(isInitTask);
  const parameters = describeParameters(defaultParameters(flow), isKedroFlow ? options : []);
  const nodes = parameters.find(({ name, kind }) => name === "nodes" && kind === "list");
  const texts = Object.fromEntries(
    parameters.map((parameter) => [keyOf(parameter), formatValue(parameter, parameter.value)]),
  );
  return {
    parameters,
    nodesKey: isKedroFlow && nodes ? keyOf(nodes) : null,
    texts: { ...texts, name: "", time: null, labels: formatList(defaultLabels(flow)) },
  };
}

/**
 * A parameter may have the name of one of the form's own fields.
 * @param {Parameter} parameter
 */
function keyOf({ name }) {
  return `parameter ${name}`;
}

/**
 * Returns what to send, and what is wrong by the key of the field; only what was changed is sent.
 * @param {Flow} flow
 * @param {FormStart} start
 * @param {Texts} texts
 */
function readForm(flow, start, texts) {
  /** @type {Problems} */
  const problems = {};
  const read = (/** @type {string} */ key, /** @type {Parameter} */ parameter) => {
    try {
      return parseValue(parameter, texts[key] ?? "");
    } catch (error) {
      problems[key] = /** @type {Error} */ (error).message;
      return null;
    }
  };
  const isChanged = (/** @type {string} */ key) => texts[key] !== start.texts[key];
  const changed = start.parameters.filter((parameter) => isChanged(keyOf(parameter)) || parameter.isRequired);
  /** @type {Record<string, Json>} */
  const input = {
    flow_id: flow.id,
    parameters: Object.fromEntries(changed.map((parameter) => [parameter.name, read(keyOf(parameter), parameter)])),
  };
  if (texts.name?.trim()) input.flow_run_name = texts.name.trim();
  if (isChanged("labels")) input.labels = read("labels", LABELS) ?? [];
  if (texts.time === "")
    problems.time = "Enter a time."; // also what the browser gives for half a time
  else if (texts.time !== null) input.scheduled_start_time = read("time", TIME);
  return { input, problems };
}

/**
 * @param {HTMLFormElement} form
 * @param {Problems} problems
 */
function focusFirst(form, problems) {
  const fields = /** @type {HTMLInputElement[]} */ ([...form.elements]);
  fields.find(({ name }) => name in problems)?.focus();
}

/** @param {{ texts: Texts, problems: Problems, write: (key: string, text: string | null) => void }} props */
function RunFields({ texts, problems, write }) {
  const isLater = texts.time !== null;
  const setName = (/** @type {FieldEvent} */ event) => write("name", event.target.value);
  const setStart = (/** @type {FieldEvent} */ event) =>
    write("time", event.target.value === "later" ? inOneHour() : null);
  return html`
    <h2>Run</h2>
    <div class="field"><label for="run-name">Name</label>
      <input id="run-name" value=${texts.name} placeholder="generated" autocomplete="off" onInput=${setName} /></div>
    <div class="start-time">
      <div class="field"><label for="start">Start</label>
        <select id="start" value=${isLater ? "later" : "now"} onChange=${setStart}>
          <option value="now">Now</option><option value="later">At a set time</option>
        </select></div>
      ${isLater && html`<${Field} parameter=${TIME} name="time" text=${texts.time} problem=${problems.time} write=${write} />`}
    </div>
    <${Field} parameter=${LABELS} name="labels" text=${texts.labels} problem=${problems.labels} write=${write} />`;
}

/**
 * @param {{
 *   parameter: Parameter, name: string, text: string, problem: string | undefined,
 *   write: (key: string, text: string) => void,
 * }} props
 */
function Field({ parameter, name, text, problem, write }) {
  const { kind, title, isRequired, purpose, format } = parameter;
  const hint = [isRequired && "Required", purpose, format].filter(Boolean).join(". ");
  const id = name.replaceAll(" ", "-");
  const attributes = { id, name, "aria-invalid": problem ? "true" : null, "aria-describedby": `${id}-hint` };
  const onChange = (/** @type {FieldEvent} */ event) => write(name, event.target.value);
  return html`<div class="field">
    <label for=${id}>${title ?? html`<code>${parameter.name}</code>`}</label>
    ${control(kind, text, attributes, onChange)}
    <span id="${id}-hint" class="hint">${problem ? html`<span class="problem" role="alert">${problem}</span>` : hint}</span>
  </div>`;
}

/**
 * @param {Parameter["kind"]} kind
 * @param {string} text
 * @param {object} attributes
 * @param {(event: FieldEvent) => void} onChange
 */
function control(kind, text, attributes, onChange) {
  switch (kind) {
    case "boolean":
      return html`<select ...${attributes} value=${text} onChange=${onChange}>
        <option value="">not set</option><option value="true">true</option><option value="false">false</option>
      </select>`;
    case "json":
    case "nested":
    case "mapping": {
      const rows = Math.min(Math.max(text.split("\n").length, 2), 12);
      return html`<textarea ...${attributes} rows=${rows} spellcheck=${false} value=${text} onInput=${onChange}></textarea>`;
    }
    case "time":
      return html`<input ...${attributes} type="datetime-local" value=${text} onInput=${onChange} />`;
    default: {
      const keyboard = kind === "number" ? "decimal" : null;
      return html`<input ...${attributes} value=${text} spellcheck=${false} autocomplete="off" inputmode=${keyboard} onInput=${onChange} />`;
    }
  }
}

/**
 * Selects nodes by clicking them, as writing their names in the field does.
 * @param {{ graph: GraphData, name: string, text: string, write: (key: string, text: string) => void }} props
 */
function NodeSelection({ graph, name, text, write }) {
  const { nodes, edges } = useMemo(() => selectableGraph(graph), [graph]);
  const names = new Set(namesIn(text));
  const selected = new Set(nodes.filter((node) => names.has(node.name)).map(({ id }) => id));
  const select = (/** @type {Set<string>} */ ids) =>
    write(name, formatList(nodes.filter(({ id }) => ids.has(id)).map((node) => node.name)));
  const words = selected.size
    ? `Only ${selected.size} of ${nodes.length} nodes will run.`
    : "All nodes will run. Click nodes to run only those.";
  return html`<section class="node-selection">
    <h2>Nodes</h2>
    <p class="muted" role="status">${words}</p>
    <${Graph} nodes=${nodes} edges=${edges} selected=${selected} onSelect=${select} label="Nodes to run" />
  </section>`;
}

/**
 * Without the task that opens the session, which always runs, and without the states of the last run.
 * @param {GraphData} graph
 * @returns {GraphData}
 */
function selectableGraph({ nodes, edges }) {
  const selectable = nodes.filter((node) => !isInitTask(node)).map((node) => ({ ...node, state: null }));
  return { nodes: selectable, edges: edgesAmong(selectable, edges) };
}

/**
 * The names in a field that is being edited; none while it cannot be read.
 * @param {string} text
 */
function namesIn(text) {
  try {
    return /** @type {string[]} */ (parseValue(LABELS, text) ?? []);
  } catch {
    return [];
  }
}

/** An hour from now, as a datetime-local field writes it: in the user's time zone. */
function inOneHour() {
  const time = new Date(Date.now() + 3_600_000);
  time.setMinutes(time.getMinutes() - time.getTimezoneOffset());
  return time.toISOString().slice(0, 16);
}
