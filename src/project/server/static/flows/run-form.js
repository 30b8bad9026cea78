// RUN: starts a run with other parameters, time, labels and nodes than the defaults.
import { query } from "../shared/api.js";
import { edgesAmong } from "../shared/directed-graph.js";
import { focusOn } from "../shared/focus.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { isInitTask } from "../shared/tasks.js";
import { html, useMemo, useRef, useState } from "../vendor/html.js";
import { addParameter } from "./added-parameter.js";
import { defaultLabels, defaultParameters } from "./flow-defaults.js";
import { choicesIn, NODE_OPTIONS, parametersOf, previewOf } from "./node-filter.js";
import { NodeSelection } from "./node-selection.js";
import { describeParameters, formatList, formatValue, namesIn } from "./parameter-values.js";
import { ProjectParameters } from "./project-parameters.js";
import { readValue } from "./read-value.js";
import { startRun } from "./run-buttons.js";
import { dropDraft, loadDraft, saveDraft } from "./run-draft.js";
import { Field, LABELS, RunFields, TIME } from "./run-fields.js";
import { loadRunOptions } from "./run-options.js";

/** @import { Parameter } from "./parameter-values.js" */
/** @import { NodeChoice } from "./node-filter.js" */
/** @import { Problems, Texts } from "./run-fields.js" */
/** @typedef {{ name: string, parameters: JsonObject | null, labels: string[], context: Json, run_config: Json }} EarlierRun */
/** @typedef {{ options: RunOption[], earlier: EarlierRun | null }} FormData */
/**
 * `defaults` are the texts that mean what the server takes if nothing is sent, `texts` those with which the form opens.
 * @typedef {{ parameters: Parameter[], nodesKey: string | null, defaults: Texts, texts: Texts }} FormStart
 */

const PARAMS_KEY = "parameter params";
const EARLIER_RUN = "query ($id: uuid!) { flow_run_by_pk(id: $id) { name parameters labels context run_config } }";

/**
 * `again`: the id of a run whose parameters and labels the form opens with.
 * @param {{ flow: Flow, graph: GraphData, again: string | null }} props
 */
export function RunForm({ flow, graph, again }) {
  const { data, error } = usePolling(() => loadFormData(again), [again], { isOver: Boolean });
  return html`
    <${ErrorBanner} error=${error} />
    ${data && html`<${Form} key=${again} flow=${flow} graph=${graph} again=${again} ...${data} />`}`;
}

/**
 * @param {string | null} again
 * @returns {Promise<FormData>}
 */
async function loadFormData(again) {
  const earlier = again ? query(EARLIER_RUN, { id: again }, { isExact: true }) : null;
  const options = await loadRunOptions();
  return { options, earlier: (await earlier)?.flow_run_by_pk ?? null };
}

/** @param {{ flow: Flow, graph: GraphData, again: string | null } & FormData} props */
function Form({ flow, graph, again, options, earlier }) {
  const start = useMemo(() => formStart(flow, options, earlier), [flow.id]);
  const draft = `${flow.flow_group.id} ${again ?? ""}`;
  const [texts, setTexts] = useState(() => ({ ...start.texts, ...loadDraft(draft) }));
  const [problems, setProblems] = useState(/** @type {Problems} */ ({}));
  const [refusal, setRefusal] = useState("");
  const [isBusy, setBusy] = useState(false);
  /** @type {Ref<HTMLFormElement>} */
  const form = useRef();
  const newest = useRef(texts); // texts are those of the last drawing
  const replace = (/** @type {Texts} */ next) => {
    newest.current = next;
    setTexts(next);
  };
  const write = (/** @type {string} */ key, /** @type {string | null} */ text) => {
    replace({ ...newest.current, [key]: text });
    saveDraft(draft, newest.current, start.texts);
  };
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (isBusy) return;
    setRefusal("");
    setBusy(true);
    try {
      const { input, problems: newProblems } = await readForm(flow, start, texts);
      setProblems(newProblems);
      if (Object.keys(newProblems).length) return focusFirst(form.current, newProblems);
      await startRun({ ...input, ...(earlier && { context: earlier.context, run_config: earlier.run_config }) });
      dropDraft(draft);
    } catch (error) {
      setRefusal(/** @type {Error} */ (error).message);
    } finally {
      setBusy(false);
    }
  };
  const discard = () => {
    dropDraft(draft);
    replace(start.texts);
    setProblems({});
    focusOn(form.current); // the button goes away
  };
  const nodes = useNodes(graph, texts);
  const setParameter = async (/** @type {string} */ name, /** @type {Json} */ value) => {
    const before = newest.current[PARAMS_KEY] ?? "";
    try {
      const text = await addParameter(before, name, value);
      // What was typed while the server read the parameter stays.
      if ((newest.current[PARAMS_KEY] ?? "") !== before) return setParameter(name, value);
      write(PARAMS_KEY, text);
    } catch (error) {
      setProblems({ ...problems, [PARAMS_KEY]: /** @type {Error} */ (error).message });
    }
    /** @type {HTMLElement | null} */ (form.current?.querySelector(`[name="${PARAMS_KEY}"]`))?.focus();
  };
  const isChanged = Object.entries(texts).some(([key, text]) => text !== start.texts[key]);
  return html`<form class="run-form" ref=${form} onSubmit=${submit} noValidate aria-label="Run ${flow.name}">
    <div class="run-fields">
      ${earlier && html`<p class="notice">With the parameters and labels of the run ${earlier.name}.</p>`}
      <${RunFields} texts=${texts} problems=${problems} write=${write} />
      ${start.parameters.length > 0 && html`<h2>Parameters</h2>`}
      ${start.parameters.map((parameter) => {
        const key = keyOf(parameter);
        return html`<${Field} key=${key} name=${key} parameter=${parameter} text=${texts[key]} problem=${problems[key]}
          isChanged=${texts[key] !== start.defaults[key]} completions=${start.nodesKey && nodes.completions.get(key)} write=${write} />
          ${
            key === PARAMS_KEY &&
            start.nodesKey &&
            html`<${ProjectParameters} env=${texts[keyOf({ name: "env" })] ?? ""} names=${nodes.parameters} onChange=${setParameter} />`
          }`;
      })}
      ${refusal && html`<p class="error-banner" role="alert">${refusal}</p>`}
      <div class="run-actions">
        <button class="primary" aria-disabled=${String(isBusy)}>Start run</button>
        ${isChanged && html`<button type="button" class="quiet" onClick=${discard}>Discard changes</button>`}
      </div>
    </div>
    ${start.nodesKey && html`<${NodeSelection} graph=${nodes.graph} preview=${nodes.preview} name=${start.nodesKey} text=${texts[start.nodesKey]} write=${write} />`}
  </form>`;
}

