// A JSON value for people: nested names as pairs, the rest as it is written.
import { ExactNumber, stringifyExact } from "../shared/exact-json.js";
import { html } from "../vendor/html.js";

/**
 * @param {{ value: Json | undefined }} props
 * @returns {any}
 */
export function JsonValue({ value }) {
  if (value === null || value === undefined || value === "") return html`<span class="muted">–</span>`;
  if (Array.isArray(value)) return value.length ? value.map(asText).join(", ") : html`<span class="muted">none</span>`;
  if (typeof value !== "object" || value instanceof ExactNumber) return asText(value);
  const pairs = Object.entries(value);
  if (!pairs.length) return html`<span class="muted">none</span>`;
  return html`<dl class="pairs">
    ${pairs.map(([name, part]) => html`<div key=${name}><dt>${name}</dt><dd><${JsonValue} value=${part} /></dd></div>`)}
  </dl>`;
}

/** @param {Json} value */
function asText(value) {
  return typeof value === "string" ? value : stringifyExact(value);
}
