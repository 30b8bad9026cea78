// Finding nodes in the graph: by name, tag and state, the failure, the critical path; and saving the graph.

import { stateFamily } from "../shared/states.js";
import { NATURAL_ORDER } from "../shared/tasks.js";
import { html, useEffect, useMemo, useRef } from "../vendor/html.js";
import { culpritsIn } from "./emphasis.js";

/** @import { GraphFocus } from "./emphasis.js" */

/**
 * `matches`: the ids of the nodes that are left by what is looked for; `found`: the place among them of the one that is shown, or -1;
 * `onNext` goes to the next of them.
 * @param {{
 *   nodes: GraphNode[], focus: GraphFocus, setFocus: (change: Partial<GraphFocus>) => void, matches: string[],
 *   found: number, onNext: () => void, onFailure: () => void, hasCriticalPath: boolean,
 *   onExport: (format: "svg" | "mermaid") => void,
 * }} props
 */
export function FindTools({ nodes, focus, setFocus, matches, found, onNext, onFailure, hasCriticalPath, onExport }) {
  /** @type {Ref<HTMLInputElement>} */
  const field = useRef();
  useFocusOnSlash(field);
  const tags = useMemo(
    () => [...new Set(nodes.flatMap((node) => node.tags ?? []))].sort(NATURAL_ORDER.compare),
    [nodes],
  );
  const families = useMemo(
    () => [...new Set(nodes.flatMap(({ state }) => (state ? [stateFamily(state)] : [])))],
    [nodes],
  );
  const hasFailure = useMemo(() => culpritsIn(nodes).length > 0, [nodes]);
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") onNext();
    else if (event.key === "Escape") setFocus({ text: "" });
    else return;
    event.preventDefault();
  };
  const choose = (/** @type {"tag" | "family"} */ name) => (/** @type {FieldEvent} */ event) =>
    setFocus({ [name]: event.target.value });
  return html`<div class="graph-tools graph-find" role="group" aria-label="Find in the graph">
    <input type="search" ref=${field} aria-label="Find nodes" placeholder="Find nodes ( / )" value=${focus.text} autocomplete="off"
      onInput=${(/** @type {FieldEvent} */ event) => setFocus({ text: event.target.value })} onKeyDown=${onKeyDown} />
    <span role="status" class="small muted numbers">${focus.text && html`<${Found} nodes=${nodes} matches=${matches} found=${found} />`}</span>
    ${tags.length > 0 && html`<${Choice} label="Tag" all="All tags" value=${focus.tag} values=${tags} onChange=${choose("tag")} />`}
    ${families.length > 1 && html`<${Choice} label="State" all="All states" value=${focus.family} values=${families} onChange=${choose("family")} />`}
    ${hasFailure && html`<button type="button" aria-pressed=${String(focus.isFailure)} onClick=${onFailure}>Go to the failure</button>`}
    ${
      hasCriticalPath &&
      html`<button type="button" aria-pressed=${String(focus.isCritical)} title="The chain of nodes that the run waited for"
      onClick=${() => setFocus({ isCritical: !focus.isCritical })}>Critical path</button>`
    }
    <span class="graph-joined graph-export">
      <button type="button" title="Save the graph as a picture" onClick=${() => onExport("svg")}>SVG</button>
      <button type="button" title="Save the graph as Mermaid text" onClick=${() => onExport("mermaid")}>Mermaid</button>
    </span>
  </div>`;
}

/** @param {{ nodes: GraphNode[], matches: string[], found: number }} props */
function Found({ nodes, matches, found }) {
  if (!matches.length) return "None found";
  if (found < 0) return `${matches.length} found, Enter goes there`;
  const node = nodes.find(({ id }) => id === matches[found]);
  return html`${found + 1} of ${matches.length} found<span class="hidden-text">: ${node?.name}</span>`;
}

/**
 * @param {{ label: string, all: string, value: string, values: string[], onChange: (event: FieldEvent) => void }} props
 */
function Choice({ label, all, value, values, onChange }) {
  return html`<select aria-label=${label} value=${value} onChange=${onChange}>
    <option value="">${all}</option>
    ${values.map((each) => html`<option key=${each} value=${each}>${each.replace("-", " ")}</option>`)}
  </select>`;
}

/**
 * "/" leads to the field from anywhere in the page where nothing is typed.
 * @param {Ref<HTMLInputElement>} field
 */
function useFocusOnSlash(field) {
  useEffect(() => {
    const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
      const isTyping = /** @type {Element} */ (event.target).matches?.("input, textarea, select");
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current.focus();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}
