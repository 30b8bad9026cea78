// Pairs of a name and a value, in a row.
import { html } from "../vendor/html.js";

/** `facts`: [[name, value]]; those without a value are left out. */
export function Facts({ facts }) {
  const shown = facts.filter(([, value]) => value != null && value !== "");
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function Labels({ labels }) {
  return labels.map((label) => html`<span class="label" key=${label}>${label}</span>`);
}
