// The parameters that the nodes of a run read, with their present values, for a run with other ones.
import { callServer } from "../shared/api.js";
import { ExactNumber, stringifyExact } from "../shared/exact-json.js";
import { formatCount } from "../shared/format.js";
import { html, useEffect, useState } from "../vendor/html.js";

const TYPING_MILLISECONDS = 300;

/** @typedef {{ name: string, value: Json }} PresentValue */

/**
 * `names` as `parametersOf` returns them; `onChange` is called with the name and value of one to set.
 * @param {{ env: string, names: string[], onChange: (name: string, value: Json) => void }} props
 */
export function ProjectParameters({ env, names, onChange }) {
  const { values, problem } = usePresentValues(env);
  if (problem) return html`<p class="hint">The current values could not be read: ${problem}</p>`;
  if (!values || !names.length) return null;
  const shown = leavesOf(values).filter(({ name }) => names.some((read) => isWithin(name, read)));
  if (!shown.length) return null;
  return html`<details class="project-parameters" open>
    <summary>${formatCount(shown.length, "parameter")} that the nodes read</summary>
    <ul>${shown.map(
      ({ name, value }) => html`<li key=${name}>
        <button type="button" class="quiet" title="Set another value" aria-label="Set ${name}" onClick=${() => onChange(name, value)}>
          <code>${name}</code></button><code class="muted cut" title=${stringifyExact(value)}>${stringifyExact(value)}</code>
      </li>`,
    )}</ul>
  </details>`;
}

/**
 * The parameters of the project in an environment; null if the server cannot read them.
 * @param {string} env
 */
function usePresentValues(env) {
  const [state, setState] = useState(
    /** @type {{ values: JsonObject | null, problem: string }} */ ({ values: null, problem: "" }),
  );
  useEffect(() => {
    let isLate = false;
    const load = () =>
      callServer("project-parameters", env || null).then(
        (values) => isLate || setState({ values, problem: "" }),
        (error) => isLate || setState({ values: null, problem: error.message }),
      );
    const timer = setTimeout(load, state.values ? TYPING_MILLISECONDS : 0);
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [env]);
  return state;
}

/**
 * @param {JsonObject} values
 * @returns {PresentValue[]}
 */
function leavesOf(values, prefix = "") {
  return Object.entries(values).flatMap(([key, value]) => {
    const name = prefix + key;
    const isBranch =
      value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof ExactNumber);
    return isBranch && Object.keys(value).length ? leavesOf(value, `${name}.`) : [{ name, value }];
  });
}

/**
 * @param {string} name
 * @param {string} read
 */
function isWithin(name, read) {
  return read === "" || name === read || name.startsWith(`${read}.`);
}