/**
 * The nodes that can be selected, those that are, and what can be typed for them. The task that opens the session always
 * runs, and the states of the last run do not matter here.
 * @param {GraphData} graph
 * @param {Texts} texts
 */
function useNodes(graph, texts) {
  const selectable = useMemo(() => {
    const nodes = graph.nodes.filter((node) => !isInitTask(node)).map((node) => ({ ...node, state: null }));
    return { nodes, edges: edgesAmong(nodes, graph.edges) };
  }, [graph]);
  const completions = useMemo(
    () => new Map(Object.entries(choicesIn(selectable.nodes)).map(([name, names]) => [keyOf({ name }), names])),
    [selectable],
  );
  const typed = NODE_OPTIONS.map((name) => texts[keyOf({ name })] ?? "");
  const preview = useMemo(() => {
    const choice = Object.fromEntries(NODE_OPTIONS.map((name, index) => [name, namesIn(typed[index])]));
    return previewOf(selectable, /** @type {NodeChoice} */ (choice));
  }, [selectable, ...typed]);
  const parameters = useMemo(
    () => parametersOf(selectable.nodes.filter(({ id }) => preview.ids.has(id))),
    [selectable, preview],
  );
  return { graph: selectable, completions, preview, parameters };
}

/**
 * @param {Flow} flow
 * @param {RunOption[]} options
 * @param {EarlierRun | null} earlier
 * @returns {FormStart}
 */
function formStart(flow, options, earlier) {
  const isKedroFlow = [...flow.tasks.values()].some(isInitTask);
  const parameters = describeParameters(defaultParameters(flow), isKedroFlow ? options : []);
  const nodes = parameters.find(({ name, kind }) => name === "nodes" && kind === "list");
  const textsOf = (/** @type {(parameter: Parameter) => Json | undefined} */ pick) =>
    Object.fromEntries(parameters.map((parameter) => [keyOf(parameter), formatValue(parameter, pick(parameter))]));
  const defaults = {
    ...textsOf(({ value }) => value),
    name: "",
    time: null,
    labels: formatList(defaultLabels(flow)),
  };
  const ofEarlier = earlier && {
    ...textsOf(({ name, value }) => (name in (earlier.parameters ?? {}) ? earlier.parameters?.[name] : value)),
    labels: formatList(earlier.labels),
  };
  return {
    parameters,
    nodesKey: isKedroFlow && nodes ? keyOf(nodes) : null,
    defaults,
    texts: { ...defaults, ...ofEarlier },
  };
}

/**
 * A parameter may have the name of one of the form's own fields.
 * @param {{ name: string }} parameter
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
async function readForm(flow, start, texts) {
  /** @type {Problems} */
  const problems = {};
  const read = async (/** @type {string} */ key, /** @type {Parameter} */ parameter) => {
    try {
      return await readValue(parameter, texts[key] ?? "");
    } catch (error) {
      problems[key] = /** @type {Error} */ (error).message;
      return null;
    }
  };
  const isChanged = (/** @type {string} */ key) => texts[key] !== start.defaults[key];
  const changed = start.parameters.filter((parameter) => isChanged(keyOf(parameter)) || parameter.isRequired);
  const values = await Promise.all(changed.map((parameter) => read(keyOf(parameter), parameter)));
  /** @type {Record<string, Json>} */
  const input = {
    flow_id: flow.id,
    parameters: Object.fromEntries(changed.map(({ name }, index) => [name, values[index]])),
  };
  if (texts.name?.trim()) input.flow_run_name = texts.name.trim();
  if (isChanged("labels")) input.labels = (await read("labels", LABELS)) ?? [];
  if (texts.time === "")
    problems.time = "Enter a time."; // also what the browser gives for half a time
  else if (texts.time !== null) input.scheduled_start_time = await read("time", TIME);
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
