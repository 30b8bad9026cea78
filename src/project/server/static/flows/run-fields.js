// The fields of the RUN form.
import { stringifyExact } from "../shared/exact-json.js";
import { fieldTime } from "../shared/format.js";
import { html, useEffect, useState } from "../vendor/html.js";
import { namesIn } from "./parameter-values.js";
import { readValue } from "./read-value.js";

/** @import { Parameter } from "./parameter-values.js" */
/** @typedef {Record<string, string | null>} Texts What is typed, by the key of the field; a time of null is now. */
/** @typedef {Record<string, string>} Problems What is wrong, by the key of the field. */
/** @typedef {(key: string, text: string | null) => void} Write */

const TYPING_MILLISECONDS = 300;
const MAX_COMPLETIONS = 200;
// Kinds of which a text does not show by itself what will be sent.
const PREVIEWED = new Set(["nested", "mapping", "list", "any"]);

/** @type {Parameter} */
export const LABELS = {
  name: "labels",
  title: "Labels",
  kind: "list",
  value: null,
  format: "Comma-separated. An agent must have all of them",
};
/** @type {Parameter} */
export const TIME = { name: "time", title: "Time", kind: "time", value: null };

/** @param {{ texts: Texts, problems: Problems, write: Write }} props */
export function RunFields({ texts, problems, write }) {
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
 *   parameter: Parameter, name: string, text: string, problem: string | undefined, isChanged?: boolean,
 *   completions?: string[], write: Write,
 * }} props
 */
export function Field({ parameter, name, text, problem, isChanged = false, completions, write }) {
  const { kind, title, isRequired, purpose, format } = parameter;
  const hint = [isRequired && "Required", purpose, format].filter(Boolean).join(". ");
  const id = name.replaceAll(" ", "-");
  const attributes = {
    id,
    name,
    "aria-invalid": problem ? "true" : null,
    "aria-describedby": `${id}-hint`,
    list: completions ? `${id}-list` : null,
  };
  const onChange = (/** @type {FieldEvent} */ event) => write(name, event.target.value);
  return html`<div class="field">
    <label for=${id}>${title ?? html`<code>${parameter.name}</code>`}</label>
    ${control(kind, text, attributes, onChange)}
    ${completions && html`<${Completions} id="${id}-list" names=${completions} text=${text} />`}
    <span id="${id}-hint" class="hint">${problem ? html`<span class="problem" role="alert">${problem}</span>` : hint}</span>
    ${isChanged && !problem && PREVIEWED.has(kind) && html`<${SentValue} parameter=${parameter} text=${text} />`}
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
 * What can come after the last comma of a list: the browser compares it with all that is in the field.
 * @param {{ id: string, names: string[], text: string }} props
 */
function Completions({ id, names, text }) {
  const typed = text.slice(0, text.lastIndexOf(",") + 1);
  const before = typed && `${typed} `;
  const taken = new Set(namesIn(typed));
  return html`<datalist id=${id}>${names
    .filter((name) => !taken.has(name))
    .slice(0, MAX_COMPLETIONS)
    .map((name) => html`<option key=${name} value=${before + name}></option>`)}</datalist>`;
}

/**
 * What will be sent for a text, as soon as the user stops typing.
 * @param {{ parameter: Parameter, text: string }} props
 */
function SentValue({ parameter, text }) {
  const [words, setWords] = useState("");
  useEffect(() => {
    let isLate = false;
    const show = (/** @type {string} */ newWords) => isLate || setWords(newWords);
    const timer = setTimeout(
      () =>
        readValue(parameter, text).then(
          (value) => show(`Sends ${stringifyExact(value)}`),
          (error) => show(error.message),
        ),
      TYPING_MILLISECONDS,
    );
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [text]);
  return html`<output class="hint sent wraps">${words}</output>`;
}

/** An hour from now, as a datetime-local field writes it: in the user's time zone. */
function inOneHour() {
  return fieldTime(new Date(Date.now() + 3_600_000));
}
