// Names and values in a row.
import { html } from "../vendor/html.js";
import { CopyButton } from "./copy-button.js";

/**
 * `facts` are [name, value]; those without a value are left out.
 * @param {{ facts: [string, unknown][] }} props
 */
export function Facts({ facts }) {
  const shown = facts.filter(([, value]) => value != null && value !== "");
  return html`<dl class="facts">
    ${shown.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

/** @param {{ id: string, label: string }} props */
export function CopiedId({ id, label }) {
  return html`<code>${id}</code><${CopyButton} text=${id} label=${label} />`;
}

/** @param {{ labels: string[] }} props */
export function Labels({ labels }) {
  return labels.map((label) => html`<span class="label" key=${label}>${label}</span>`);
}
