// RUN: a run with parameters, time, labels and nodes of one's choice.
import { html, useMemo, useRef, useState } from "../vendor/html.js";
import { Graph } from "../graph/graph.js";
import { defaultsOf, labelsOf } from "./flow-defaults.js";
import { described, isKedro, listText, textOf, valueOf } from "./parameter-values.js";
import { startRun } from "./quick-run.js";
import { isInit } from "./run-data.js";

const LABELS = { title: "Labels", kind: "list", value: null, form: "Separated by commas: an agent must have them all" };
const TIME = { title: "Time", kind: "time" };

export function RunForm({ flow, graph }) {
  const start = useMemo(() => beginning(flow), [flow.id]);
  const [texts, setTexts] = useState(start.texts);
  const [{ problems, refusal, isBusy }, setOutcome] = useState({ problems: {} });
  const form = useRef();
  const write = (name, text) => setTexts((old) => ({ ...old, [name]: text }));
  const submit = async (event) => {
    event.preventDefault();
    const { given, problems: found } = readForm(flow, start, texts);
    setOutcome({ problems: found, isBusy: !Object.keys(found).length });
    if (Object.keys(found).length) return focusFirst(form.current, found);
    await startRun(given).catch((error) => setOutcome({ problems: {}, refusal: error.message }));
  };
  const field = (parameter) => html`<${Field} key=${parameter.name} parameter=${parameter} text=${texts[key(parameter)]}
    problem=${problems[key(parameter)]} onWrite=${(text) => write(key(parameter), text)} />`;
  return html`<form class="run-form" ref=${form} onSubmit=${submit} noValidate aria-label="Run ${flow.name}">
    <div class="run-fields">
      <${RunFields} texts=${texts} problems=${problems} write=${write} />
      ${start.parameters.length > 0 && html`<h2>Parameters</h2>`}
      ${start.parameters.map(field)}
      ${refusal && html`<p class="trouble" role="alert">${refusal}</p>`}
      <div class="run-actions"><button class="primary" disabled=${isBusy}>Start run</button></div>
    </div>
    ${start.choosesNodes && html`<${NodeChoice} graph=${graph} text=${texts[key({ name: "nodes" })]} onWrite=${(text) => write(key({ name: "nodes" }), text)} />`}
  </form>`;
}

function beginning(flow) {
  const parameters = described(defaultsOf(flow));
  const texts = Object.fromEntries(parameters.map((each) => [key(each), textOf(each, each.value)]));
  const labels = listText(labelsOf(flow));
  return { parameters, choosesNodes: isKedro(parameters), texts: { ...texts, name: "", time: null, labels } };
}

// A parameter may be called as the form's own fields are.
function key({ name }) {
  return `parameter ${name}`;
}

/** Returns what to send, and what is wrong by the key of its field; only what was changed is sent. */
function readForm(flow, start, texts) {
  const problems = {};
  const read = (name, meaning) => {
    try {
      return meaning(texts[name]);
    } catch (error) {
      problems[name] = error.message;
      return null;
    }
  };
  const isChanged = (name) => texts[name] !== start.texts[name];
  const changed = start.parameters.filter((each) => isChanged(key(each)) || each.isRequired);
  const parameters = Object.fromEntries(changed.map((each) => [each.name, read(key(each), (text) => valueOf(each, text))]));
  const given = { flow_id: flow.id, parameters };
  if (texts.name.trim()) given.flow_run_name = texts.name.trim();
  if (isChanged("labels")) given.labels = read("labels", (text) => valueOf(LABELS, text)) ?? [];
  if (texts.time !== null) given.scheduled_start_time = read("time", timeOf);
  return { given, problems };
}

/** A time that is not written to its end is empty for the browser. */
function timeOf(text) {
  if (!text) throw new Error("Give a time.");
  return new Date(text).toISOString();
}

function focusFirst(form, problems) {
  for (const field of form.elements) {
    if (field.name in problems) return field.focus();
  }
}

