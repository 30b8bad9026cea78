// A value of JSON for people: nested names as pairs, the rest as they are written.
import { html } from "../vendor/html.js";

export function Value({ value }) {
  if (value === null || value === undefined || value === "") return html`<span class="muted">–</span>`;
  if (Array.isArray(value)) return value.length ? value.map(text).join(", ") : html`<span class="muted">none</span>`;
  if (typeof value !== "object") return text(value);
  const pairs = Object.entries(value);
  if (!pairs.length) return html`<span class="muted">none</span>`;
  return html`<dl class="pairs">${pairs.map(([name, each]) => html`<div key=${name}><dt>${name}</dt><dd><${Value} value=${each} /></dd></div>`)}</dl>`;
}

function text(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