function RunFields({ texts, problems, write }) {
  const isLater = texts.time !== null;
  const choose = (event) => write("time", event.target.value === "later" ? inAnHour() : null);
  return html`
    <h2>Run</h2>
    <div class="field"><label for="run-name">Name</label>
      <input id="run-name" value=${texts.name} placeholder="made up" autocomplete="off" onInput=${(event) => write("name", event.target.value)} /></div>
    <div class="start-time">
      <div class="field"><label for="start">Start</label>
        <select id="start" value=${isLater ? "later" : "now"} onChange=${choose}><option value="now">Now</option><option value="later">At a time</option></select></div>
      ${isLater && html`<${Field} parameter=${TIME} name="time" text=${texts.time} problem=${problems.time} onWrite=${(text) => write("time", text)} />`}
    </div>
    <${Field} parameter=${LABELS} name="labels" text=${texts.labels} problem=${problems.labels} onWrite=${(text) => write("labels", text)} />`;
}

function Field({ parameter, name = key(parameter), text, problem, onWrite }) {
  const hint = [parameter.isRequired && "Must be given", parameter.purpose, parameter.form].filter(Boolean).join(". ");
  const id = name.replaceAll(" ", "-");
  const more = { id, name, "aria-invalid": problem ? "true" : null, "aria-describedby": `${id}-hint` };
  return html`<div class="field">
    <label for=${id}>${parameter.title ?? html`<code>${parameter.name}</code>`}</label>
    <${Control} kind=${parameter.kind} text=${text} more=${more} onWrite=${onWrite} />
    <span id="${id}-hint" class="hint">${problem ? html`<span class="problem" role="alert">${problem}</span>` : hint}</span>
  </div>`;
}

function Control({ kind, text, more, onWrite }) {
  const write = (event) => onWrite(event.target.value);
  if (kind === "boolean") {
    return html`<select ...${more} value=${text} onChange=${write}>
      <option value="">not given</option><option value="true">true</option><option value="false">false</option>
    </select>`;
  }
  if (["json", "params", "mapping"].includes(kind)) {
    return html`<textarea ...${more} rows=${lines(text)} spellcheck=${false} value=${text} onInput=${write}></textarea>`;
  }
  if (kind === "time") return html`<input ...${more} type="datetime-local" value=${text} onInput=${write} />`;
  return html`<input ...${more} value=${text} spellcheck=${false} autocomplete="off" inputmode=${kind === "number" ? "decimal" : null} onInput=${write} />`;
}

function lines(text) {
  return Math.min(Math.max(text.split("\n").length, 2), 12);
}

/** The nodes to run, by clicking them; the same as writing their names in the field. */
function NodeChoice({ graph, text, onWrite }) {
  const { nodes, edges } = useMemo(() => choosable(graph), [graph]);
  const names = new Set(namesIn(text));
  const selected = new Set(nodes.filter(({ name }) => names.has(name)).map(({ id }) => id));
  const select = (ids) => onWrite(listText(nodes.filter(({ id }) => ids.has(id)).map(({ name }) => name)));
  return html`<section class="node-choice">
    <h2>Nodes</h2>
    <p class="muted" role="status">${selected.size ? `Only ${selected.size} of ${nodes.length} nodes will run.` : "All nodes will run. Click some to run only those."}</p>
    <${Graph} nodes=${nodes} edges=${edges} selected=${selected} onSelect=${select} label="Nodes to run" />
  </section>`;
}

/** What can be chosen: without the task that opens the run, and without the states of another one. */
function choosable({ nodes, edges }) {
  const shown = nodes.filter((each) => !isInit(each)).map((each) => ({ ...each, state: null }));
  const ids = new Set(shown.map(({ id }) => id));
  return { nodes: shown, edges: edges.filter(({ from, to }) => ids.has(from) && ids.has(to)) };
}

function namesIn(text) {
  try {
    return valueOf(LABELS, text) ?? [];
  } catch {
    return [];
  }
}

function inAnHour() {
  const time = new Date(Date.now() + 3_600_000);
  time.setMinutes(time.getMinutes() - time.getTimezoneOffset());
  return time.toISOString().slice(0, 16);
}
